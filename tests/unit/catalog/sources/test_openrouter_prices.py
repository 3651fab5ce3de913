from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.catalog.price import dearest_prices, prices_at
from modelsearch.catalog.sources.openrouter_prices import SOURCE, rates_of
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint

TODAY = date(2026, 11, 23)
BASE = {"prompt": "0.000001", "completion": "0.000004"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)


def endpoint_of(**pricing: Any) -> Endpoint:
    return Endpoint(
        id=EndpointId("e"),
        model_id=ModelId("m"),
        provider_id=ProviderId("openrouter"),
        wire_name="acme/m",
        rates=rates_of(BASE | pricing, TODAY),
    )


def prices(endpoint: Endpoint, *, at: datetime = NOON, n: int = 100) -> dict[str, Decimal | None]:
    return {str(kind): usd for kind, usd in prices_at(endpoint, at=at, prompt_tokens=n).items()}


def test_a_price_a_token_becomes_a_price_a_million_exactly() -> None:
    assert prices(endpoint_of(prompt="0.00000015")) == {"input": Decimal("0.15"), "output": Decimal(4)}


def test_every_kind_that_we_bill_and_no_other() -> None:
    told = {
        "internal_reasoning": "0.000005",
        "input_cache_read": "0.0000001",
        "input_cache_write": "0.00000125",
        "input_cache_write_1h": "0.000002",
        "request": "0.005",
        "image": "0.1",
        "web_search": "0.01",
        "brand_new": "9",
    }
    found = prices(endpoint_of(**told))
    assert found == {
        "input": Decimal(1),
        "output": Decimal(4),
        "reasoning": Decimal(5),
        "cache_read": Decimal("0.1"),
        "cache_write_5m": Decimal("1.25"),
        "cache_write_1h": Decimal(2),
        "request": Decimal("0.005"),
    }
    assert {(rate.per, rate.source) for rate in endpoint_of(request="0.005").rates if rate.kind == "request"} == {
        ("call", SOURCE)
    }


@pytest.mark.parametrize("price", ["-1", "-0.000001", "NaN", "Infinity", "1e999999999", "0.01", "0", "free", True, [1]])
def test_a_price_that_cannot_be_right_is_unknown_and_never_zero(price: object) -> None:
    assert prices(endpoint_of(prompt=price))["input"] is None


def test_a_router_without_prices_of_its_own_is_of_unknown_price() -> None:
    assert prices(endpoint_of(prompt="-1", completion="-1")) == {"input": None, "output": None}
    assert all(rate.usd is None for rate in rates_of({}, TODAY))


def test_zero_for_anything_but_tokens_means_not_billed_apart() -> None:
    assert set(prices(endpoint_of(internal_reasoning="0", input_cache_read="0", request="0"))) == {"input", "output"}


def test_an_unknown_fee_stays_unknown() -> None:
    assert prices(endpoint_of(request="-1"))["request"] is None


def test_a_cache_dearer_than_input_is_unknown() -> None:
    assert prices(endpoint_of(input_cache_read="0.000002"))["cache_read"] is None


@pytest.mark.parametrize(
    ("discount", "usd"),
    [(Decimal("0.25"), "0.75"), ("0.5", "0.5"), (0, "1"), (1, "1"), (Decimal("-0.5"), "1"), (7, "1"), ("x", "1")],
)
def test_a_discount_is_taken_off_where_it_is_a_share(discount: object, usd: str) -> None:
    assert prices(endpoint_of(discount=discount))["input"] == Decimal(usd)


def test_a_long_prompt_moves_to_its_own_prices_and_inherits_the_others() -> None:
    endpoint = endpoint_of(overrides=[{"min_prompt_tokens": 200_000, "prompt": "0.000002"}])
    assert prices(endpoint, n=200_000)["input"] == Decimal(1)
    assert prices(endpoint, n=200_001) == {"input": Decimal(2), "output": Decimal(4)}
    assert dearest_prices(endpoint, NOON, max_prompt_tokens=1000)["input"] == Decimal(1)


def test_a_time_of_day_is_kept() -> None:
    endpoint = endpoint_of(overrides=[{"utc_start": "0100", "utc_end": 400, "prompt": "0.0000005"}])
    assert prices(endpoint, at=NIGHT)["input"] == Decimal("0.5")
    assert prices(endpoint)["input"] == Decimal(1)


def test_the_later_of_two_entries_with_one_condition_wins() -> None:
    twins = [{"min_prompt_tokens": 10, "prompt": "0.000002"}, {"min_prompt_tokens": 10, "prompt": "0.000003"}]
    assert prices(endpoint_of(overrides=twins), n=11)["input"] == Decimal(3)


@pytest.mark.parametrize(
    "condition",
    [
        {"utc_days": ["mon"]},
        {"utc_start": "0100"},
        {"utc_start": "9900", "utc_end": "0100"},
        {"moon": "full"},
        {"min_prompt_tokens": "many"},
    ],
)
def test_a_condition_beyond_our_rows_counts_only_where_it_is_dearer(condition: dict[str, object]) -> None:
    cheaper = endpoint_of(overrides=[{**condition, "prompt": "0.0000001", "completion": "0.000009"}])
    assert prices(cheaper) == {"input": Decimal(1), "output": Decimal(9)}


def test_an_entry_without_condition_replaces_the_base() -> None:
    assert prices(endpoint_of(overrides=[{"prompt": "0.000003"}, 5]))["input"] == Decimal(3)
    assert prices(endpoint_of(overrides={"prompt": "0.000003"}))["input"] == Decimal(1)
