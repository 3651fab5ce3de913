from dataclasses import replace

import numpy as np

from modelsearch.core.ids import EndpointId, ModelId
from modelsearch.core.search import SearchView
from modelsearch.search.filters.cheapest_endpoint import CheapestEndpoint
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")


def _view(costs: list[float], quantization: list[str | None], baseline: int = 0) -> SearchView:
    """All endpoints serve one model."""
    market = make_market(len(costs), list_cost_usd=costs)
    endpoints = {
        name: replace(endpoint, model_id=ModelId("m00"), quantization=quantization[row])
        for row, (name, endpoint) in enumerate(market.endpoints.items())
    }
    market = replace(market, endpoints=endpoints)
    return make_view(np.full((len(costs), 2), NAN), list_cost_usd=costs, market=market, baseline=baseline)


def _dropped(view: SearchView) -> list[str]:
    return [drop.candidate_id for drop in CheapestEndpoint().drop(view)]


def test_the_dearer_hosts_of_a_model_go() -> None:
    assert _dropped(_view([0.9, 0.3, 0.1, 0.2], ["fp8"] * 4)) == ["m03", "m01"]


def test_the_baseline_stays_and_so_does_its_cheapest_other_host() -> None:
    assert _dropped(_view([0.1, 0.3, 0.2], [None] * 3)) == ["m01"]


def test_precision_and_region_are_not_the_same_thing() -> None:
    assert _dropped(_view([0.9, 0.3, 0.1, 0.2], ["fp8", "fp8", "fp4", None])) == []


def test_equal_price_goes_by_id_and_unknown_takes_no_part() -> None:
    assert _dropped(_view([0.9, 0.2, 0.2, NAN], ["fp8"] * 4)) == ["m02"]


def test_the_reason_names_the_cheaper_host() -> None:
    (drop,) = CheapestEndpoint().drop(_view([0.9, 0.2, 0.1], ["fp8"] * 3))
    assert drop.reason.startswith("m02 serves the same model for 100 USD per 1,000 items")
    assert EndpointId("m02") in drop.remedy
