"""OpenAI's chat completions as a server speaks them: requests read strictly, replies and errors in its shapes. Pure."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.core.wire import Message, Role
from modelsearch.evaluate.given import Asked, Given

MAX_MESSAGES = 1000
CHUNK_CHARS = 1000
SILENT_FIELDS = frozenset({"model", "messages", "stream", "stream_options", "user", "metadata", "store", "n"})
"""Fields that are read, or that change no answer."""
REFUSED_FIELDS = frozenset(
    {"tools", "tool_choice", "functions", "function_call", "response_format", "logprobs", "top_logprobs", "audio",
     "modalities", "prediction", "web_search_options"}
)  # fmt: skip
"""Fields that ask for what was not evaluated; all others are ignored, and the reply's header names them."""
_ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


@dataclass(kw_only=True)
class ApiError(Exception):
    """What is told in OpenAI's shape.

    Attributes:
        is_final: asking again at once is of no use, or would be paid again; OpenAI's client then does not.
    """

    status: int
    message: str
    code: str
    kind: str = "invalid_request_error"
    param: str | None = None
    is_final: bool = False
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A request as far as it counts.

    Attributes:
        ignored: fields that were sent and change nothing, sorted.
    """

    messages: tuple[Message, ...]
    is_stream: bool
    has_usage: bool
    ignored: tuple[str, ...]


def chat_request(body: bytes, names: frozenset[str]) -> ChatRequest:
    """Read a request.

    Args:
        body: JSON.
        names: what the served model is called.

    Raises:
        ApiError: it is no such request, another model is meant, or it asks for what was not evaluated.
    """
    data = _object(body)
    model = data.get("model")
    if not isinstance(model, str) or model not in names:
        message = f"The model {str(model)[:100]!r} does not exist: this server has {', '.join(sorted(names))}"
        raise ApiError(status=404, message=message, code="model_not_found", param="model")
    refused = sorted(name for name in REFUSED_FIELDS & set(data) if data[name] not in (None, [], False))
    if data.get("n") not in (None, 1):
        refused.append("n")
    if refused and not _is_text_format(data, refused):
        message = f"{refused[0]!r} is not served: the candidate was evaluated without it"
        raise ApiError(status=400, message=message, code="unsupported_parameter", param=refused[0])
    options = data.get("stream_options")
    return ChatRequest(
        messages=_messages(data.get("messages")),
        is_stream=data.get("stream") is True,
        has_usage=isinstance(options, dict) and options.get("include_usage") is True,
        ignored=tuple(sorted(str(name)[:40] for name in set(data) - SILENT_FIELDS - REFUSED_FIELDS)),
    )


def asked_of(request: ChatRequest, mode: str, *, has_object_inputs: bool) -> Asked:
    """What is asked of the candidate.

    Args:
        request: as it came.
        mode: messages = as they are; input = the one user message is an item's input.
        has_object_inputs: the task's inputs are objects: the message is then JSON.

    Raises:
        ApiError: mode input, and it is not one user message.
    """
    item_id = ItemId(f"served-{uuid.uuid4().hex}")
    if mode == "messages":
        text = next(message.content for message in reversed(request.messages) if message.role != "system")
        return Asked(item=Item(id=item_id, input=text, target=None), messages=request.messages)
    if [message.role for message in request.messages] != ["user"]:
        message = "expected one user message that holds the input alone: the server applies the task's own prompt"
        raise _wrong(message, "messages")
    return Asked(item=Item(id=item_id, input=_input(request, is_object=has_object_inputs), target=None))


def completion(given: Given, name: str, request_id: str) -> dict[str, Any]:
    """The whole reply."""
    message = {"role": "assistant", "content": given.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": given.finish_reason}
    return {
        **_head(name, request_id, "chat.completion"),
        "choices": [choice],
        "usage": usage(given),
        "modelsearch": about(given),
    }


def chunks(given: Given, name: str, request: ChatRequest, request_id: str) -> Iterator[bytes]:
    """The same reply as server-sent events: it is complete before the first is sent."""
    head = _head(name, request_id, "chat.completion.chunk")
    texts = [given.text[start : start + CHUNK_CHARS] for start in range(0, len(given.text), CHUNK_CHARS)]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
    unsaid = {"usage": None} if request.has_usage else {}
    for delta in deltas:
        yield _event({**head, **unsaid, "choices": [_choice(delta, None)]})
    last = {**head, **unsaid, "choices": [_choice({}, given.finish_reason)], "modelsearch": about(given)}
    yield _event(last)
    if request.has_usage:
        yield _event({**head, "choices": [], "usage": usage(given)})
    yield b"data: [DONE]\n\n"


def about(given: Given) -> dict[str, Any]:
    """What only we tell: the answer as the task's scorer reads it, who gave it, and what each call cost in USD."""
    calls = [
        {"candidate": part.single.id, "status": part.outcome.status.value, "cost_usd": f"{part.outcome.spend_usd:f}"}
        for part in given.parts
    ]
    outcome = given.outcome
    return {
        "candidate": outcome.candidate_id,
        "status": outcome.status.value,
        "answer": outcome.answer,
        "confidence": outcome.confidence,
        "is_fallback": given.is_fallback,
        "cost_usd": f"{given.cost_usd:f}",
        "calls": calls,
    }


