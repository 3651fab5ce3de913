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


def test_a_rung_of_halving_spends_its_share_of_the_dollars() -> None:
    costs = [0.4, 0.3, 0.2, 0.1]
    view = make_view([[NAN] * 100] * 4, list_cost_usd=costs, cost_usd=costs, spend_left_usd=60.0)
    # three candidates down to one: three rungs, 20 USD each, 1 USD for an item of all
    asked = {p.candidate_id: len(p.item_ids) for p in RoundRobin(halving=2.0, min_left=1).ask(view)}
    assert asked == {"m00": 20, "m01": 20, "m02": 20, "m03": 20}


def test_later_rungs_go_deeper_for_the_same_dollars() -> None:
    costs, seen = [0.4, 0.3, 0.2, 0.1], [[1.0] * 20 + [NAN] * 180] * 4
    strategy, depths = RoundRobin(halving=2.0, min_left=1), []
    for pool, left_usd in ([0, 2, 3], 40.0), ([0, 3], 20.0):
        view = make_view(seen, list_cost_usd=costs, cost_usd=costs, pool=pool, spend_left_usd=left_usd)
        depths.append(max(len(p.item_ids) for p in strategy.ask(view)))
    assert depths == [28, 40]  # 20 USD over 0.7 an item, then over 0.5: the last rung has everything left


def test_a_rung_is_at_least_a_step() -> None:
    costs = [0.4, 0.3, 0.2, 0.1]
    view = make_view([[NAN] * 100] * 4, list_cost_usd=costs, cost_usd=costs, spend_left_usd=9.0)
    assert {len(p.item_ids) for p in RoundRobin(step_items=5, halving=2.0, min_left=1).ask(view)} == {5}


def test_halving_by_one_is_refused() -> None:
    with pytest.raises(PlanError, match="halving of RoundRobin"):
        RoundRobin(halving=1.0)
