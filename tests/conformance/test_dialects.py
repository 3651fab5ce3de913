"""What every dialect in the registry keeps, plug-ins included."""

import json
import pickle
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.outcome import Reply, Status
from modelsearch.core.ports import Dialect
from modelsearch.core.registry import lookup, names
from modelsearch.core.wire import Message, ModelRequest, RawReply, Role

DIALECTS = names("dialect")
CAPABILITIES = [
    *("json_schema", "reasoning", "no_temperature", "max_completion_tokens", "seed", "logprobs", "no_system"),
    "prompt_cache",
]
PRICES = (
    Rate(kind="input", usd=Decimal(1)),
    Rate(kind="cache_read", usd=Decimal("0.1")),
    Rate(kind="cache_write_5m", usd=Decimal("1.25")),
)
TEXT_FIELDS = {"content", "text", "system"}
RETRY_KINDS = {"none", "rate", "transient", "auth", "quota", "gone", "incapable"}
STATUSES = [0, 301, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 498, 500, 502, 503, 504, 529]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
roles: st.SearchStrategy[Role] = st.sampled_from(["system", "user", "assistant"])
longer = texts | texts.map(lambda text: text + "Rule. " * 600)


@st.composite
def message(draw: st.DrawFn) -> Message:
    content = draw(longer)
    role: Role = draw(roles)
    return Message(
        role=role, content=content, n_stable_chars=draw(st.integers(0, len(content)) | st.just(len(content)))
    )


messages = st.lists(message(), min_size=1, max_size=4).map(tuple)
requests = st.builds(
    ModelRequest,
    messages=messages,
    max_output_tokens=st.integers(1, 10_000),
    temperature=st.none() | st.floats(0, 2),
    seed=st.none() | st.integers(0, 2**31),
    reasoning_effort=st.none() | st.sampled_from(["low", "high"]),
    json_schema=st.none() | st.just({"type": "object"}),
)
endpoints = st.builds(
    Endpoint,
    id=st.just(EndpointId("p/m")),
    model_id=st.just(ModelId("m")),
    provider_id=st.sampled_from([ProviderId("p"), ProviderId("openrouter")]),
    wire_name=st.sampled_from(["m", "lab/m", "models/m"]),
    rates=st.sampled_from([(), PRICES]),
    host=st.none() | st.just("host/fp8"),
    capabilities=st.frozensets(st.sampled_from(CAPABILITIES)),
)
FIELDS = [
    *("choices", "usage", "error", "message", "content", "text", "finish_reason", "model", "provider", "type"),
    *("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "cached_tokens", "cost"),
    *("completion_tokens_details", "reasoning_tokens", "is_byok", "cost_details", "upstream_inference_cost"),
    *("input_tokens", "output_tokens", "stop_reason", "cache_creation", "cache_read_input_tokens", "refusal"),
    *("candidates", "parts", "usageMetadata", "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"),
    *("finishReason", "promptFeedback", "blockReason", "details", "retryDelay", "violations", "code", "status"),
]
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
bodies = st.dictionaries(
    st.sampled_from(FIELDS),
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
        max_leaves=12,
    ),
    max_size=5,
).map(lambda body: json.dumps(body).encode(errors="replace"))


def make_dialect(name: str) -> Dialect:
    dialect: Dialect = lookup("dialect", name).cls()
    return dialect


def good_bodies(n_tokens: int) -> dict[str, dict[str, Any]]:
    """A success of every built-in format, all counts `n_tokens`."""
    return {
        "openai_chat": {
            "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": n_tokens,
                "completion_tokens": n_tokens,
                "prompt_tokens_details": {"cached_tokens": n_tokens, "cache_write_tokens": n_tokens},
                "completion_tokens_details": {"reasoning_tokens": n_tokens},
            },
        },
        "anthropic_messages": {
            "content": [{"type": "text", "text": "yes"}],
            "stop_reason": "end_turn",
            "usage": {
                "input_tokens": n_tokens,
                "output_tokens": n_tokens,
                "cache_creation_input_tokens": n_tokens,
                "cache_creation": {"ephemeral_1h_input_tokens": n_tokens},
            },
        },
        "google_generate": {
            "candidates": [{"content": {"parts": [{"text": "yes"}]}, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": n_tokens,
                "cachedContentTokenCount": n_tokens,
                "candidatesTokenCount": n_tokens,
                "thoughtsTokenCount": n_tokens,
            },
        },
    }


def is_sound(reply: Reply) -> bool:
    values = [getattr(reply.usage, field.name) for field in fields(reply.usage)]
    return isinstance(reply.status, Status) and all(value is None or value >= 0 for value in values)


