import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats
from modelsearch.search.samplers.ucb import Ucb
from modelsearch.testing.factories import make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.1, 0.05]


def score_of(*n_right: int, n_bought: int = 40, n_items: int = 80) -> Floats:
    columns = np.arange(n_items)
    rows = [np.where(columns < n_bought, (columns < n) * 1.0, NAN) for n in n_right]
    return np.array(rows)


def asked(strategy: Ucb, score: Floats, **parts: float) -> list[str]:
    view = make_view(score, list_cost_usd=COSTS, cost_usd=COSTS, **parts)  # type: ignore[arg-type]
    return [probe.candidate_id for probe in strategy.ask(view) if probe.candidate_id != "m00"]


def test_unseen_ones_go_first_the_cheapest_before_all() -> None:
    assert asked(Ucb(n_candidates=2), np.full((4, 40), NAN)) == ["m03", "m02"]


def test_who_cannot_reach_the_baseline_any_more_is_not_pulled() -> None:
    assert asked(Ucb(), score_of(32, 31, 4, 3)) == ["m01"]


def test_more_optimism_goes_on_with_the_worse() -> None:
    score = score_of(32, 31, 30, 22)
    assert "m03" not in asked(Ucb(exploration=1.0), score)
    assert "m03" in asked(Ucb(exploration=100.0), score)


def test_a_cheaper_equal_one_is_pulled_before_a_dearer() -> None:
    assert asked(Ucb(n_candidates=1), score_of(32, 32, 32, 32)) == ["m03"]


def test_pulls_are_batches_beside_the_baseline_along_the_order() -> None:
    view = make_view(score_of(32, 31, 4, 3), list_cost_usd=COSTS, cost_usd=COSTS)
    for probe in Ucb(growth=1.5).ask(view):
        assert probe.item_ids == view.setting.item_ids[40:60]
        assert probe.p_draw is None


def test_a_small_promise_is_not_worth_its_money() -> None:
    score = score_of(45, 46, 4, 48, n_bought=60)
    assert asked(Ucb(), score) == ["m03"]
    assert asked(Ucb(min_gain=0.3), score) == []


@pytest.mark.parametrize("bad", [{"exploration": 0.0}, {"growth": 1.0}, {"first_items": 0}, {"min_gain": 2.0}])
def test_parameters_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlanError, match=f"{next(iter(bad))} of Ucb"):
        Ucb(**bad)  # type: ignore[arg-type]
