from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market, Rate
from modelsearch.core.task import Requirements
from modelsearch.search.filters.price_ceiling import PriceCeiling
from modelsearch.testing.factories import make_market, make_setting, make_task, make_view

NAN = float("nan")


def _dropped(strategy: PriceCeiling, **parts: object) -> dict[str, str]:
    view = make_view(np.full((4, 5), NAN), **parts)  # type: ignore[arg-type]
    return {drop.candidate_id: drop.reason for drop in strategy.drop(view)}


STRICT = PriceCeiling(list_slack=1.0)


def test_dearer_equal_and_unknown_go() -> None:
    found = _dropped(STRICT, list_cost_usd=[0.002, 0.002, 0.0019, NAN])
    assert set(found) == {"m01", "m03"}
    assert "2 USD per 1,000 items" in found["m01"]
    assert "price unknown" in found["m03"]


def test_the_clients_limit_is_per_thousand() -> None:
    task = make_task(5, requirements=Requirements(max_cost_usd_per_1k=Decimal("1.5")))
    found = _dropped(PriceCeiling(), list_cost_usd=[0.004, 0.0014, 0.0015, 0.0016], task=task)
    assert set(found) == {"m03"}
    assert "limit of 1.5" in found["m03"]


def test_slack_keeps_the_slightly_dearer() -> None:
    assert set(_dropped(PriceCeiling(max_share=2.0, list_slack=1.0), list_cost_usd=[0.002, 0.003, 0.004, 0.001])) == {
        "m02"
    }


def test_a_baseline_without_price_sets_no_ceiling() -> None:
    assert _dropped(PriceCeiling(), list_cost_usd=[NAN, 9.0, 1.0, 1.0]) == {}


def test_hidden_tokens_of_the_baseline_raise_the_ceiling_once_seen() -> None:
    score = np.vstack([np.ones(30), np.full(30, NAN)])
    parts = {"cost_usd": [0.02, 0.005], "list_cost_usd": [0.004, 0.005]}
    assert [d.candidate_id for d in STRICT.drop(make_view(np.full((2, 30), NAN), **parts))] == ["m01"]  # type: ignore[arg-type]
    assert not STRICT.drop(make_view(score, **parts))  # type: ignore[arg-type]


def test_list_prices_get_slack_until_both_sides_are_bought() -> None:
    costs = [0.002, 0.0039, 0.004, 0.001]
    assert set(_dropped(PriceCeiling(), list_cost_usd=costs)) == {"m02"}
    assert set(_dropped(STRICT, list_cost_usd=costs)) == {"m01", "m02"}
    score = np.array([[1.0, 1.0], [1.0, NAN], [NAN, NAN], [NAN, NAN]])
    bought = make_view(score, list_cost_usd=costs, cost_usd=costs)
    assert {drop.candidate_id for drop in PriceCeiling().drop(bought)} == {"m01", "m02"}


def test_costs_that_are_known_get_no_slack() -> None:
    setting = replace(make_setting(2, 5, list_cost_usd=[0.002, 0.003]), is_cost_known=True)
    assert len(PriceCeiling().drop(make_view(np.full((2, 5), NAN), setting=setting))) == 1


def test_a_slack_below_one_is_refused() -> None:
    with pytest.raises(PlanError, match="list_slack of PriceCeiling"):
        PriceCeiling(list_slack=0.5)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(PlanError, match="max_share of PriceCeiling"):
        PriceCeiling(max_share=0.0)


def _timed(*names: str) -> Market:
    """Four endpoints of equal list cost; those named bill compute seconds as well."""
    market, second = make_market(4), Rate(kind="compute_second", usd=Decimal("0.1"), per="second")
    bills = {EndpointId(name): replace(market.endpoints[EndpointId(name)], rates=(second,)) for name in names}
    return replace(market, endpoints={**market.endpoints, **bills})


def test_a_guess_of_seconds_drops_nobody_and_sets_no_ceiling() -> None:
    equal = [0.002] * 4
    assert set(_dropped(STRICT, list_cost_usd=equal, market=_timed("m01"))) == {"m02", "m03"}
    assert _dropped(STRICT, list_cost_usd=equal, market=_timed("m00")) == {}
    assert set(_dropped(PriceCeiling(), list_cost_usd=[0.002, NAN, 0.001, 0.001], market=_timed("m01"))) == {"m01"}


def test_seconds_that_were_bought_count_like_any_price() -> None:
    market = _timed("m00", "m01", "m02", "m03")
    view = make_view(np.ones((4, 5)), cost_usd=[0.02, 0.03, 0.01, 0.02], list_cost_usd=[0.002] * 4, market=market)
    assert {drop.candidate_id for drop in PriceCeiling().drop(view)} == {"m01", "m03"}
