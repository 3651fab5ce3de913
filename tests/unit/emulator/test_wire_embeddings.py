import json

import pytest

from modelsearch.core.wire import RawReply
from modelsearch.emulator.replies import EmulatedReply
from modelsearch.emulator.wire import WireError
from modelsearch.emulator.wire_embeddings import EmbeddingsWire
from modelsearch.providers.dialects.openai_embeddings import OpenAiEmbeddings

WIRE = EmbeddingsWire()


def test_what_it_answers_our_dialect_reads() -> None:
    body = WIRE.answer(EmulatedReply(text="[0.5, -0.25]", input_tokens=7, model="e"), 1)
    reply = OpenAiEmbeddings().decode(RawReply(http_status=200, body=body))
    assert (json.loads(reply.text), reply.usage.input_tokens, reply.model) == ([0.5, -0.25], 7, "e")
    failed = OpenAiEmbeddings().decode(RawReply(http_status=200, body=WIRE.error_in_200(EmulatedReply(text=""), 1)))
    assert failed.error


@pytest.mark.parametrize("given", ["hello", ["hello"]])
def test_one_text_is_asked(given: object) -> None:
    asked = WIRE.asked("p", "embeddings", {}, json.dumps({"model": "e", "input": given}).encode())
    assert (asked.wire_name, asked.prompt_text) == ("e", "hello")


@pytest.mark.parametrize(
    "body", [b"{", b'{"model": "e"}', b'{"model": "e", "input": []}', b'{"model": "e", "input": ""}']
)
def test_what_is_no_such_request_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        WIRE.asked("p", "embeddings", {}, body)
    assert WIRE.is_path("embeddings")
    assert not WIRE.is_path("chat/completions")
