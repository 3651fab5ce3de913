from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats
from modelsearch.core.task import Requirements
from modelsearch.search.rankers.constraints_first import ConstraintsFirst
from modelsearch.testing.factories import make_task, make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.1, 0.05]
GOOD = [1.0] * 8


def _rank(score: list[list[float]], wanted: dict[str, Any] | None = None, **parts: Any) -> Floats:
    task = make_task(len(score[0]), requirements=Requirements(**(wanted or {})))
    switched_on = parts.pop("objectives", ("cost",))
    view = make_view(score, task=task, list_cost_usd=COSTS, cost_usd=COSTS, **parts)
    return ConstraintsFirst(objectives=switched_on).rank(view)


def test_the_cheapest_that_is_good_enough_comes_first() -> None:
    merit = _rank([GOOD, GOOD, GOOD, [0.0] * 8])
    assert np.argsort(-merit).tolist() == [2, 1, 0, 3]
    assert merit[3] < 0 <= merit[:3].min()


def test_without_outcomes_costs_decide() -> None:
    assert np.argsort(-_rank([[NAN] * 8] * 4)).tolist() == [3, 2, 1, 0]


def test_within_the_margin_is_good_enough() -> None:
    one_less = [0.0, *[1.0] * 99]
    merit = _rank([[1.0] * 100, one_less, [0.0] * 3 + [1.0] * 97, [NAN] * 100])
    assert merit[1] >= 0 > merit[2]


def test_objectives_are_switched_on_and_off() -> None:
    seconds = [1.0, 5.0, 9.0, 2.0]
    latency = _rank([GOOD] * 4, objectives=("latency",), latency_s=seconds)
    assert np.argsort(-latency).tolist() == [0, 3, 1, 2]
    both = _rank([GOOD] * 4, objectives=("cost", "latency"), latency_s=seconds)
    np.testing.assert_allclose(both, [(0 + 1) / 2, (1 / 3 + 1 / 3) / 2, (2 / 3 + 0) / 2, (1 + 2 / 3) / 2])


def test_quality_switched_on_wants_more_than_enough() -> None:
    half = [1.0, 0.0] * 4
    merit = _rank([half, half, GOOD, half], objectives=("quality",))
    assert np.argmax(merit) == 2
    np.testing.assert_allclose(merit, [0, 0, 1, 0])


def test_fewer_broken_limits_first_then_the_smaller_excess() -> None:
    wanted = {"max_latency_s": 4.0, "max_cost_usd_per_1k": Decimal(150)}
    merit = _rank([GOOD] * 4, wanted, latency_s=[5.0, 1.0, 6.0, 8.0])
    assert merit[0] < merit[3] < merit[2] < merit[1] < 0


def test_what_is_not_known_breaks_nothing_and_takes_the_middle() -> None:
    score = [GOOD, GOOD, GOOD, [NAN] * 8]
    merit = _rank(score, {"min_quality": 0.5, "max_latency_s": 9.0}, objectives=("latency",), latency_s=[1, 2, 3, 4])
    assert merit[3] == 0.5


@pytest.mark.parametrize("chosen", [(), ("cost", "cost"), ("speed",), "cost", None])
def test_bad_objectives_are_refused(chosen: Any) -> None:
    with pytest.raises(PlanError, match="objectives of ConstraintsFirst: expected some of cost"):
        ConstraintsFirst(objectives=chosen)


def test_a_list_from_a_plan_file_is_taken() -> None:
    chosen: Any = ["cost", "latency"]
    assert ConstraintsFirst(objectives=chosen) == ConstraintsFirst(objectives=("cost", "latency"))
