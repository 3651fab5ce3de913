"""Google Gemini generateContent."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Reply, Status, TokenLogprob, Usage
from modelsearch.core.registry import register
from modelsearch.core.wire import ModelRequest, RawReply, Retry, WireRequest
from modelsearch.providers.prompt_prefix import shared_start
from modelsearch.providers.retry import classify_error
from modelsearch.providers.wire_values import (
    Number,
    WireError,
    count,
    error_of,
    logprobs_of,
    read_body,
    read_object,
    without_system,
)

_HEADERS = {"content-type": "application/json"}
_TRUNCATED = "MAX_TOKENS"
_REFUSED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY"})


class _Part(msgspec.Struct):
    text: str | None = None
    thought: bool | None = None


class _Content(msgspec.Struct):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    logprobs_result: Any = None


class _Usage(msgspec.Struct, rename="camel"):
    prompt_token_count: Number = None
    cached_content_token_count: Number = None
    tool_use_prompt_token_count: Number = None
    candidates_token_count: Number = None
    thoughts_token_count: Number = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Body(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    model_version: str | None = None
    error: Any = None


_DECODER = msgspec.json.Decoder(_Body)
_ENCODER = msgspec.json.Encoder()


@register("dialect", "google_generate", source="https://ai.google.dev/api/generate-content")
@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleGenerate:
    """POST {base}/models/{model}:generateContent. The key goes into a header, never into the URL."""

    auth_header: ClassVar[str] = "x-goog-api-key"

    def encode(self, request: ModelRequest, endpoint: Endpoint) -> WireRequest:
        can = endpoint.capabilities
        messages = without_system(request.messages) if "no_system" in can else request.messages
        system = "\n\n".join(m.content for m in messages if m.role == "system" and m.content)
        body: dict[str, Any] = {"systemInstruction": {"parts": [{"text": system}]}} if system else {}
        body["contents"] = [
            {"role": "model" if m.role == "assistant" else "user", "parts": [{"text": m.content}]}
            for m in messages
            if m.role != "system"
        ]
        config = _generation(request, can)
        path = f"/models/{quote(endpoint.wire_name.removeprefix('models/'), safe='')}:generateContent"
        plain = _ENCODER.encode({**body, "generationConfig": config})
        cut = shared_start(messages, endpoint, is_marked=False)
        prefix = cut.name if cut else ""
        if not (request.has_logprobs and "logprobs" in can):
            return WireRequest(path=path, body=plain, headers=_HEADERS, prefix=prefix)
        told = _ENCODER.encode({**body, "generationConfig": {**config, "responseLogprobs": True}})
        return WireRequest(path=path, body=told, headers=_HEADERS, key_body=plain, prefix=prefix)

    def decode(self, raw: RawReply) -> Reply:
        body = read_body(_DECODER, raw)
        candidate = body.candidates[0] if body.candidates else None
        blocked = body.prompt_feedback.block_reason if body.prompt_feedback else None
        is_known = (candidate is not None or blocked) and body.usage_metadata is not None
        if not body.error and not is_known:
            message = "reply: expected candidates or a block reason with usage, or an error; got neither"
            raise ValueError(message)
        text = _text(candidate)
        reason = blocked or (candidate.finish_reason if candidate else None) or ""
        status = Status.ERROR if body.error else Status.REFUSED if blocked else _status(reason, text)
        return Reply(
            text=text,
            status=status,
            usage=_usage(body.usage_metadata) if body.usage_metadata else Usage(),
            finish_reason=reason,
            model=body.model_version or "",
            fingerprint=body.model_version or "",
            logprobs=_logprobs(candidate),
            error=_error_text(body.error, status),
        )

    def classify(self, raw: RawReply) -> Retry:
        told = read_object(raw).get("error")
        return classify_error(raw, _error(told if isinstance(told, dict) else {"message": told}))


def _generation(request: ModelRequest, can: frozenset[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"maxOutputTokens": request.max_output_tokens}
    if request.temperature is not None and "no_temperature" not in can:
        config["temperature"] = request.temperature
    if request.seed is not None and "seed" in can:
        config["seed"] = request.seed
    if request.reasoning_effort is not None and "reasoning" in can:
        config["thinkingConfig"] = {"thinkingLevel": request.reasoning_effort}
    if request.json_schema is not None and "json_schema" in can:
        config["responseMimeType"] = "application/json"
        config["responseJsonSchema"] = dict(request.json_schema)
    return config


def _logprobs(candidate: _Candidate | None) -> tuple[TokenLogprob, ...]:
    told = candidate.logprobs_result if candidate else None
    chosen = told.get("chosenCandidates") if isinstance(told, dict) else None
    return logprobs_of(chosen, "token", "logProbability")


def _text(candidate: _Candidate | None) -> str:
    parts = candidate.content.parts if candidate and candidate.content else None
    return "".join(part.text or "" for part in parts or () if not part.thought)


def _status(reason: str, text: str) -> Status:
    if reason in _REFUSED:
        return Status.REFUSED
    if reason == _TRUNCATED:
        return Status.TRUNCATED
    return Status.OK if text.strip() else Status.INVALID


def _error_text(problem: object, status: Status) -> str:
    if problem:
        return error_of(problem).text or "error without a message"
    return "empty reply" if status is Status.INVALID else ""


def _usage(told: _Usage) -> Usage:
    """The prompt holds what was cached; thoughts come apart from the candidates; tools' input is input."""
    n_prompt = count(told.prompt_token_count)
    n_read = min(n_prompt, count(told.cached_content_token_count))
    return Usage(
        input_tokens=n_prompt - n_read + count(told.tool_use_prompt_token_count),
        cache_read_tokens=n_read,
        output_tokens=count(told.candidates_token_count),
        reasoning_tokens=count(told.thoughts_token_count),
    )


def _error(told: dict[str, Any]) -> WireError:
    """Status, message, and what the details add: the reason, the quota that was hit, the delay to wait."""
    words, wait_s = [str(told.get("status") or "")], None
    details = told.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict):
            words += [str(detail.get("reason") or ""), *_quotas(detail)]
            wait_s = _delay_s(detail.get("retryDelay")) if wait_s is None else wait_s
    return WireError(
        code=" ".join(word for word in words if word), message=str(told.get("message") or ""), wait_s=wait_s
    )


def _quotas(detail: dict[str, Any]) -> list[str]:
    violations = detail.get("violations")
    found = violations if isinstance(violations, list) else []
    return [str(one.get("quotaId") or "") for one in found if isinstance(one, dict)]


def _delay_s(text: object) -> float | None:
    """`"12.5s"` in s."""
    try:
        return float(str(text).removesuffix("s"))
    except ValueError:
        return None
