from dataclasses import replace

import numpy as np

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Family
from modelsearch.core.outcome import Status
from modelsearch.core.search import SearchView
from modelsearch.core.task import Requirements
from modelsearch.search.filters.cheapest_endpoint import CheapestEndpoint
from modelsearch.testing.factories import make_market, make_task, make_view

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


def _hosted(providers: list[str], quantization: str | None) -> SearchView:
    """m00 is the dear baseline; the others serve the model of family f0, whose maker p1 serves nothing else."""
    costs = [0.9, 0.3, 0.1, 0.2, 0.25]
    market = make_market(len(costs), list_cost_usd=costs)
    endpoints = {
        name: replace(e, model_id=ModelId("m03"), quantization=quantization, provider_id=ProviderId(providers[row]))
        for row, (name, e) in enumerate(market.endpoints.items())
    }
    extra = {
        EndpointId(f"{p}/{model}"): replace(next(iter(endpoints.values())), id=EndpointId(f"{p}/{model}"),
                                            model_id=ModelId(model), provider_id=ProviderId(p))
        for p, model in [("hub", "m01"), ("hub", "m02"), ("hub", "m04"), ("maker", "m00")]
    }  # fmt: skip
    families = {"f0": Family(id="f0"), "f0_child": Family(id="f0_child", lineage="f0")}
    models = {name: replace(m, family="f0_child" if name == "m03" else m.family) for name, m in market.models.items()}
    market = replace(market, endpoints={**endpoints, **extra}, families=families, models=models)
    return make_view(np.full((len(costs), 2), NAN), list_cost_usd=costs, market=market)


def test_of_unknown_precision_the_makers_endpoint_stays_beside_the_cheapest() -> None:
    assert _dropped(_hosted(["hub", "maker", "hub", "hub", "maker"], None)) == ["m03", "m01"]
    assert _dropped(_hosted(["hub", "hub", "hub", "hub", "hub"], None)) == ["m03", "m04", "m01"]


def test_of_known_precision_the_cheapest_is_enough() -> None:
    assert _dropped(_hosted(["hub", "maker", "hub", "hub", "maker"], "bf16")) == ["m03", "m04", "m01"]


def test_a_host_that_fails_often_comes_after_a_dearer_one() -> None:
    view = _view([0.9, 0.1, 0.2], ["fp8"] * 3)
    failed: list[Status | None] = [Status.ERROR] * 30
    works: list[Status | None] = [Status.OK] * 30
    score = np.where(np.array([[False] * 30, [False] * 30, [True] * 30]), 1.0, NAN)
    idle: list[Status | None] = [None] * 30
    tried = make_view(score, statuses=[idle, failed, works], list_cost_usd=[0.9, 0.1, 0.2], market=view.setting.market)
    (drop,) = CheapestEndpoint().drop(tried)
    assert drop.candidate_id == "m01"
    assert drop.reason == "89% of its calls come to nothing, and m02 serves the same model"
    assert [d.candidate_id for d in CheapestEndpoint(max_failed_share=1.0).drop(tried)] == ["m02"]


def test_a_host_too_slow_for_the_client_comes_last() -> None:
    market = _view([0.9, 0.1, 0.2], ["fp8"] * 3).setting.market
    slow = {EndpointId("m01"): replace(market.endpoints[EndpointId("m01")], recorded_latency_s=9.0)}
    market = replace(market, endpoints={**market.endpoints, **slow})
    task = make_task(2, requirements=Requirements(max_latency_s=5.0))
    view = make_view(np.full((3, 2), NAN), list_cost_usd=[0.9, 0.1, 0.2], market=market, task=task)
    assert _dropped(view) == ["m01"]
    assert _dropped(make_view(np.full((3, 2), NAN), list_cost_usd=[0.9, 0.1, 0.2], market=market)) == ["m02"]
