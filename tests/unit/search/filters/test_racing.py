from typing import Literal

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.outcome import Status
from modelsearch.core.search import SearchView
from modelsearch.search.filters.racing import Racing
from modelsearch.testing.factories import make_view

NAN = float("nan")


def _view(n_worse: int, n_bought: int, n_items: int = 200, margin: float = 0.02) -> SearchView:
    """A baseline that is always right and a candidate that is wrong on its first items."""
    columns = np.arange(n_items)
    other = np.where(columns < n_bought, columns >= n_worse, NAN)
    return make_view(np.vstack([np.ones(n_items), other]), margin=margin)


def _is_dropped(view: SearchView, bound: Literal["t", "bernstein"] = "t") -> bool:
    return len(Racing(bound=bound).drop(view)) == 1


def test_clearly_worse_goes_with_its_numbers() -> None:
    (drop,) = Racing().drop(_view(30, 60))
    assert drop.candidate_id == "m01"
    assert "gap -0.500" in drop.reason
    assert "on 60 shared items" in drop.reason
    assert drop.evidence["gap_high"] < -0.02
    assert drop.evidence["n_pairs"] == 60


def test_ties_few_items_and_doubt_stay() -> None:
    assert not _is_dropped(_view(0, 60))
    assert not _is_dropped(_view(7, 7))
    assert not _is_dropped(_view(3, 60))


def test_a_wider_margin_keeps_more() -> None:
    assert _is_dropped(_view(12, 60, margin=0.02))
    assert not _is_dropped(_view(12, 60, margin=0.15))


def test_bernstein_wants_more() -> None:
    assert not _is_dropped(_view(20, 30), "bernstein")
    assert _is_dropped(_view(100, 150), "bernstein")


def test_at_the_last_item_only_the_truth_counts() -> None:
    assert _is_dropped(_view(5, 200))
    assert not _is_dropped(_view(4, 200))


def test_who_never_answers_leaves() -> None:
    statuses: list[list[Status | None]] = [[Status.OK] * 20, [Status.ERROR] * 8 + [None] * 12]
    view = make_view(np.vstack([np.ones(20), np.full(20, NAN)]), statuses=statuses)
    (drop,) = Racing().drop(view)
    assert drop.reason == "none of 8 calls gave anything to score"


def test_a_good_candidate_survives_a_whole_race() -> None:
    """Equal candidates, looked at every 8 items at 99 %: lost in few of 100 races."""
    rng = np.random.default_rng(2)
    n_rows, n_items = 100, 160
    base = (rng.random(n_items) < 0.7).astype(float)
    rows = np.where(rng.random((n_rows, n_items)) < 0.2, rng.random((n_rows, n_items)) < 0.7, base).astype(float)
    is_good = (rows - base).mean(axis=1) >= -0.02
    gone = set()
    for n_bought in range(8, n_items, 8):
        score = np.vstack([base, np.where(np.arange(n_items) < n_bought, rows, NAN)])
        gone |= {drop.candidate_id for drop in Racing().drop(make_view(score))}
    ids = make_view(np.vstack([base, rows])).pool[1:]
    lost = [c for c, good in zip(ids, is_good, strict=True) if good and c in gone]
    assert len(lost) <= 0.05 * is_good.sum()


@pytest.mark.parametrize("params", [{"confidence": 1.0}, {"min_items": 1}, {"bound": "hoeffding"}])
def test_bad_parameters_are_refused(params: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="of Racing: expected"):
        Racing(**params)  # type: ignore[arg-type]
