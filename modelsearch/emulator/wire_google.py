"""The generateContent format of Google's Gemini API."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs

import msgspec

from modelsearch.emulator.replies import DEFAULT_MAX_OUTPUT_TOKENS, Asked, EmulatedReply
from modelsearch.emulator.wire import Failure, Headers, Trouble, WireAnswer, WireError, encoded
from modelsearch.emulator.wire_openai import Part, joined

SUFFIX = ":generateContent"
STATUS: dict[Trouble, tuple[int, str]] = {
    Trouble.BAD_REQUEST: (400, "INVALID_ARGUMENT"),
    Trouble.UNSUPPORTED: (400, "INVALID_ARGUMENT"),
    Trouble.AUTH: (401, "UNAUTHENTICATED"),
    Trouble.NOT_FOUND: (404, "NOT_FOUND"),
    Trouble.RATE: (429, "RESOURCE_EXHAUSTED"),
    Trouble.QUOTA: (429, "RESOURCE_EXHAUSTED"),
    Trouble.SERVER: (500, "INTERNAL"),
    Trouble.OVERLOADED: (503, "UNAVAILABLE"),
}
_RPC = "type.googleapis.com/google.rpc."


class _Content(msgspec.Struct):
    parts: list[Part]
    role: str = "user"


class _Config(msgspec.Struct, rename="camel"):
    max_output_tokens: int | None = None
    temperature: float | None = None
    response_logprobs: bool | None = None


class _Body(msgspec.Struct, rename="camel"):
    contents: list[_Content]
    system_instruction: _Content | None = None
    generation_config: _Config | None = None


_DECODER = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class GoogleWire:
    """POST models/NAME:generateContent; the key is a header or a query parameter."""

    is_failure_billed: ClassVar[bool] = False

    def is_path(self, rest: str) -> bool:
        return rest.startswith("models/") and rest.endswith(SUFFIX)

    def key_of(self, headers: Headers, query: bytes) -> str | None:
        value = headers.get(b"x-goog-api-key")
        if value is not None:
            return value.decode("latin-1")
        found = parse_qs(query.decode("latin-1")).get("key")
        return found[0] if found else None

    def asked(self, provider_id: str, rest: str, headers: Headers, body: bytes) -> Asked:  # noqa: ARG002
        try:
            parsed = _DECODER.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WireError(Trouble.BAD_REQUEST, f"Invalid JSON payload received. {error}") from error
        if not parsed.contents:
            raise WireError(Trouble.BAD_REQUEST, "GenerateContentRequest.contents: contents is not specified")
        config = parsed.generation_config or _Config()
        contents = [parsed.system_instruction, *parsed.contents]
        return Asked(
            provider_id=provider_id,
            wire_name=rest.removeprefix("models/").removesuffix(SUFFIX),
            prompt_text=joined([content.parts for content in contents if content is not None])[0],
            max_output_tokens=config.max_output_tokens or DEFAULT_MAX_OUTPUT_TOKENS,
            given=_given(config),
        )

    def answer(self, reply: EmulatedReply, number: int) -> bytes:
        reason = "SAFETY" if reply.is_refusal else "MAX_TOKENS" if reply.is_truncated else "STOP"
        parts = [] if reply.is_refusal or not reply.text else [{"text": reply.text}]
        candidate = {"content": {"parts": parts, "role": "model"}, "finishReason": reason, "index": 0}
        body = {
            "candidates": [candidate | _logprobs(reply)],
            "usageMetadata": _usage(reply),
            "modelVersion": reply.model,
            "responseId": f"emulated-{number}",
        }
        return encoded(body)

    def error_in_200(self, reply: EmulatedReply, number: int) -> bytes:  # noqa: ARG002 - the role's signature
        return _error_body(503, "failed after generation began (emulated)", "UNAVAILABLE", [])

    def error(self, failure: Failure) -> WireAnswer:
        code, status = STATUS[failure.trouble]
        body = _error_body(failure.status or code, failure.message, status, _details(failure))
        return WireAnswer(status=failure.status or code, body=body)


def _given(config: _Config) -> frozenset[str]:
    names = {"temperature": config.temperature is not None, "logprobs": bool(config.response_logprobs)}
    return frozenset(name for name, is_given in names.items() if is_given)


def _logprobs(reply: EmulatedReply) -> dict[str, Any]:
    if not reply.logprobs:
        return {}
    chosen = [{"token": text, "tokenId": 0, "logProbability": logprob} for text, logprob, _ in reply.logprobs]
    mean = sum(token.logprob for token in reply.logprobs) / len(reply.logprobs)
    return {"logprobsResult": {"chosenCandidates": chosen}, "avgLogprobs": mean}


def _usage(reply: EmulatedReply) -> dict[str, int]:
    """Prompt tokens include cached ones; thoughts are counted apart from candidates."""
    prompt = reply.input_tokens + reply.cached_tokens
    usage = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": reply.output_tokens,
        "totalTokenCount": prompt + reply.output_tokens + reply.reasoning_tokens,
    }
    if reply.cached_tokens:
        usage["cachedContentTokenCount"] = reply.cached_tokens
    if reply.reasoning_tokens:
        usage["thoughtsTokenCount"] = reply.reasoning_tokens
    return usage


def _details(failure: Failure) -> list[dict[str, Any]]:
    """Google's own way to say when to come back, and which quota is gone."""
    details: list[dict[str, Any]] = []
    if failure.trouble is Trouble.QUOTA:
        violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel", "quotaValue": "0"}
        details.append({"@type": f"{_RPC}QuotaFailure", "violations": [violation]})
    if failure.retry_after_s is not None:
        details.append({"@type": f"{_RPC}RetryInfo", "retryDelay": f"{failure.retry_after_s:g}s"})
    return details


def _error_body(code: int, message: str, status: str, details: list[dict[str, Any]]) -> bytes:
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return encoded({"error": error | ({"details": details} if details else {})})
