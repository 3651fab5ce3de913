from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import data, types

from modelsearch.catalog.price import prices_at
from modelsearch.catalog.sources.genai_prices import PROVIDERS, listing_of
from modelsearch.core.errors import CatalogError, PriceUnknownError
from modelsearch.core.market import Endpoint
from modelsearch.core.offering import Offering
from tests.unit.catalog.sources.payloads import NOW, genai, packed, providers_of_the_catalogue

PRICES = {"input_mtok": 10, "output_mtok": 50, "cache_read_mtok": "1.0", "web_searches_kcount": 10}
KINDS = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read"}


def only(**told: Any) -> Offering:
    (one,) = listing_of(genai(openai=[{"id": "one", "prices": PRICES, **told}]), observed_at=NOW).offerings
    return one


def plain(one: Offering) -> dict[tuple[str, str, int], Decimal | None]:
    return {(rate.kind, rate.processing, rate.min_prompt_tokens): rate.usd for rate in one.rates}


def test_prices_and_context_are_read() -> None:
    one = only(context_window=64000)
    assert (one.endpoint_id, one.context_tokens) == ("openai/one", 64000)
    assert plain(one) == {("input", "standard", 0): 10, ("output", "standard", 0): 50, ("cache_read", "standard", 0): 1}


def test_tiers_move_the_whole_call() -> None:
    one = only(
        prices={
            "input_mtok": {"base": 1, "tiers": [{"start": 200000, "price": 2}, {"start": 100, "price": 1.5}]},
            "output_mtok": 6,
        }
    )
    assert plain(one) == {
        ("input", "standard", 0): 1,
        ("output", "standard", 0): 6,
        ("input", "standard", 100): Decimal("1.5"),
        ("output", "standard", 100): 6,
        ("input", "standard", 200000): 2,
        ("output", "standard", 200000): 6,
    }


def test_of_dated_prices_the_newest_that_has_begun_holds() -> None:
    one = only(
        prices=[
            {"prices": PRICES},
            {"constraint": {"start_date": "2026-11-20"}, "prices": {**PRICES, "input_mtok": 8}},
            {"constraint": {"start_date": "2026-11-21"}, "prices": {**PRICES, "input_mtok": 6}},
        ]
    )
    assert plain(one)["input", "standard", 0] == 8


def test_hours_have_rows_of_their_own_and_unknown_conditions_are_left_out() -> None:
    one = only(
        prices=[
            {"prices": PRICES},
            {
                "constraint": {"start_time": "01:00:00Z", "end_time": "04:00:00Z"},
                "prices": {"input_mtok": 20, "output_mtok": 100},
            },
            {"constraint": {"weekday": "Sunday"}, "prices": {"input_mtok": 1, "output_mtok": 1}},
            {"constraint": {"start_time": "01:00:00+02:00", "end_time": "04:00"}, "prices": {"input_mtok": 1}},
        ]
    )
    assert {rate.utc_window for rate in one.rates} == {None, ("0100", "0400")}
    assert {rate.usd for rate in one.rates if rate.utc_window} == {20, 100}


def test_batch_is_the_variant_that_says_just_that() -> None:
    one = only(
        price_variants=[
            {"when": {"processing": "batch", "speed": "fast"}, "prices": {"input_mtok": 1, "output_mtok": 1}},
            {"when": {"processing": "batch"}, "prices": {"input_mtok": 5, "output_mtok": 25}},
            {"when": {"processing": "batch"}, "constraint": {"start_date": "2099-01-01"}, "prices": {"input_mtok": 1}},
        ]
    )
    assert {key: usd for key, usd in plain(one).items() if key[1] == "batch"} == {
        ("input", "batch", 0): 5,
        ("output", "batch", 0): 25,
    }


def test_retired_models_and_other_providers_are_left_out() -> None:
    body = genai(openai=[{"id": "old", "prices": PRICES, "deprecated": True}, {"id": None}], nobody=[{"id": "x"}])
    told = listing_of(body, observed_at=NOW)
    assert told.offerings == ()
    assert len(told.problems) == 1


