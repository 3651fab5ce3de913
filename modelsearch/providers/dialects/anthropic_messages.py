"""Anthropic messages."""

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Reply, Status, Usage
from modelsearch.core.registry import register
from modelsearch.core.wire import Message, ModelRequest, RawReply, Retry, WireRequest
from modelsearch.providers.prompt_prefix import Cut, is_write_charged, marked_content, shared_start
from modelsearch.providers.retry import classify_error
from modelsearch.providers.wire_values import Number, count, error_of, read_body, read_object, without_system

_HEADERS = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
_TOOL = "answer"
_MARK = {"cache_control": {"type": "ephemeral"}}


class _CacheCreation(msgspec.Struct):
    ephemeral_1h_input_tokens: Number = None


class _OutputDetails(msgspec.Struct):
    thinking_tokens: Number = None
    reasoning_tokens: Number = None


class _Usage(msgspec.Struct):
    input_tokens: Number = None
    cache_creation_input_tokens: Number = None
    cache_read_input_tokens: Number = None
    cache_creation: _CacheCreation | None = None
    output_tokens: Number = None
    output_tokens_details: _OutputDetails | None = None


class _Block(msgspec.Struct):
    type: str = ""
    text: str | None = None
    input: msgspec.Raw = msgspec.Raw()


class _Body(msgspec.Struct):
    content: list[_Block] | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    model: str | None = None
    error: Any = None


_DECODER = msgspec.json.Decoder(_Body)
_ENCODER = msgspec.json.Encoder()


@register("dialect", "anthropic_messages", source="https://docs.anthropic.com/en/api/messages")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnthropicMessages:
    """POST {base}/messages. The system text is a field of its own; structured output is a forced tool; no seed."""

    auth_header: ClassVar[str] = "x-api-key"

    def encode(self, request: ModelRequest, endpoint: Endpoint) -> WireRequest:
        can = endpoint.capabilities
        messages = without_system(request.messages) if "no_system" in can else request.messages
        systems = tuple(m for m in messages if m.role == "system" and m.content)
        others = tuple(m for m in messages if m.role != "system")
        body: dict[str, Any] = {"model": endpoint.wire_name, "max_tokens": request.max_output_tokens}
        if systems:
            body["system"] = "\n\n".join(m.content for m in systems)
        body["messages"] = [{"role": m.role, "content": m.content} for m in others]
        if request.temperature is not None and "no_temperature" not in can:
            body["temperature"] = request.temperature
        if request.reasoning_effort is not None and "reasoning" in can:
            body["output_config"] = {"effort": request.reasoning_effort}
        if request.json_schema is not None and "json_schema" in can:
            body["tools"] = [{"name": _TOOL, "input_schema": dict(request.json_schema)}]
            body["tool_choice"] = {"type": "tool", "name": _TOOL}
        plain = _ENCODER.encode(body)
        cut = shared_start((*systems, *others), endpoint, is_marked=True)
        if cut is None or not is_write_charged(endpoint):
            return WireRequest(path="/messages", body=plain, headers=_HEADERS)
        marked = _ENCODER.encode(_marked(body, systems, others, cut))
        return WireRequest(path="/messages", body=plain, headers=_HEADERS, prefix=cut.name, marked_body=marked)

    def decode(self, raw: RawReply) -> Reply:
        body = read_body(_DECODER, raw)
        if not body.error and (body.content is None or body.usage is None):
            message = "reply: expected a message with content and usage, or an error; got neither"
            raise ValueError(message)
        text = _text(body.content or [])
        status = Status.ERROR if body.error else _status(body.stop_reason or "", text)
        return Reply(
            text=text,
            status=status,
            usage=_usage(body.usage) if body.usage else Usage(),
            finish_reason=body.stop_reason or "",
            model=body.model or "",
            error=_error_text(body.error, status),
        )

    def classify(self, raw: RawReply) -> Retry:
        return classify_error(raw, error_of(read_object(raw).get("error")))


def _marked(
    body: dict[str, Any], systems: tuple[Message, ...], others: tuple[Message, ...], cut: Cut
) -> dict[str, Any]:
    """The body with one mark where the shared start ends: all that comes before it is kept with it."""
    at = cut.place - len(systems)
    if at < 0:
        kept = systems[: cut.place + 1]
        start = "\n\n".join([*(m.content for m in kept[:-1]), kept[-1].content[: cut.n_chars]])
        whole = Message(role="system", content=body["system"])
        return {**body, "system": marked_content(whole, len(start), _MARK)}
    messages = list(body["messages"])
    messages[at] = {"role": others[at].role, "content": marked_content(others[at], cut.n_chars, _MARK)}
    return {**body, "messages": messages}


def _text(blocks: list[_Block]) -> str:
    """Text blocks joined, or the input of the forced tool as JSON; thinking is left out."""
    tool = next((bytes(block.input) for block in blocks if block.type == "tool_use"), b"")
    return tool.decode() if tool else "".join(block.text or "" for block in blocks if block.type == "text")


def _status(reason: str, text: str) -> Status:
    if reason == "refusal":
        return Status.REFUSED
    if reason in ("max_tokens", "model_context_window_exceeded"):
        return Status.TRUNCATED
    return Status.OK if text.strip() else Status.INVALID


def _error_text(problem: object, status: Status) -> str:
    if problem:
        return error_of(problem).text or "error without a message"
    return "empty reply" if status is Status.INVALID else ""


def _usage(told: _Usage) -> Usage:
    """Input excludes what was cached; output holds the thinking; a cache write is for 5 minutes unless it says 1 h."""
    n_written = count(told.cache_creation_input_tokens)
    n_1h = count(told.cache_creation.ephemeral_1h_input_tokens) if told.cache_creation else 0
    n_out = count(told.output_tokens)
    details = told.output_tokens_details
    n_hidden = count(details.thinking_tokens) or count(details.reasoning_tokens) if details else 0
    return Usage(
        input_tokens=count(told.input_tokens),
        cache_read_tokens=count(told.cache_read_input_tokens),
        cache_write_5m_tokens=max(0, n_written - n_1h),
        cache_write_1h_tokens=n_1h,
        output_tokens=max(0, n_out - n_hidden),
        reasoning_tokens=min(n_out, n_hidden),
    )
