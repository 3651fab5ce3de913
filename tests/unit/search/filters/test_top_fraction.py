import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import SearchView
from modelsearch.search.filters.top_fraction import TopFraction
from modelsearch.testing.factories import make_view

NAN = float("nan")


def _view(n_right: list[int], n_bought: int = 20) -> SearchView:
    columns = np.arange(40)
    rows = [np.where(columns < n_bought, columns < n, NAN) for n in n_right]
    return make_view(np.array(rows, dtype=np.float64))


def _dropped(view: SearchView, **params: float) -> list[str]:
    return [drop.candidate_id for drop in TopFraction(**params).drop(view)]  # type: ignore[arg-type]


def test_the_worse_half_goes() -> None:
    assert _dropped(_view([15, 14, 3, 10, 5])) == ["m04", "m02"]


def test_good_enough_counts_alike_and_the_cheaper_stays() -> None:
    assert _dropped(_view([10, 20, 15, 10, 11]), min_left=1) == ["m02", "m01"]


def test_the_unjudged_stay_and_do_not_count() -> None:
    assert _dropped(_view([15, 14, 3, 10, 5], n_bought=7)) == []


def test_some_always_stay() -> None:
    assert _dropped(_view([15, 14, 3])) == []
    assert _dropped(_view([15, 14, 3]), min_left=1) == ["m02"]


def test_halving_ends_at_the_floor() -> None:
    view, n_left = _view([15] + [14 - n for n in range(12)]), 12
    pool = list(range(13))
    while gone := _dropped(view):
        pool = [row for row in pool if view.candidates[row].id not in gone]
        view = make_view(view.outcomes.score, pool=pool)
        n_left = len(pool) - 1
    assert n_left == 2


def test_a_fraction_above_one_is_refused() -> None:
    with pytest.raises(PlanError, match="fraction of TopFraction"):
        TopFraction(fraction=1.5)
