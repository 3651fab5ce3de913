"""The chat completions format of OpenAI, with what routers such as OpenRouter add: `provider` and `usage.cost`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from modelsearch.emulator.replies import DEFAULT_MAX_OUTPUT_TOKENS, Asked, EmulatedReply
from modelsearch.emulator.wire import Failure, Headers, Trouble, WireAnswer, WireError, encoded

OPENAI = "openai"
"""Its newer models keep whole prompts unasked; no other provider that charges for keeping does."""
STATUS: dict[Trouble, tuple[int, str, str | None]] = {
    Trouble.BAD_REQUEST: (400, "invalid_request_error", None),
    Trouble.UNSUPPORTED: (400, "invalid_request_error", "unsupported_value"),
    Trouble.AUTH: (401, "invalid_request_error", "invalid_api_key"),
    Trouble.NOT_FOUND: (404, "invalid_request_error", "model_not_found"),
    Trouble.RATE: (429, "requests", "rate_limit_exceeded"),
    Trouble.QUOTA: (429, "insufficient_quota", "insufficient_quota"),
    Trouble.SERVER: (500, "server_error", None),
    Trouble.OVERLOADED: (503, "server_error", "service_unavailable"),
}


class Part(msgspec.Struct):
    """A piece of a content; either mark ends what is for the prompt cache."""

    text: str = ""
    cache_control: Any = None
    prompt_cache_breakpoint: Any = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[Part] | None = None


class _Routing(msgspec.Struct):
    only: list[str] | None = None
    order: list[str] | None = None


class _CacheOptions(msgspec.Struct):
    mode: str = "implicit"


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    provider: _Routing | None = None
    logprobs: bool | None = None
    prompt_cache_options: _CacheOptions | None = None


_DECODER = msgspec.json.Decoder(_Body)


def joined(contents: Sequence[str | list[Part] | None]) -> tuple[str, int | None]:
    """The texts of contents, and so many of their characters as are marked for the prompt cache; None = no mark."""
    text, n_marked = "", None
    for number, content in enumerate(contents):
        text += "\n\n" if number else ""
        for part in [Part(text=content)] if isinstance(content, str) else content or ():
            text += part.text
            if part.cache_control is not None or part.prompt_cache_breakpoint is not None:
                n_marked = len(text)
    return text, n_marked


@dataclass(frozen=True, slots=True)
class OpenAiWire:
    """POST chat/completions."""

    is_failure_billed: ClassVar[bool] = True

    def is_path(self, rest: str) -> bool:
        return rest == "chat/completions"

    def key_of(self, headers: Headers, query: bytes) -> str | None:  # noqa: ARG002 - the role's signature
        value = headers.get(b"authorization", b"").decode("latin-1")
        return value[7:] if value[:7].lower() == "bearer " else None

    def asked(self, provider_id: str, rest: str, headers: Headers, body: bytes) -> Asked:  # noqa: ARG002
        try:
            parsed = _DECODER.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WireError(Trouble.BAD_REQUEST, f"We could not parse the request: {error}") from error
        if not parsed.messages:
            raise WireError(Trouble.BAD_REQUEST, "messages: expected at least one message, got none")
        pins = (parsed.provider.only or parsed.provider.order) if parsed.provider else None
        limit = parsed.max_completion_tokens or parsed.max_tokens
        text, n_marked = joined([message.content for message in parsed.messages])
        options = parsed.prompt_cache_options or _CacheOptions()
        names = ("max_tokens", "max_completion_tokens", "temperature")
        return Asked(
            provider_id=provider_id,
            wire_name=parsed.model,
            prompt_text=text,
            n_marked_chars=n_marked,
            is_whole_kept=provider_id == OPENAI and options.mode != "explicit",
            host=pins[0] if pins else None,
            max_output_tokens=limit or DEFAULT_MAX_OUTPUT_TOKENS,
            given=frozenset(
                [name for name in names if getattr(parsed, name) is not None] + ["logprobs"] * bool(parsed.logprobs)
            ),
        )

    def answer(self, reply: EmulatedReply, number: int) -> bytes:
        reason = "length" if reply.is_truncated else "stop"
        refusal = reply.text if reply.is_refusal else None
        message = {"role": "assistant", "content": None if reply.is_refusal else reply.text, "refusal": refusal}
        if reply.is_refusal:
            reason = "content_filter"
        choice = {"index": 0, "message": message, "logprobs": _logprobs(reply), "finish_reason": reason}
        return _completion(reply, number, choice)

    def error_in_200(self, reply: EmulatedReply, number: int) -> bytes:
        message = {"role": "assistant", "content": ""}
        fault = {"code": 502, "message": "upstream failed after generation began (emulated)"}
        return _completion(reply, number, {"index": 0, "message": message, "finish_reason": "error", "error": fault})

    def error(self, failure: Failure) -> WireAnswer:
        status, kind, code = STATUS[failure.trouble]
        body = {"error": {"message": failure.message, "type": kind, "param": None, "code": code}}
        return WireAnswer(status=failure.status or status, body=encoded(body), headers=failure.retry_headers())


def _completion(reply: EmulatedReply, number: int, choice: dict[str, Any]) -> bytes:
    body: dict[str, Any] = {
        "id": f"chatcmpl-emulated-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": reply.model,
        "system_fingerprint": reply.fingerprint or None,
        "choices": [choice],
        "usage": _usage(reply),
    }
    if reply.host:
        body["provider"] = reply.host
    return encoded(body)


def _logprobs(reply: EmulatedReply) -> dict[str, Any] | None:
    told = [
        {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": []}
        for text, logprob, _ in reply.logprobs
    ]
    return {"content": told, "refusal": None} if told else None


def _usage(reply: EmulatedReply) -> dict[str, Any]:
    """Prompt tokens include cached ones, completion tokens include reasoning."""
    prompt = reply.usage.prompt_tokens
    completion = reply.output_tokens + reply.reasoning_tokens
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens, "cache_write_tokens": reply.written_tokens},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
    }
    if reply.cost_usd is not None:
        usage["cost"] = reply.cost_usd
    return usage
