"""Money: rounding, refusals, and the arithmetic against genai-prices as a second opinion."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.load import load_market
from modelsearch.catalog.price import prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market, Processing, RateKind
from modelsearch.core.money import call_cost_usd, round_usd, usd
from modelsearch.core.outcome import Usage

CATALOGS = Path(__file__).resolve().parents[3] / "catalogs"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEAK = datetime(2026, 11, 23, 2, tzinfo=UTC)
MTOK: Mapping[RateKind, Decimal | None] = {"input": Decimal(2), "output": Decimal(8)}


@cache
def _market() -> Market:
    return load_market(CATALOGS, as_of=date(2026, 11, 23))


def _ours(endpoint_id: str, usage: Usage, *, at: datetime = NOON, processing: Processing = "standard") -> Decimal:
    endpoint = _market().endpoints[EndpointId(endpoint_id)]
    return call_cost_usd(usage, prices_at(endpoint, at=at, prompt_tokens=usage.prompt_tokens, processing=processing))


def _theirs(endpoint_id: str, usage: Usage, *, at: datetime = NOON, processing: str = "standard") -> Decimal:
    provider, _, wire = endpoint_id.partition("/")
    counts: dict[str, Any] = {
        "input_tokens": usage.prompt_tokens,
        "cache_read_tokens": usage.cache_read_tokens or None,
        "cache_write_tokens": usage.cache_write_5m_tokens or None,
        "output_tokens": usage.output_tokens,
    }
    context = {"processing": processing} if processing != "standard" else None
    quote = genai_prices.calc_price(
        genai_prices.Usage(**counts),
        wire,
        provider_id={"xai": "x-ai"}.get(provider, provider),
        genai_request_timestamp=at,
        price_context=context,
    )
    return quote.total_price


PLAIN = Usage(input_tokens=100_000, output_tokens=1_000)
CACHED = Usage(input_tokens=10_000, cache_read_tokens=80_000, cache_write_5m_tokens=10_000, output_tokens=1_000)


@pytest.mark.parametrize(
    ("endpoint_id", "usage", "processing", "expected"),
    [
        ("anthropic/claude-sonnet-4-5", PLAIN, "standard", "0.315"),
        ("anthropic/claude-sonnet-4-5", CACHED, "standard", "0.1065"),
        ("anthropic/claude-sonnet-4-5", CACHED, "batch", "0.05325"),
        ("openai/gpt-4o", PLAIN, "batch", "0.13"),
        ("google/gemini-2.5-pro", Usage(input_tokens=200_000, output_tokens=1_000), "standard", "0.26"),
        ("google/gemini-2.5-pro", Usage(input_tokens=300_000, output_tokens=1_000), "standard", "0.765"),
    ],
)
def test_known_calls_cost_what_is_known(endpoint_id: str, usage: Usage, processing: Processing, expected: str) -> None:
    assert _ours(endpoint_id, usage, processing=processing) == Decimal(expected)
    assert _theirs(endpoint_id, usage, processing=processing) == Decimal(expected)


@pytest.mark.parametrize("at", [NOON, PEAK], ids=["off peak", "peak"])
@pytest.mark.parametrize(
    "endpoint_id",
    [
        "openai/gpt-4o-mini",
        "openai/gpt-4.1",
        "openai/gpt-5.4",
        "openai/gpt-6-sol",
        "openai/o3",
        "anthropic/claude-haiku-4-5",
        "anthropic/claude-haiku-5-5",
        "anthropic/claude-opus-5-5",
        "google/gemini-3.1-pro-preview",
        "google/gemini-3.8-flash",
        "deepseek/deepseek-flash",
        "deepseek/deepseek-v4-pro",
        "xai/grok-4.7",
        "mistral/mistral-large-2512",
        "groq/openai/gpt-oss-120b",
        "moonshotai/kimi-k3",
    ],
)
@pytest.mark.parametrize("n_input", [1_000, 150_000, 300_000])
def test_first_party_prices_agree_with_genai_prices(endpoint_id: str, n_input: int, at: datetime) -> None:
    usage = Usage(input_tokens=n_input - 500, cache_read_tokens=500, output_tokens=700)
    assert _ours(endpoint_id, usage, at=at) == _theirs(endpoint_id, usage, at=at)


def test_an_old_price_is_kept_for_old_spend() -> None:
    usage = Usage(input_tokens=1_000_000)
    old, new = datetime(2026, 8, 16, 12, tzinfo=UTC), datetime(2026, 8, 17, 12, tzinfo=UTC)
    assert _ours("deepseek/deepseek-v4-pro", usage, at=old) == Decimal("0.435")
    assert _ours("deepseek/deepseek-v4-pro", usage, at=new) == Decimal("0.66")


def test_a_batch_quote_without_a_batch_rate_is_an_error() -> None:
    with pytest.raises(PriceUnknownError, match="batch"):
        _ours("openrouter/openai/gpt-4o-mini", PLAIN, processing="batch")


def test_the_cheapest_calls_are_exact() -> None:
    usage = Usage(input_tokens=1)
    assert call_cost_usd(usage, {"input": Decimal("0.017")}) == Decimal("1.7e-8")


@pytest.mark.parametrize(("amount", "rounded"), [("5e-13", "0"), ("15e-13", "2e-12"), ("25e-13", "2e-12")])
def test_half_a_picodollar_goes_to_the_even_side(amount: str, rounded: str) -> None:
    assert round_usd(Decimal(amount)) == Decimal(rounded)


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-1", "", "five", float("nan"), float("inf"), -0.01, Decimal(-1), "1e400"]
)
def test_what_is_no_amount_is_refused(value: float | str | Decimal) -> None:
    with pytest.raises(ValueError, match="amount in USD: expected"):
        usd(value)


@pytest.mark.parametrize(("value", "amount"), [(0.1, "0.1"), (" 5 ", "5"), (5, "5"), ("1e-3", "0.001")])
def test_an_amount_is_what_is_written(value: float | str, amount: str) -> None:
    assert usd(value) == Decimal(amount)


def test_what_the_provider_reports_wins() -> None:
    assert call_cost_usd(Usage(input_tokens=5, reported_usd=Decimal("0.7")), {}) == Decimal("0.7")


def test_hidden_reasoning_is_billed_as_output_and_cache_as_input() -> None:
    usage = Usage(reasoning_tokens=1_000_000, cache_read_tokens=500_000)
    assert call_cost_usd(usage, MTOK) == 9
    assert call_cost_usd(usage, {**MTOK, "reasoning": Decimal(3), "cache_read": Decimal(1)}) == Decimal("3.5")


@pytest.mark.parametrize("kind", ["cache_read", "cache_write_5m", "cache_write_1h"])
def test_cached_input_of_unknown_price_counts_as_plain_input(kind: RateKind) -> None:
    usage = Usage(input_tokens=1, cache_read_tokens=1, cache_write_5m_tokens=1, cache_write_1h_tokens=1)
    known: Mapping[RateKind, Decimal | None] = {
        "input": Decimal(8), "cache_read": Decimal(1), "cache_write_5m": Decimal(10), "cache_write_1h": Decimal(16),
    }  # fmt: skip
    told = known[kind]
    assert told is not None
    difference = call_cost_usd(usage, {**known, kind: None}) - call_cost_usd(usage, known)
    assert difference == (8 - told) / 1_000_000


@pytest.mark.parametrize("prices", [{}, {"output": Decimal(1)}, {"input": None}])
def test_tokens_of_unknown_price_are_an_error(prices: Mapping[RateKind, Decimal | None]) -> None:
    with pytest.raises(PriceUnknownError):
        call_cost_usd(Usage(input_tokens=1, cache_read_tokens=1), prices)


def test_fees_and_seconds_are_not_per_million() -> None:
    usage = Usage(compute_s=Decimal("2.5"))
    prices: Mapping[RateKind, Decimal | None] = {"request": Decimal("0.01"), "compute_second": Decimal("0.002")}
    assert call_cost_usd(usage, prices) == Decimal("0.015")
    assert call_cost_usd(usage, {}) == 0


def test_a_fee_of_unknown_price_is_an_error() -> None:
    with pytest.raises(PriceUnknownError, match="request"):
        call_cost_usd(Usage(), {"request": None})


_counts = st.integers(0, 10**7)
_usages = st.builds(
    Usage, input_tokens=_counts, output_tokens=_counts, reasoning_tokens=_counts, cache_read_tokens=_counts
)


@given(a=_usages, b=_usages)
def test_the_cost_of_two_usages_is_the_sum(a: Usage, b: Usage) -> None:
    both = Usage(
        input_tokens=a.input_tokens + b.input_tokens,
        output_tokens=a.output_tokens + b.output_tokens,
        reasoning_tokens=a.reasoning_tokens + b.reasoning_tokens,
        cache_read_tokens=a.cache_read_tokens + b.cache_read_tokens,
    )
    assert call_cost_usd(both, MTOK) == call_cost_usd(a, MTOK) + call_cost_usd(b, MTOK)


@given(amount=st.decimals(min_value=0, max_value=10**9, places=14))
def test_rounding_is_idempotent_and_at_most_half_a_place_off(amount: Decimal) -> None:
    rounded = round_usd(amount)
    assert round_usd(rounded) == rounded
    assert abs(rounded - amount) <= Decimal("5e-13")
