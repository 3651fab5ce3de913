import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.search import SearchView
from modelsearch.search.filters.pareto_dominated import ParetoDominated
from modelsearch.testing.factories import make_view

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
