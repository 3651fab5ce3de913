from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import EndpointId, ModelId
from modelsearch.core.outcome import Status
from modelsearch.core.search import SearchView
from modelsearch.search.rankers.host_quality import HostQuality
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")
N_ITEMS = 40


def _view(costs: list[float], bits: list[str | None], latency_s: list[float | None], n_failed: list[int]) -> SearchView:
    """m00 serves a model of its own; all others serve m01. Failures are of the 40 calls bought of each."""
    plain = make_market(len(costs), list_cost_usd=costs)
    endpoints = {
        EndpointId(name): replace(e, model_id=ModelId("m01" if n else "m00"), quantization=b, recorded_latency_s=seen)
        for n, ((name, e), b, seen) in enumerate(zip(plain.endpoints.items(), bits, latency_s, strict=True))
    }
    score = np.full((len(costs), N_ITEMS), NAN)
    statuses: list[list[Status | None]] = [[None] * N_ITEMS for _ in costs]
    if any(n_failed):
        statuses = [[*[Status.ERROR] * n, *[Status.OK] * (N_ITEMS - n)] for n in n_failed]
    return make_view(
        score, statuses=statuses, list_cost_usd=costs, market=replace(plain, endpoints=endpoints), latency_s=NAN
    )


def _merit(view: SearchView, **weights: float) -> list[float]:
    return [round(float(merit), 6) for merit in HostQuality(weights=weights).rank(view)]


def test_each_term_by_itself() -> None:
    view = _view([0.9, 0.1, 0.2, 0.4], [None, "fp8", None, "bf16"], [1.0, 4.0, None, 2.0], [0, 0, 0, 0])
    np.testing.assert_array_equal(_merit(view, price=1.0), [NAN, 1.0, 0.5, 0.25])
    np.testing.assert_array_equal(_merit(view, latency=1.0), [NAN, 0.5, NAN, 1.0])
    np.testing.assert_array_equal(_merit(view, precision=1.0), [NAN, 0.5, NAN, 1.0])
    assert np.isnan(_merit(view, reliability=1.0)).all()


def test_unknown_terms_are_left_out() -> None:
    view = _view([0.9, 0.1, 0.2, 0.4], [None, "fp8", None, "bf16"], [1.0, 4.0, None, 2.0], [0, 0, 0, 0])
    np.testing.assert_array_equal(_merit(view, price=1.0, precision=1.0), [NAN, 0.75, 0.5, 0.625])


def test_a_host_that_fails_comes_last() -> None:
    view = _view([0.9, 0.1, 0.1], [None] * 3, [None] * 3, [0, 0, 30])
    _, good, bad = _merit(view, reliability=1.0)
    assert good > 0.9
    assert bad < 0.5


def test_free_hosts_tie() -> None:
    assert _merit(_view([0.9, 0.0, 0.0], [None] * 3, [None] * 3, [0, 0, 0]), price=1.0)[1:] == [1.0, 1.0]


@pytest.mark.parametrize("weights", [{"colour": 1.0}, {"price": -1.0}])
def test_weights_are_checked(weights: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="weights of HostQuality"):
        HostQuality(weights=weights)
