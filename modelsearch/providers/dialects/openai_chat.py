"""OpenAI chat completions, as spoken by OpenAI, OpenRouter, Groq, Together, Mistral, DeepSeek, vLLM, llama.cpp, ..."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Reply, Status, TokenLogprob, Usage
from modelsearch.core.registry import register
from modelsearch.core.wire import Message, ModelRequest, RawReply, Retry, WireRequest
from modelsearch.providers.prompt_prefix import MIN_UNMARKED_TOKENS, is_write_charged, marked_content, shared_start
from modelsearch.providers.retry import classify_error
from modelsearch.providers.router import ROUTER_ID, preferences, price_limits
from modelsearch.providers.wire_values import (
    ERROR_TEXT_CHARS,
    Number,
    amount,
    count,
    error_of,
    logprobs_of,
    read_body,
    read_object,
    without_system,
)

_PATH = "/chat/completions"
_MIN_BYTES_PER_TOKEN = 2
_BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}
_MARKS: dict[str, dict[str, Any]] = {"openai": _BREAKPOINT, ROUTER_ID: {"cache_control": {"type": "ephemeral"}}}
_HEADERS = {"content-type": "application/json"}
_REFUSED = frozenset({"content_filter", "safety"})
_TRUNCATED = frozenset({"length", "max_tokens", "model_length"})


class _PromptDetails(msgspec.Struct):
    cached_tokens: Number = None
    cache_write_tokens: Number = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: Number = None


class _CostDetails(msgspec.Struct):
    upstream_inference_cost: Decimal | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: Number = None
    completion_tokens: Number = None
    total_tokens: Number = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None
    prompt_cache_hit_tokens: Number = None  # DeepSeek
    cost: Decimal | None = None  # OpenRouter, USD
    cost_details: _CostDetails | None = None
    is_byok: bool | None = None
    compute_seconds: Decimal | None = None  # a local gateway that is priced by the second


class _Part(msgspec.Struct):
    type: str = "text"
    text: str | None = None


class _Message(msgspec.Struct):
    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None
    logprobs: Any = None
    error: Any = None


class _Body(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None
    provider: str | None = None
    system_fingerprint: str | None = None
    error: Any = None


MAX_ALTERNATIVES = 20
_DECODER = msgspec.json.Decoder(_Body)
_ENCODER = msgspec.json.Encoder()


@register("dialect", "openai_chat", source="https://platform.openai.com/docs/api-reference/chat")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiChat:
    """POST {base}/chat/completions. What is sent follows the endpoint's capabilities, never its name."""

    auth_header: ClassVar[str] = "authorization"

    def encode(self, request: ModelRequest, endpoint: Endpoint) -> WireRequest:
        body: dict[str, Any] = {"model": endpoint.wire_name, "messages": _messages(_read_order(request, endpoint))}
        can = endpoint.capabilities
        body["max_completion_tokens" if "max_completion_tokens" in can else "max_tokens"] = request.max_output_tokens
        if request.temperature is not None and "no_temperature" not in can:
            body["temperature"] = request.temperature
        if request.seed is not None and "seed" in can:
            body["seed"] = request.seed
        if request.json_schema is not None and "json_schema" in can:
            schema = {"name": "answer", "strict": True, "schema": dict(request.json_schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if request.reasoning_effort is not None and "reasoning" in can:
            body.update(_effort(request.reasoning_effort, endpoint))
        body |= _alternatives(request, endpoint)
        extra = {} if "logprobs" in body else _extra(request, endpoint)
        if endpoint.provider_id == ROUTER_ID:
            body["provider"] = preferences(request, endpoint)
            limits = price_limits(request, endpoint)
            extra |= {"provider": {**body["provider"], "max_price": limits}} if limits else {}
        return _wire(body, extra, _read_order(request, endpoint), endpoint)

    def decode(self, raw: RawReply) -> Reply:
        body = read_body(_DECODER, raw)
        choice = body.choices[0] if body.choices else None
        problem = body.error or (choice.error if choice else None)
        message = choice.message if choice else None
        if not problem and (message is None or body.usage is None):
            text = "reply: expected a chat completion with a message and usage, or an error; got neither"
            raise ValueError(text)
        text = _text(message.content if message else None)
        status = Status.ERROR if problem else _status(choice, text)
        return Reply(
            text=text,
            status=status,
            usage=_usage(body.usage) if body.usage else Usage(),
            finish_reason=(choice.finish_reason if choice else None) or "",
            model=body.model or "",
            host=body.provider or "",
            fingerprint=body.system_fingerprint or "",
            logprobs=_logprobs(choice.logprobs) if choice and choice.logprobs else (),
            error=_error_text(problem, message, status),
        )

    def classify(self, raw: RawReply) -> Retry:
        body = read_object(raw)
        told = body.get("error") or _choice_error(body) or {"message": body.get("message") or body.get("detail")}
        return classify_error(raw, error_of(told))


def _choice_error(body: Mapping[str, Any]) -> object:
    """The error that a router tells inside the first choice."""
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first.get("error") if isinstance(first, dict) else None


def _read_order(request: ModelRequest, endpoint: Endpoint) -> tuple[Message, ...]:
    return request.messages if "no_system" not in endpoint.capabilities else without_system(request.messages)


def _messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _wire(
    body: dict[str, Any], extra: dict[str, Any], messages: tuple[Message, ...], endpoint: Endpoint
) -> WireRequest:
    """The request as it is sent. `extra` and what is said of caches are no part of what makes it the same call."""
    key_body = _ENCODER.encode(body)
    mark = _mark(endpoint)
    cut = shared_start(messages, endpoint, is_marked=mark is not None)
    if mark is _BREAKPOINT and len(key_body) >= MIN_UNMARKED_TOKENS * _MIN_BYTES_PER_TOKEN:
        extra = {**extra, "prompt_cache_options": {"mode": "explicit"}}
    sent = _ENCODER.encode({**body, **extra}) if extra else key_body
    if cut is None or mark is None:
        prefix = cut.name if cut else ""
        return WireRequest(
            path=_PATH, body=sent, headers=_HEADERS, key_body=key_body if extra else None, prefix=prefix
        )  # fmt: skip
    told = list(body["messages"])
    told[cut.place] = {**told[cut.place], "content": marked_content(messages[cut.place], cut.n_chars, mark)}
    marked = _ENCODER.encode({**body, **extra, "messages": told})
    return WireRequest(
        path=_PATH, body=sent, headers=_HEADERS, key_body=key_body, prefix=cut.name, marked_body=marked
    )  # fmt: skip


def _mark(endpoint: Endpoint) -> dict[str, Any] | None:
    """How the endpoint wants the end of a prompt's shared start marked; None where it needs no mark.

    OpenAI would else keep every prompt whole, at 1.25 times the price, and never find it again: items differ.
    """
    if endpoint.provider_id not in _MARKS or "prompt_cache" not in endpoint.capabilities:
        return None
    return _MARKS[endpoint.provider_id] if is_write_charged(endpoint) else None


def _effort(effort: str, endpoint: Endpoint) -> dict[str, Any]:
    return {"reasoning": {"effort": effort}} if endpoint.provider_id == ROUTER_ID else {"reasoning_effort": effort}


def _extra(request: ModelRequest, endpoint: Endpoint) -> dict[str, Any]:
    """What is asked for besides the answer. A router is not asked where it would choose the host by it."""
    is_free = endpoint.provider_id != ROUTER_ID or endpoint.host is not None
    return {"logprobs": True} if request.has_logprobs and "logprobs" in endpoint.capabilities and is_free else {}


def _alternatives(request: ModelRequest, endpoint: Endpoint) -> dict[str, Any]:
    """What else it could have said, which makes it another call; at most what the format allows."""
    if not request.n_alternatives or not _extra(request, endpoint):
        return {}
    return {"logprobs": True, "top_logprobs": min(request.n_alternatives, MAX_ALTERNATIVES)}


def _logprobs(told: Any) -> tuple[TokenLogprob, ...]:
    """Of the chat format's `content`, or of the older lists `tokens` and `token_logprobs` that some keep to."""
    if not isinstance(told, dict):
        return ()
    texts, values = told.get("tokens"), told.get("token_logprobs")
    if not told.get("content") and isinstance(texts, list) and isinstance(values, list) and len(texts) == len(values):
        pairs = [{"token": text, "logprob": value} for text, value in zip(texts, values, strict=True)]
        return logprobs_of(pairs, "token", "logprob")
    return logprobs_of(told.get("content"), "token", "logprob", "top_logprobs")


def _status(choice: _Choice | None, text: str) -> Status:
    reason = (choice.finish_reason if choice else None) or ""
    if reason == "error":
        return Status.ERROR
    if reason in _REFUSED or (choice and choice.message and choice.message.refusal):
        return Status.REFUSED
    if reason in _TRUNCATED:
        return Status.TRUNCATED
    return Status.OK if text.strip() else Status.INVALID


def _text(content: str | list[_Part] | None) -> str:
    """The visible text; thinking and other parts are left out."""
    if isinstance(content, list):
        return "".join(part.text or "" for part in content if part.type == "text")
    return content or ""


def _error_text(problem: object, message: _Message | None, status: Status) -> str:
    if problem:
        return error_of(problem).text or "error without a message"
    if status is Status.OK:
        return ""
    if status is Status.REFUSED and message is not None and message.refusal:
        return message.refusal[:ERROR_TEXT_CHARS]
    return {Status.INVALID: "empty reply", Status.ERROR: "finish reason error"}.get(status, "")


def _usage(told: _Usage) -> Usage:
    """Counts made exclusive: `prompt_tokens` holds the cached, `completion_tokens` the hidden reasoning."""
    n_prompt = count(told.prompt_tokens)
    cache = told.prompt_tokens_details
    n_read = min(n_prompt, count(cache.cached_tokens if cache else None) or count(told.prompt_cache_hit_tokens))
    n_write = min(n_prompt - n_read, count(cache.cache_write_tokens if cache else None))
    n_out, n_hidden = _output(told)
    return Usage(
        input_tokens=n_prompt - n_read - n_write,
        cache_read_tokens=n_read,
        cache_write_5m_tokens=n_write,
        output_tokens=n_out,
        reasoning_tokens=n_hidden,
        compute_s=amount(told.compute_seconds) or Decimal(0),
        reported_usd=_reported(told),
    )


def _output(told: _Usage) -> tuple[int, int]:
    """Visible and hidden output; a few providers leave the hidden out of `completion_tokens`: the total shows it."""
    n_out = count(told.completion_tokens)
    n_hidden = count(told.completion_tokens_details.reasoning_tokens) if told.completion_tokens_details else 0
    is_apart = n_hidden > n_out or (
        n_hidden > 0 and count(told.total_tokens) == count(told.prompt_tokens) + n_out + n_hidden
    )
    return (n_out if is_apart else n_out - n_hidden), n_hidden


def _reported(told: _Usage) -> Decimal | None:
    """What the provider says it billed; with a key of one's own at the host, its fee plus the host's bill."""
    cost = amount(told.cost)
    if cost is None or not told.is_byok:
        return cost
    upstream = amount(told.cost_details.upstream_inference_cost) if told.cost_details else None
    return None if upstream is None else cost + upstream
