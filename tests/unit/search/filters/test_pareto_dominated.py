from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import PlanError
from modelsearch.core.market import Score
from modelsearch.core.search import SearchView
from modelsearch.core.task import Requirements
from modelsearch.search.filters.pareto_dominated import ParetoDominated
from modelsearch.testing.factories import make_market, make_task, make_view

NAN = float("nan")


def _view(means: list[float], n_bought: int, n_items: int = 100, **parts: object) -> SearchView:
    """Candidates whose first items are right, so that each has its mean exactly."""
    columns = np.arange(n_items)
    rows = [np.where(columns < n_bought, columns < round(mean * n_bought), NAN) for mean in means]
    return make_view(np.array(rows, dtype=np.float64), **parts)  # type: ignore[arg-type]


def _dropped(view: SearchView, **params: float) -> list[str]:
    return [drop.candidate_id for drop in ParetoDominated(**params).drop(view)]  # type: ignore[arg-type]


def test_surely_worse_and_dearer_goes() -> None:
    assert _dropped(_view([0.9, 0.2, 0.9], 40)) == ["m01"]


def test_cheaper_stays_however_bad() -> None:
    assert _dropped(_view([0.9, 0.9, 0.0], 40)) == []


def test_few_items_judge_nobody() -> None:
    assert _dropped(_view([0.9, 0.0, 1.0], 7)) == []


def test_overlapping_intervals_judge_nobody() -> None:
    assert _dropped(_view([0.9, 0.6, 0.7], 20)) == []


def test_of_equal_cost_the_worse_goes() -> None:
    assert _dropped(_view([0.9, 0.9, 0.1], 40, cost_usd=[0.01] * 3)) == ["m02"]


def test_the_baseline_stays_and_dominates_nobody_cheaper() -> None:
    assert _dropped(_view([0.1, 0.9], 40)) == []


def test_evidence_holds_both_sides() -> None:
    (drop,) = ParetoDominated().drop(_view([0.9, 0.2, 0.9], 40))
    assert drop.evidence["quality_high"] < drop.evidence["dominator_quality_low"]
    assert drop.evidence["dominator_cost_usd_per_1k"] <= drop.evidence["cost_usd_per_1k"]
    assert "m02" in drop.reason


@settings(max_examples=30)
@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=7), st.integers(8, 60))
def test_who_dominates_is_never_dropped_with_the_dominated(means: list[float], n_bought: int) -> None:
    view = _view(means, n_bought)
    gone = set(_dropped(view))
    best = max(range(len(means)), key=lambda row: (round(means[row] * n_bought), row))
    assert view.candidates[best].id not in gone


def _with_costs(costs: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> SearchView:
    """The second candidate is much worse than the third; costs (3, 100) are of the bought 40 items."""
    return _view([0.9, 0.1, 0.9], 40, cost_usd=costs)


def test_who_may_well_be_dearer_dominates_nobody() -> None:
    """On average a little cheaper, item by item anything."""
    rng = np.random.default_rng(4)
    costs = np.full((3, 100), 0.02)
    costs[1], costs[2] = 0.01 * np.exp(rng.normal(0, 1, 100)), 0.0095 * np.exp(rng.normal(0, 1, 100))
    assert _dropped(_with_costs(costs)) == []


def test_costs_are_compared_item_by_item() -> None:
    """Long items cost a hundred times as much as short ones, but always a tenth less with the one than the other."""
    lengths = np.exp(np.random.default_rng(4).normal(0, 2, 100))
    assert _dropped(_with_costs(np.array([0.1 * lengths, 0.01 * lengths, 0.009 * lengths]))) == ["m01"]


def test_who_is_too_slow_for_the_client_dominates_nobody() -> None:
    means, seconds = [0.9, 0.1, 0.9], [1.0, 1.0, 9.0]
    task = make_task(100, requirements=Requirements(max_latency_s=5.0))
    assert _dropped(_view(means, 40, latency_s=seconds)) == ["m01"]
    assert _dropped(_view(means, 40, latency_s=seconds, task=task)) == []


def test_a_slower_one_dominates_nobody_where_latency_counts() -> None:
    view = _view([0.9, 0.1, 0.9], 40, latency_s=[1.0, 1.0, 2.0])
    assert _dropped(view) == ["m01"]
    assert [d.candidate_id for d in ParetoDominated(has_latency=True).drop(view)] == []
    quick = _view([0.9, 0.1, 0.9], 40, latency_s=[1.0, 1.0, 0.5])
    assert [d.candidate_id for d in ParetoDominated(has_latency=True).drop(quick)] == ["m01"]


def test_published_scores_drop_nobody() -> None:
    market = make_market(3)
    scores = [(Score(benchmark="b", metric="m", value=v),) for v in (0.9, 0.0, 1.0)]
    models = {k: replace(m, scores=s) for (k, m), s in zip(market.models.items(), scores, strict=True)}
    assert _dropped(make_view(np.full((3, 100), NAN), market=replace(market, models=models))) == []


@pytest.mark.slow
def test_who_is_truly_best_is_dropped_seldom() -> None:
    """200 worlds of 6 candidates looked at after 8, 16 and 32 items: the cheapest good one leaves in at most 1 %."""
    rng = np.random.default_rng(11)
    n_lost = 0
    for _ in range(200):
        abilities = rng.uniform(0.3, 0.9, 6)
        scores = (rng.random((6, 100)) < abilities[:, None]).astype(np.float64)
        true = scores.mean(axis=1)
        good = max(row for row in range(6) if true[row] >= true[0] - 0.02)
        gone: set[str] = set()
        for n_bought in (8, 16, 32):
            view = make_view(np.where(np.arange(100) < n_bought, scores, NAN))
            gone |= set(_dropped(view))
        n_lost += view.candidates[good].id in gone
    assert n_lost <= 2


def test_bad_parameters_are_refused() -> None:
    wrong: Any = 1
    with pytest.raises(PlanError, match="has_latency of ParetoDominated: expected true or false, got 1"):
        ParetoDominated(has_latency=wrong)