def usage(given: Given) -> dict[str, Any]:
    """Tokens of all calls together."""
    total = given.usage
    n_output = total.output_tokens + total.reasoning_tokens
    return {
        "prompt_tokens": total.prompt_tokens,
        "completion_tokens": n_output,
        "total_tokens": total.prompt_tokens + n_output,
        "prompt_tokens_details": {"cached_tokens": total.cache_read_tokens},
        "completion_tokens_details": {"reasoning_tokens": total.reasoning_tokens},
    }


def error_body(error: ApiError) -> dict[str, Any]:
    """The error in OpenAI's shape."""
    return {"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}}


def new_id() -> str:
    """Of a reply."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def _head(name: str, request_id: str, kind: str) -> dict[str, Any]:
    return {"id": request_id, "object": kind, "created": int(time.time()), "model": name}


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def _wrong(message: str, param: str | None = None) -> ApiError:
    return ApiError(status=400, message=message, code="invalid_value", param=param)


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _wrong("the body is no JSON in UTF-8") from error
    if not isinstance(data, dict):
        raise _wrong("expected a JSON object")
    return data


def _is_text_format(data: Mapping[str, Any], refused: list[str]) -> bool:
    """`response_format: {type: text}` asks for nothing."""
    return refused == ["response_format"] and data["response_format"] == {"type": "text"}


def _messages(told: Any) -> tuple[Message, ...]:
    if not isinstance(told, list) or not 1 <= len(told) <= MAX_MESSAGES:
        raise _wrong(f"expected a list of 1 to {MAX_MESSAGES} messages", "messages")
    messages = tuple(_message(each, place) for place, each in enumerate(told))
    if all(message.role == "system" for message in messages):
        raise _wrong("expected at least one message of the user", "messages")
    return messages


def _message(told: Any, place: int) -> Message:
    where = f"messages.{place}"
    role = _ROLES.get(str(told.get("role"))) if isinstance(told, dict) else None
    if role is None:
        raise _wrong(f"{where}: expected a role of {', '.join(_ROLES)}", where)
    return Message(role=role, content=_text(told.get("content"), where))


def _text(content: Any, where: str) -> str:
    """A text, or the parts of one; pictures and sounds were not evaluated."""
    if isinstance(content, str):
        return _encodable(content, where)
    is_parts = isinstance(content, list) and all(
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str) for part in content
    )
    if not is_parts:
        raise _wrong(f"{where}.content: expected text, or a list of text parts", where)
    return _encodable("".join(part["text"] for part in content), where)


def _encodable(text: str, where: str) -> str:
    """JSON can hold halves of characters, which no request can."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _wrong(f"{where}.content: half of a character (a lone surrogate) is no text", where) from error
    return text


def _input(request: ChatRequest, *, is_object: bool) -> Json:
    text = request.messages[0].content
    if not is_object:
        return text
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("the task's inputs are objects: expected the message to be one as JSON", "messages") from error
    return found
