"""The embeddings format of OpenAI: one text in, one vector out."""

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.wire import Failure, Headers, Trouble, WireAnswer, WireError, encoded
from modelsearch.emulator.wire_openai import OpenAiWire


class _Body(msgspec.Struct):
    model: str
    input: str | list[str]


_DECODER = msgspec.json.Decoder(_Body)
_CHAT = OpenAiWire()


@dataclass(frozen=True, slots=True)
class EmbeddingsWire:
    """POST embeddings. The text of a reply is its vector as JSON."""

    is_failure_billed: ClassVar[bool] = True

    def is_path(self, rest: str) -> bool:
        return rest == "embeddings"

    def key_of(self, headers: Headers, query: bytes) -> str | None:
        return _CHAT.key_of(headers, query)

    def asked(self, provider_id: str, rest: str, headers: Headers, body: bytes) -> Asked:  # noqa: ARG002
        try:
            parsed = _DECODER.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WireError(Trouble.BAD_REQUEST, f"We could not parse the request: {error}") from error
        texts = [parsed.input] if isinstance(parsed.input, str) else parsed.input
        if len(texts) != 1 or not texts[0]:
            raise WireError(Trouble.BAD_REQUEST, f"input: expected one text that is not empty, got {len(texts)}")
        return Asked(provider_id=provider_id, wire_name=parsed.model, prompt_text=texts[0])

    def answer(self, reply: EmulatedReply, number: int) -> bytes:  # noqa: ARG002 - the role's signature
        vector = {"object": "embedding", "index": 0, "embedding": msgspec.json.decode(reply.text)}
        return encoded({"object": "list", "data": [vector], "model": reply.model, "usage": _usage(reply)})

    def error_in_200(self, reply: EmulatedReply, number: int) -> bytes:  # noqa: ARG002
        return encoded({"object": "list", "error": {"code": 502, "message": "upstream failed (emulated)"}})

    def error(self, failure: Failure) -> WireAnswer:
        return _CHAT.error(failure)


def _usage(reply: EmulatedReply) -> dict[str, Any]:
    return {"prompt_tokens": reply.input_tokens, "total_tokens": reply.input_tokens}
