from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.catalog.sources.payload import joined
from modelsearch.catalog.sources.provider_listing import FILLS, listing_of
from modelsearch.core.errors import CatalogError
from modelsearch.core.offering import Offering
from tests.unit.catalog.sources.payloads import NOW, packed, providers_of_the_catalogue


def all_of(source: str, *rows: Any, key: str = "data") -> tuple[Offering, ...]:
    return listing_of(packed({"object": "list", key: rows}), observed_at=NOW, source=source).offerings


def test_openai_tells_names_and_last_days_and_nothing_else() -> None:
    one, two = all_of(
        "openai",
        {"id": "one-4", "object": "model", "created": 1770000000, "owned_by": "openai", "shutdown_date": None},
        {"id": "one-3", "object": "model", "created": 1700000000, "shutdown_date": "2026-12-01"},
    )
    assert (one.endpoint_id, one.source, one.provider_id) == ("openai/one-4", "openai", "openai")
    assert (one.deprecated_on, two.deprecated_on) == (None, date(2026, 12, 1))
    assert (one.rates, one.capabilities, one.context_tokens, one.released) == ((), None, None, None)


@pytest.mark.parametrize(
    "name", ["text-embedding-9", "whisper-2", "one-tts", "dall-e-9", "one-realtime", "ft:one-4:my-firm::abc", "sora-9"]
)
def test_what_is_no_chat_model_and_what_is_the_clients_own_is_left_out(name: str) -> None:
    assert all_of("openai", {"id": name}) == ()


def test_anthropic_tells_limits_lifecycle_and_some_abilities() -> None:
    one, two = all_of(
        "anthropic",
        {
            "id": "opus-9",
            "type": "model",
            "created_at": "2026-08-01T00:00:00Z",
            "max_input_tokens": 1000000,
            "max_tokens": 64000,
            "lifecycle": "deprecated",
            "retires_at": "2027-01-15T00:00:00Z",
            "capabilities": {
                "structured_outputs": {"supported": True},
                "thinking": {"supported": False},
                "batch": None,
            },
        },
        {"id": "opus-3", "created_at": "1970-01-01T00:00:00Z", "lifecycle": {"status": "retired"}},
    )
    assert (one.context_tokens, one.max_output_tokens, one.released) == (1000000, 64000, date(2026, 8, 1))
    assert (one.deprecated_on, one.is_live, one.capabilities) == (date(2027, 1, 15), True, frozenset({"json_schema"}))
    assert (two.is_live, two.released, two.capabilities) == (False, None, None)


def test_google_names_lose_their_prefix_and_only_generators_stay() -> None:
    (one,) = all_of(
        "google",
        {
            "name": "models/gem-9-pro",
            "version": "002",
            "inputTokenLimit": 1048576,
            "outputTokenLimit": 65536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
            "thinking": True,
        },
        {"name": "models/gem-vectors", "supportedGenerationMethods": ["embedContent"]},
        key="models",
    )
    assert (one.wire_name, one.revision, one.context_tokens, one.max_output_tokens) == (
        "gem-9-pro",
        "002",
        1048576,
        65536,
    )
    assert one.capabilities == frozenset({"reasoning"})


def test_mistral_aliases_have_the_dated_name_as_their_revision() -> None:
    able = {"completion_chat": True, "function_calling": True, "reasoning": False}
    rows = [
        {"id": name, "aliases": [other], "capabilities": able, "max_context_length": 131072, "deprecation": None}
        for name, other in (("big-latest", "big-2512"), ("big-2512", "big-latest"))
    ]
    alias, dated = all_of("mistral", *rows)
    assert (alias.revision, dated.revision) == ("big-2512", "big-2512")
    assert (alias.context_tokens, alias.capabilities) == (131072, frozenset({"tools"}))


def test_mistral_leaves_out_what_does_not_chat_and_what_is_tuned() -> None:
    left = all_of(
        "mistral",
        {"id": "reader", "capabilities": {"completion_chat": False}},
        {"id": "mine", "type": "fine-tuned"},
        {"id": "old-2402", "archived": True, "deprecation": "2026-11-30T12:00:00Z"},
    )
    assert [(one.wire_name, one.is_live, one.deprecated_on) for one in left] == [
        ("old-2402", False, date(2026, 11, 30))
    ]


def test_groq_tells_whether_a_model_is_active() -> None:
    on, off = all_of(
        "groq",
        {"id": "fast-8b", "active": True, "context_window": 131072, "max_completion_tokens": 8192},
        {"id": "fast-2b", "active": False},
    )
    assert (on.is_live, on.context_tokens, on.max_output_tokens, off.is_live) == (True, 131072, 8192, False)


def test_together_tells_prices_bare_or_wrapped_and_zero_is_unknown() -> None:
    rows = [
        {"id": "acme/One-70B", "type": "chat", "context_length": 8192, "pricing": {"input": 0.88, "output": 0.9}},
        {"id": "acme/Own", "type": "language", "pricing": {"input": 0, "output": 0, "hourly": 3}},
        {"id": "acme/Draw", "type": "image", "pricing": {"input": 1, "output": 1}},
        {"id": "acme/New", "pricing": {"input": 1, "output": 2, "cachedInput": 0.1}},
    ]
    for body in (packed(rows), packed({"data": rows})):
        one, own, new = listing_of(body, observed_at=NOW, source="together").offerings
        assert {rate.kind: rate.usd for rate in one.rates} == {"input": Decimal("0.88"), "output": Decimal("0.9")}
        assert {rate.usd for rate in own.rates} == {None}
        assert {rate.kind: rate.usd for rate in new.rates}["cache_read"] == Decimal("0.1")


def test_deepseek_tells_names() -> None:
    (one,) = all_of("deepseek", {"id": "seek-9", "object": "model", "owned_by": "deepseek"})
    assert one.endpoint_id == "deepseek/seek-9"


@pytest.mark.parametrize("source", sorted(FILLS))
def test_rows_without_anything_else_and_bad_rows_do_no_harm(source: str) -> None:
    row = {"name" if source == "google" else "id": "some-chat"}
    key = "models" if source == "google" else "data"
    body = packed({key: [row, {}, None, 7, {"id": ["x"], "name": {}}]})
    told = listing_of(body, observed_at=NOW, source=source)
    assert [one.wire_name for one in told.offerings] == ["some-chat"]
    assert len(told.problems) == 4


@pytest.mark.parametrize("source", sorted(FILLS))
@pytest.mark.parametrize("value", [{}, None, "x", {"data": {}}, {"models": 3}, {"error": "no"}])
def test_another_payload_is_refused(source: str, value: object) -> None:
    with pytest.raises(CatalogError, match=f"source {source}: expected"):
        listing_of(packed(value), observed_at=NOW, source=source)


def test_pages_are_joined_and_the_provider_is_one_of_the_catalogue() -> None:
    body = joined([packed({"data": [{"id": "a"}]}), packed({"data": [{"id": "b"}]})])
    assert [one.wire_name for one in listing_of(body, observed_at=NOW, source="anthropic").offerings] == ["a", "b"]
    assert set(FILLS) <= providers_of_the_catalogue()
