"""OpenAI embeddings, as spoken by OpenAI, Mistral, Together, vLLM, llama.cpp, Ollama, text-embeddings-inference, ..."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Reply, Status, Usage
from modelsearch.core.registry import register
from modelsearch.core.wire import ModelRequest, RawReply, Retry, WireRequest
from modelsearch.providers.retry import classify_error
from modelsearch.providers.wire_values import Number, amount, count, error_of, read_body, read_object

_PATH = "/embeddings"
_HEADERS = {"content-type": "application/json"}


class _Usage(msgspec.Struct):
    prompt_tokens: Number = None
    total_tokens: Number = None
    cost: Decimal | None = None


class _Vector(msgspec.Struct):
    embedding: list[float]


class _Body(msgspec.Struct):
    data: list[_Vector] | None = None
    usage: _Usage | None = None
    model: str | None = None
    error: Any = None


_DECODER = msgspec.json.Decoder(_Body)
_ENCODER = msgspec.json.Encoder()


@register("dialect", "openai_embeddings", source="https://platform.openai.com/docs/api-reference/embeddings")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiEmbeddings:
    """POST {base}/embeddings. The text of the request's messages is what is embedded; the reply's text is the vector.

    A request stands for one text, so that each is bought once however the texts come together.
    """

    auth_header: ClassVar[str] = "authorization"

    def encode(self, request: ModelRequest, endpoint: Endpoint) -> WireRequest:
        text = "\n".join(message.content for message in request.messages)
        body = {"model": endpoint.wire_name, "input": text, "encoding_format": "float"}
        return WireRequest(path=_PATH, body=_ENCODER.encode(body), headers=_HEADERS)

    def decode(self, raw: RawReply) -> Reply:
        body = read_body(_DECODER, raw)
        usage = Usage(
            input_tokens=count(body.usage.prompt_tokens or body.usage.total_tokens) if body.usage else 0,
            reported_usd=amount(body.usage.cost) if body.usage else None,
        )
        if body.error:
            return Reply(text="", status=Status.ERROR, usage=usage, error=error_of(body.error).text or "error")
        if not body.data or body.usage is None:
            message = "reply: expected `data` with an embedding and `usage`, or an error; got neither"
            raise ValueError(message)
        return Reply(text=json.dumps(body.data[0].embedding), status=Status.OK, usage=usage, model=body.model or "")

    def classify(self, raw: RawReply) -> Retry:
        body = read_object(raw)
        told = body.get("error") or {"message": body.get("message") or body.get("detail")}
        return classify_error(raw, error_of(told))
