from collections import Counter

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.samplers.thompson import Thompson
from modelsearch.testing.factories import make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.2, 0.2]


def view_of(*n_right: int, n_bought: int = 40, seed: int = 0, costs: list[float] | None = None) -> SearchView:
    columns = np.arange(80)
    rows: list[Floats] = [np.where(columns < n_bought, (columns < n) * 1.0, NAN) for n in n_right]
    return make_view(np.array(rows), list_cost_usd=costs or COSTS, cost_usd=costs or COSTS, seed=seed)


def pulled(strategy: Thompson, n_views: int, *n_right: int, costs: list[float] | None = None) -> Counter[str]:
    """How often each candidate is pulled first, over seeds."""
    counts: Counter[str] = Counter()
    for seed in range(n_views):
        probes = strategy.ask(view_of(*n_right, seed=seed, costs=costs))
        counts.update(probe.candidate_id for probe in probes if probe.candidate_id != "m00")
    return counts


def test_the_likelier_best_is_pulled_more_often() -> None:
    counts = pulled(Thompson(rule="thompson", n_candidates=1), 40, 30, 29, 28, 5)
    assert counts["m01"] > 1.5 * counts["m02"] > 0
    assert counts["m03"] == 0


def test_top_two_pulls_the_challenger_oftener_than_thompson_does() -> None:
    alone = pulled(Thompson(rule="thompson", n_candidates=1), 40, 30, 30, 28, 5)
    both = pulled(Thompson(rule="top_two", n_candidates=1), 40, 30, 30, 28, 5)
    assert both["m02"] > alone["m02"] + 3


def test_dollars_and_not_pulls_are_shared_by_the_chance_to_be_best() -> None:
    counts = pulled(Thompson(rule="thompson", n_candidates=1), 30, 30, 30, 30, 5, costs=[0.4, 0.201, 0.2, 0.2])
    cheap = pulled(Thompson(rule="thompson", n_candidates=1), 30, 30, 30, 30, 5, costs=[0.4, 0.39, 0.02, 0.2])
    assert cheap["m02"] / max(cheap["m01"], 1) > counts["m02"] / max(counts["m01"], 1)


def test_another_seed_or_round_draws_anew_and_the_same_does_not() -> None:
    strategy = Thompson(n_candidates=1)
    first = [[p.candidate_id for p in strategy.ask(view_of(30, 29, 29, 29, seed=seed))] for seed in range(12)]
    again = [[p.candidate_id for p in strategy.ask(view_of(30, 29, 29, 29, seed=seed))] for seed in range(12)]
    assert first == again
    assert len({tuple(ids) for ids in first}) > 1


def test_batches_are_beside_the_baseline_along_the_order() -> None:
    view = view_of(30, 30, 5, 5)
    probes = Thompson(growth=1.5).ask(view)
    assert {p.candidate_id for p in probes} >= {"m00", "m01"}
    assert all(p.item_ids == view.setting.item_ids[40:60] and p.p_draw is None for p in probes)


def test_where_no_draw_shows_anybody_good_enough_nothing_is_asked() -> None:
    columns = np.arange(80)
    score = np.array([np.where(columns < 79, (columns < n) * 1.0, NAN) for n in (79, 2, 3, 4)])
    assert Thompson().ask(make_view(score, list_cost_usd=COSTS, cost_usd=COSTS)) == ()


@pytest.mark.parametrize("bad", [{"rule": "three"}, {"leader_share": 1.0}, {"n_draws": 1}, {"growth": 0.5}])
def test_parameters_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlanError, match=f"{next(iter(bad))} of Thompson"):
        Thompson(**bad)  # type: ignore[arg-type]
