import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.search.samplers.round_robin import RoundRobin
from modelsearch.testing.factories import make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.1]


def _asked(strategy: RoundRobin, score: list[list[float]], **parts: float) -> dict[str, int]:
    view = make_view(score, list_cost_usd=COSTS, cost_usd=COSTS, **parts)  # type: ignore[arg-type]
    return {probe.candidate_id: len(probe.item_ids) for probe in strategy.ask(view)}


def test_all_go_one_step() -> None:
    assert _asked(RoundRobin(step_items=2), [[NAN] * 5] * 3) == {"m00": 2, "m01": 2, "m02": 2}


def test_who_is_behind_catches_up_first() -> None:
    score = [[1.0, 1.0, 1.0, NAN, NAN], [1.0, NAN, NAN, NAN, NAN], [1.0, 1.0, NAN, NAN, NAN]]
    assert _asked(RoundRobin(step_items=2), score) == {"m01": 2, "m02": 1}


def test_money_cuts_the_step_for_all_alike() -> None:
    assert _asked(RoundRobin(step_items=4), [[NAN] * 5] * 3, spend_left_usd=1.5) == {"m00": 2, "m01": 2, "m02": 2}


def test_it_ends_at_its_depth() -> None:
    assert _asked(RoundRobin(step_items=4, max_items=3), [[1.0, 1.0, 1.0, NAN]] * 3) == {}


def test_a_step_of_nothing_is_refused() -> None:
    with pytest.raises(PlanError, match="step_items of RoundRobin"):
        RoundRobin(step_items=0)
    assert np.isfinite(RoundRobin().step_items)
