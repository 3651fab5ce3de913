from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings

from modelsearch.catalog.load import is_live, load_market
from modelsearch.catalog.overlay import OTHER, family_of, overlaid
from modelsearch.catalog.price import prices_at
from modelsearch.catalog.price_rows import new_rows
from modelsearch.core.ids import EndpointId, ModelId
from modelsearch.core.market import Family, Market, Provider
from modelsearch.core.offering import CatalogRecord, CatalogState
from tests.unit.catalog.folders import FILES
from tests.unit.catalog.offerings import DAY, NOW, STATES, offering, rates, state


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = tmp_path_factory.mktemp("catalogs")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load_market(folder, as_of=DAY)


def price(market: Market, endpoint: str, at: datetime = NOW) -> Decimal | None:
    return prices_at(market.endpoints[EndpointId(endpoint)], at=at, prompt_tokens=1)["input"]


@settings(max_examples=50, deadline=None)
@given(found=STATES)
def test_nothing_of_the_files_is_lost(market: Market, found: CatalogState) -> None:
    over = overlaid(market, found)
    assert over.endpoints.keys() >= market.endpoints.keys()
    assert over.providers == market.providers
    for name, own in market.endpoints.items():
        assert over.endpoints[name].rates[: len(own.rates)] == own.rates
        assert over.endpoints[name].capabilities >= own.capabilities
        assert over.endpoints[name].model_id == own.model_id
    for model_id, model in market.models.items():
        assert over.models[model_id].scores == model.scores
    assert all(
        each.provider_id in market.providers and each.model_id in over.models for each in over.endpoints.values()
    )


def test_a_repriced_endpoint_keeps_its_price_of_days_past(market: Market) -> None:
    over = overlaid(market, state(offering(rates=rates("0.5", "2"))))
    assert price(over, "acme/m-1") == Decimal("0.5")
    assert price(over, "acme/m-1", NOW - timedelta(days=1)) == 1


def test_a_new_endpoint_brings_its_model_with_its_family(market: Market) -> None:
    new = offering(
        "acme/vendor/m-9", model_id=ModelId("m-9"), context_tokens=9, capabilities=frozenset({"tools"}), params_b=9.0,
        released=date(2026, 11, 1), is_open_weights=True,
    )  # fmt: skip
    over = overlaid(market, state(new))
    endpoint, model = over.endpoints[EndpointId("acme/vendor/m-9")], over.models[ModelId("m-9")]
    assert (endpoint.context_tokens, endpoint.capabilities, endpoint.wire_name) == (
        9,
        frozenset({"tools"}),
        "vendor/m-9",
    )
    assert (model.family, model.params_b, model.released, model.is_open_weights) == (
        "fam",
        9.0,
        date(2026, 11, 1),
        True,
    )
    assert price(over, "acme/vendor/m-9") == 1


def test_providers_that_the_files_do_not_know_are_left_out_and_our_own_machines_alone(market: Market) -> None:
    local = next(p.id for p in market.providers.values() if p.pricing_class == "local")
    over = overlaid(market, state(offering("nobody/m-1"), offering(f"{local}/m-77", rates=rates("9", "9"))))
    assert over == market


def test_what_costs_nothing_is_left_out(market: Market) -> None:
    assert overlaid(market, state(offering("acme/m-9:free", rates=rates("0", "0")))) == market


def test_what_is_gone_stays_with_its_price_and_its_last_day(market: Market) -> None:
    last = DAY - timedelta(days=1)
    gone = {EndpointId(n): offering(n, is_live=False, deprecated_on=last) for n in ("acme/m-1", "acme/m-8")}
    rows = new_rows((), state(offering("acme/m-8")), DAY - timedelta(days=9))
    over = overlaid(market, CatalogRecord(state=state(), prices=rows, gone=gone))
    for name in gone:
        assert not is_live(over.endpoints[name], DAY)
        assert is_live(over.endpoints[name], last)
        assert price(over, name) == 1


def test_what_answers_no_more_ended_yesterday_and_what_came_back_is_live(market: Market) -> None:
    over = overlaid(market, state(offering(is_live=False)))
    assert over.endpoints[EndpointId("acme/m-1")].deprecated_on == DAY - timedelta(days=1)
    back = {EndpointId("acme/m-1"): offering(deprecated_on=date(2026, 1, 1), is_live=False)}
    again = overlaid(market, CatalogRecord(state=state(offering()), gone=back))
    assert again.endpoints[EndpointId("acme/m-1")].deprecated_on is None


def test_a_listing_that_takes_an_endpoint_for_another_model_makes_no_model(market: Market) -> None:
    over = overlaid(market, state(offering(model_id=ModelId("m-1-turbo"), params_b=77.0)))
    assert over.models == market.models


def test_the_longest_prefix_tells_the_family() -> None:
    families = (Family(id="gpt", prefixes=("gpt",)), Family(id="gpt_mini", prefixes=("gpt-5-mini",)))
    assert family_of("gpt-5-mini-2", families) == "gpt_mini"
    assert family_of("openai/GPT-9", families) == "gpt"
    assert family_of("unheard-of", families) == OTHER


def test_the_whole_installed_catalogue_takes_a_state_of_itself_without_a_change_of_price() -> None:
    market = load_market(Path(__file__).parents[3] / "catalogs", as_of=DAY)
    own = [
        offering(e.id, model_id=e.model_id, rates=tuple(replace(r, source="list") for r in e.rates))
        for e in market.endpoints.values()
        if isinstance(market.providers[e.provider_id], Provider)
    ]
    over = overlaid(market, state(*own))
    at = datetime(DAY.year, DAY.month, DAY.day, 23, tzinfo=UTC)
    for name, endpoint in market.endpoints.items():
        was = prices_at(endpoint, at=at, prompt_tokens=1)
        assert prices_at(over.endpoints[name], at=at, prompt_tokens=1) == was
        assert over.endpoints[name].rates == endpoint.rates
