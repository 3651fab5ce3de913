"""The messages format of Anthropic."""

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.wire import Failure, Headers, Trouble, WireAnswer, WireError, encoded
from modelsearch.emulator.wire_openai import OpenAiWire, Part, joined

STATUS: dict[Trouble, tuple[int, str]] = {
    Trouble.BAD_REQUEST: (400, "invalid_request_error"),
    Trouble.UNSUPPORTED: (400, "invalid_request_error"),
    Trouble.AUTH: (401, "authentication_error"),
    Trouble.NOT_FOUND: (404, "not_found_error"),
    Trouble.RATE: (429, "rate_limit_error"),
    Trouble.QUOTA: (402, "billing_error"),
    Trouble.SERVER: (500, "api_error"),
    Trouble.OVERLOADED: (529, "overloaded_error"),
}


class _Message(msgspec.Struct):
    role: str
    content: str | list[Part]


class _Body(msgspec.Struct):
    model: str
    max_tokens: int
    messages: list[_Message]
    system: str | list[Part] = ""
    temperature: float | None = None


_DECODER = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class AnthropicWire:
    """POST messages. `max_tokens` and the header anthropic-version are required, as in the public API.

    The key is in x-api-key, or a bearer token, as the newer official clients send it.
    """

    is_failure_billed: ClassVar[bool] = False

    def is_path(self, rest: str) -> bool:
        return rest == "messages"

    def key_of(self, headers: Headers, query: bytes) -> str | None:
        value = headers.get(b"x-api-key")
        return OpenAiWire().key_of(headers, query) if value is None else value.decode("latin-1")

    def asked(self, provider_id: str, rest: str, headers: Headers, body: bytes) -> Asked:  # noqa: ARG002
        if b"anthropic-version" not in headers:
            raise WireError(Trouble.BAD_REQUEST, "anthropic-version: header is required")
        try:
            parsed = _DECODER.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WireError(Trouble.BAD_REQUEST, str(error)) from error
        if not parsed.messages or any(message.role == "system" for message in parsed.messages):
            raise WireError(
                Trouble.BAD_REQUEST, "messages: expected user and assistant messages; `system` is top-level"
            )
        contents = [message.content for message in parsed.messages]
        text, n_marked = joined([parsed.system, *contents] if parsed.system else contents)
        return Asked(
            provider_id=provider_id,
            wire_name=parsed.model,
            prompt_text=text,
            n_marked_chars=n_marked,
            max_output_tokens=parsed.max_tokens,
            given=frozenset() if parsed.temperature is None else frozenset({"temperature"}),
        )

    def answer(self, reply: EmulatedReply, number: int) -> bytes:
        reason = "refusal" if reply.is_refusal else "max_tokens" if reply.is_truncated else "end_turn"
        usage: dict[str, Any] = {
            "input_tokens": reply.input_tokens,
            "cache_creation_input_tokens": reply.written_tokens,
            "cache_creation": {"ephemeral_5m_input_tokens": reply.written_tokens, "ephemeral_1h_input_tokens": 0},
            "cache_read_input_tokens": reply.cached_tokens,
            "output_tokens": reply.output_tokens + reply.reasoning_tokens,
            "service_tier": "standard",
        }
        if reply.reasoning_tokens:
            usage["output_tokens_details"] = {"thinking_tokens": reply.reasoning_tokens}
        body = {
            "id": f"msg_emulated_{number}",
            "type": "message",
            "role": "assistant",
            "model": reply.model,
            "content": [{"type": "text", "text": reply.text}] if reply.text else [],
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": usage,
        }
        return encoded(body)

    def error_in_200(self, reply: EmulatedReply, number: int) -> bytes:  # noqa: ARG002 - the role's signature
        return _error_body("overloaded_error", "overloaded after generation began (emulated)", number)

    def error(self, failure: Failure) -> WireAnswer:
        status, kind = STATUS[failure.trouble]
        return WireAnswer(
            status=failure.status or status, body=_error_body(kind, failure.message, 0), headers=failure.retry_headers()
        )


def _error_body(kind: str, message: str, number: int) -> bytes:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_emulated_{number}"}
    return encoded(body)
