import json

import pytest

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Status
from modelsearch.core.wire import Message, ModelRequest, RawReply
from modelsearch.providers.dialects.openai_embeddings import OpenAiEmbeddings

ENDPOINT = Endpoint(
    id=EndpointId("p/e"), model_id=ModelId("e"), provider_id=ProviderId("p"), wire_name="e-small", rates=()
)


def decoded(body: object) -> object:
    return OpenAiEmbeddings().decode(RawReply(http_status=200, body=json.dumps(body).encode()))


def test_one_text_goes_out_and_its_vector_comes_back() -> None:
    request = ModelRequest(messages=(Message(role="user", content="Guten Tag"),), max_output_tokens=1)
    wire = OpenAiEmbeddings().encode(request, ENDPOINT)
    assert (wire.path, json.loads(wire.body)["model"], json.loads(wire.body)["input"]) == (
        "/embeddings", "e-small", "Guten Tag",
    )  # fmt: skip
    body = {
        "object": "list", "model": "e-small", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -1]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }  # fmt: skip
    reply = OpenAiEmbeddings().decode(RawReply(http_status=200, body=json.dumps(body).encode()))
    assert (reply.status, json.loads(reply.text), reply.usage.input_tokens) == (Status.OK, [0.5, -1.0], 3)


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": [{"embedding": [1]}]}, {"data": [{"embedding": "x"}]}])
def test_what_is_no_embedding_raises(body: object) -> None:
    with pytest.raises(ValueError, match=r"reply|[Ee]xpected"):
        decoded(body)


def test_an_error_inside_a_200_is_an_error() -> None:
    reply = OpenAiEmbeddings().decode(RawReply(http_status=200, body=b'{"error": {"message": "no such model"}}'))
    assert (reply.status, reply.error) == (Status.ERROR, "no such model")