@pytest.mark.parametrize("value", [{}, None, "x", 3, {"data": []}])
def test_another_payload_is_refused(value: object) -> None:
    with pytest.raises(CatalogError, match="source genai-prices: expected a list of providers"):
        listing_of(packed(value), observed_at=NOW)


def test_every_provider_named_is_one_of_the_catalogue() -> None:
    assert set(PROVIDERS.values()) <= providers_of_the_catalogue()


def as_json(price: Any) -> Any:
    if isinstance(price, Decimal):
        return str(price)
    return {"base": str(price.base), "tiers": [{"start": t.start, "price": str(t.price)} for t in price.tiers]}


def prices_json(prices: Any) -> dict[str, Any]:
    return {key: as_json(value) for key, value in vars(prices).items() if not key.startswith("_") and value is not None}


def constraint_json(constraint: Any) -> dict[str, Any]:
    if constraint is None:
        return {}
    if isinstance(constraint, types.StartDateConstraint):
        return {"constraint": {"start_date": constraint.start_date.isoformat()}}
    times = {"start_time": constraint.start_time.isoformat(), "end_time": constraint.end_time.isoformat()}
    return {"constraint": times}


def model_json(model: Any) -> dict[str, Any]:
    conditions = model.prices if isinstance(model.prices, list) else None
    prices = (
        prices_json(model.prices)
        if conditions is None
        else [{**constraint_json(each.constraint), "prices": prices_json(each.prices)} for each in conditions]
    )
    variants = [
        {"when": each.when, "prices": prices_json(each.prices), **constraint_json(each.constraint)}
        for each in model.price_variants or ()
    ]
    return {"id": model.id, "prices": prices, "price_variants": variants}


@pytest.mark.parametrize("hour", [2, 5, 12])
def test_our_reading_of_its_data_gives_the_prices_that_the_package_gives(hour: int) -> None:
    """All models of five makers, at three hours, for short and long prompts, standard and in batch."""
    at = datetime(2026, 11, 20, hour, tzinfo=UTC)
    makers = [each for each in data.providers if each.id in ("anthropic", "openai", "google", "deepseek", "mistral")]
    models = {(maker.id, model.id): model for maker in makers for model in maker.models}
    body = packed([{"id": maker.id, "models": [model_json(model) for model in maker.models]} for maker in makers])
    told = listing_of(body, observed_at=at).offerings
    assert len(told) == len(models) > 200
    for each in told:
        endpoint = Endpoint(
            id=each.endpoint_id, model_id=each.model_id, provider_id=each.provider_id, wire_name="x", rates=each.rates
        )
        model = models[each.provider_id, each.wire_name]
        for n_tokens in (10, 250_000):
            theirs = model.get_prices(at)
            assert prices_of(endpoint, at, n_tokens) == package_prices(theirs, n_tokens), each.endpoint_id
            batch = package_prices(newest_batch(model, at.date()), n_tokens)
            if {"input", "output"} <= set(batch):
                assert prices_of(endpoint, at, n_tokens, is_batch=True) == batch, each.endpoint_id


def newest_batch(model: Any, day: date) -> Any:
    found = None
    for each in model.price_variants or ():
        if each.when == {"processing": "batch"} and (each.constraint is None or each.constraint.start_date <= day):
            found = each.prices
    return found


def prices_of(endpoint: Endpoint, at: datetime, n_tokens: int, *, is_batch: bool = False) -> dict[str, Decimal | None]:
    try:
        found = prices_at(endpoint, at=at, prompt_tokens=n_tokens, processing="batch" if is_batch else "standard")
    except PriceUnknownError:
        return {}
    return {kind: usd for kind, usd in found.items() if kind in KINDS.values() and usd is not None}


def package_prices(prices: Any, n_tokens: int) -> dict[str, Decimal]:
    found = {}
    for key, kind in KINDS.items():
        price = getattr(prices, key, None)
        if price is not None and not isinstance(price, Decimal):
            reached = [tier.price for tier in price.tiers if n_tokens > tier.start]
            price = reached[-1] if reached else price.base
        if price:
            found[kind] = price
    return found
