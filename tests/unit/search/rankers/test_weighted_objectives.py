from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.search import Floats
from modelsearch.core.task import Requirements
from modelsearch.search.rankers.weighted_objectives import WeightedObjectives
from modelsearch.testing.factories import make_task, make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.1]


def _rank(score: list[list[float]], wanted: dict[str, Any] | None = None, **parts: Any) -> Floats:
    task = make_task(len(score[0]), requirements=Requirements(**(wanted or {})))
    return WeightedObjectives().rank(make_view(score, task=task, list_cost_usd=COSTS, **parts))


def test_before_any_outcome_only_cost_speaks() -> None:
    np.testing.assert_allclose(_rank([[NAN]] * 3), [0.0, 0.5, 0.75])


def test_cost_and_quality_are_weighted_and_the_rest_renormalised() -> None:
    merit = _rank([[1.0, 1.0], [1.0, 0.0], [NAN, NAN]], cost_usd=COSTS)
    np.testing.assert_allclose(merit, [0.5, 0.5 * 0.5 + 0.5 * 0.5, 0.75])


def test_more_than_the_target_earns_nothing() -> None:
    low = _rank([[1.0, 0.0], [1.0, 1.0], [NAN, NAN]], cost_usd=COSTS)
    np.testing.assert_allclose(low[1], 0.5 * 0.5 + 0.5 * 1.0)


def test_latency_counts_only_with_a_limit() -> None:
    score = [[1.0, 1.0]] * 3
    plain = _rank(score, cost_usd=COSTS, latency_s=[1.0, 5.0, 1.0])
    limited = _rank(score, {"max_latency_s": 10.0}, cost_usd=COSTS, latency_s=[1.0, 5.0, 1.0])
    assert plain[1] == pytest.approx(0.75)
    assert limited[1] == pytest.approx(0.4 * 0.5 + 0.4 * 1.0 + 0.2 * 0.5)


@pytest.mark.parametrize(
    "wanted", [{"max_latency_s": 0.5}, {"min_quality": 0.9}, {"max_cost_usd_per_1k": Decimal(150)}]
)
def test_the_infeasible_come_last(wanted: dict[str, Any]) -> None:
    merit = _rank([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]], wanted, cost_usd=COSTS, latency_s=[0.1, 5.0, 0.1])
    assert merit[1] < merit[2] - 5


def test_below_the_baselines_quality_is_no_broken_limit() -> None:
    merit = _rank([[1.0, 1.0], [0.0, 0.0], [NAN, NAN]], cost_usd=COSTS)
    assert merit[1] == pytest.approx(0.5 * 0.5)


def test_a_vote_takes_as_long_as_its_slowest_member() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02")))
    score = [[1.0, 1.0]] * 3 + [[NAN, NAN]]
    seconds = [[1.0, 1.0], [2.0, 6.0], [4.0, 1.0], [NAN, NAN]]
    task = make_task(2, requirements=Requirements(max_latency_s=10.0, weights={"latency": 1.0}))
    view = make_view(score, task=task, list_cost_usd=COSTS, latency_s=seconds, composites=[vote])
    merit = dict(zip(view.pool, WeightedObjectives().rank(view), strict=True))
    assert merit[vote.id] == pytest.approx(1 - float(np.quantile([4.0, 6.0], 0.95)) / 10)
