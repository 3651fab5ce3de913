from dataclasses import replace

import numpy as np

from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Status
from modelsearch.search.hosts import failed_shares, latencies
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")


def _market(providers: list[str], latency_s: list[float | None]) -> Market:
    plain = make_market(len(providers))
    endpoints = {
        EndpointId(name): replace(endpoint, provider_id=ProviderId(provider), recorded_latency_s=seen)
        for (name, endpoint), provider, seen in zip(plain.endpoints.items(), providers, latency_s, strict=True)
    }
    return replace(plain, endpoints=endpoints)


def test_failures_are_shrunk_to_the_provider_and_refusals_are_none() -> None:
    failed: list[Status | None] = [*[Status.ERROR] * 20, *[Status.OK] * 20]
    refused: list[Status | None] = [Status.REFUSED] * 40
    idle: list[Status | None] = [None] * 40
    score = np.where(np.array([[s is Status.OK for s in row] for row in (failed, refused, idle, idle)]), 1.0, NAN)
    view = make_view(score, statuses=[failed, refused, idle, idle], market=_market(["a", "b", "a", "c"], [None] * 4))
    of_a, of_b, idle_at_a, idle_at_c = failed_shares(view)
    assert 0.45 < of_a < 0.5
    assert of_b < 0.1
    assert of_b < idle_at_c == 0.25 < idle_at_a <= of_a


def test_nothing_bought_is_nothing_known() -> None:
    assert np.isnan(failed_shares(make_view(np.full((2, 4), NAN)))).all()


def test_what_was_bought_comes_before_what_the_catalogue_saw() -> None:
    score = np.array([[1.0, 1.0, 1.0], [NAN, NAN, NAN], [NAN, NAN, NAN]])
    view = make_view(score, latency_s=[2.0, 2.0, 2.0], market=_market(["a"] * 3, [9.0, 5.0, None]))
    np.testing.assert_array_equal(latencies(view), [2.0, 5.0, NAN])