@pytest.mark.parametrize("name", DIALECTS)
@given(request=requests, endpoint=endpoints)
def test_encode_is_pure_and_holds_no_key(name: str, request: ModelRequest, endpoint: Endpoint) -> None:
    first, again = make_dialect(name).encode(request, endpoint), make_dialect(name).encode(request, endpoint)
    assert first == again
    assert isinstance(json.loads(first.body), dict)
    assert first.path.startswith("/")
    assert "?" not in first.path
    assert not {header.lower() for header in first.headers} & {"authorization", "x-api-key", "x-goog-api-key"}


def said(body: object) -> str:
    """All texts of a request, wherever they stand, in the order of the format."""
    if isinstance(body, dict):
        told = [said(value) for key, value in body.items() if key in TEXT_FIELDS or isinstance(value, dict | list)]
        return "".join(told)
    return "".join(map(said, body)) if isinstance(body, list) else body if isinstance(body, str) else ""


@pytest.mark.parametrize("name", DIALECTS)
@given(request=requests, endpoint=endpoints)
def test_a_mark_changes_neither_the_words_nor_the_key(name: str, request: ModelRequest, endpoint: Endpoint) -> None:
    wire = make_dialect(name).encode(request, endpoint)
    marked = wire.marked
    assert said(json.loads(marked.body)) == said(json.loads(wire.body))
    assert (marked.key_body or marked.body) == (wire.key_body or wire.body)
    assert marked.marked.body == marked.body
    assert wire.marked_body is None or wire.prefix


@pytest.mark.parametrize("name", DIALECTS)
@given(body=st.binary(max_size=200) | bodies)
def test_decode_raises_only_value_error(name: str, body: bytes) -> None:
    try:
        reply = make_dialect(name).decode(RawReply(http_status=200, body=body))
    except ValueError:
        return
    assert is_sound(reply)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("body", [b'{"x":' + b"[" * 100_000, b'{"usage":{"prompt_tokens":1e999}}', b"", b"null", b"[]"])
def test_decode_refuses_nonsense(name: str, body: bytes) -> None:
    with pytest.raises(ValueError, match="reply: expected"):
        make_dialect(name).decode(RawReply(http_status=200, body=body))


@pytest.mark.parametrize("name", DIALECTS)
@given(
    body=st.binary(max_size=200) | bodies,
    status=st.sampled_from(STATUSES),
    wait=st.none()
    | st.text(max_size=12)
    | st.sampled_from(["nan", "-1", "1e400", "3", "Mon, 23 Nov 2026 10:00:00 GMT"]),
    is_sent=st.booleans(),
)
def test_classify_never_raises(name: str, body: bytes, status: int, wait: str | None, is_sent: bool) -> None:
    headers = {} if wait is None else {"retry-after": wait, "date": "Mon, 23 Nov 2026 09:59:30 GMT"}
    raw = RawReply(http_status=status, body=body, headers=headers, is_sent=is_sent)
    retry = make_dialect(name).classify(raw)
    assert retry.kind in RETRY_KINDS
    assert retry.wait_s is None or 0 <= retry.wait_s <= 900


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_server_error_is_transient(name: str, status: int) -> None:
    assert make_dialect(name).classify(RawReply(http_status=status, body=b"<html>")).kind == "transient"


@pytest.mark.parametrize("name", sorted(good_bodies(0)))
@given(n_tokens=st.integers(-(10**12), 10**12))
def test_usage_is_never_negative(name: str, n_tokens: int) -> None:
    body = json.dumps(good_bodies(n_tokens)[name]).encode()
    assert is_sound(make_dialect(name).decode(RawReply(http_status=200, body=body)))


@pytest.mark.parametrize("name", sorted(good_bodies(0)))
@given(extra=st.dictionaries(st.text(min_size=1, max_size=8).map("x_".__add__), leaves, max_size=3))
def test_unknown_fields_are_ignored(name: str, extra: dict[str, Any]) -> None:
    plain = good_bodies(5)[name]
    replies = [
        make_dialect(name).decode(RawReply(http_status=200, body=json.dumps(body).encode()))
        for body in (plain, {**extra, **plain})
    ]
    assert replies[0] == replies[1]
    assert (replies[0].text, replies[0].status) == ("yes", Status.OK)


@given(cost=st.decimals(min_value=0, max_value=1000, places=20))
def test_a_reported_cost_is_exact(cost: Decimal) -> None:
    body = good_bodies(1)["openai_chat"]
    text = json.dumps(body).replace('"usage": {', f'"usage": {{"cost": {cost:f}, ')
    reply = make_dialect("openai_chat").decode(RawReply(http_status=200, body=text.encode()))
    assert reply.usage.reported_usd == cost


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_a_value(name: str) -> None:
    dialect = make_dialect(name)
    assert pickle.loads(pickle.dumps(dialect)) == dialect  # noqa: S301 - our own bytes
    assert lookup("dialect", name).source
