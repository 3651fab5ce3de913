from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble
from modelsearch.core.search import SearchView
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.search.composing import bought
from modelsearch.search.proposing import Terms
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

TERMS = Terms(max_cost_share=0.8, min_items=5, min_gain=0.02, max_new=2, max_alive=3, max_total=4, every_rounds=2)


def _view(n_alive: int, n_gone: int = 0, turn: int = 0) -> SearchView:
    """Four singles and some votes of them; those gone come last."""
    scores = np.ones((4 + n_alive + n_gone, 20))
    blank = make_view(scores[:4])
    members = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    votes = [Ensemble(members=tuple(blank.candidates[m] for m in pair)) for pair in members]  # type: ignore[misc]
    return make_view(scores, composites=votes[: n_alive + n_gone], pool=range(4 + n_alive), round=turn)


@pytest.mark.parametrize(
    ("view", "n_wanted"),
    [(_view(0), 2), (_view(2), 1), (_view(3), 0), (_view(0, 3), 1), (_view(0, 4), 0), (_view(0, 0, 3), 0)],
)
def test_few_are_alive_few_ever_are_and_not_in_every_round(view: SearchView, n_wanted: int) -> None:
    assert TERMS.n_wanted(view) == n_wanted


def test_free_text_has_no_composites() -> None:
    view = _view(0)
    assert TERMS.n_wanted(replace(view, setting=replace(view.setting, is_votable=False))) == 0


def test_limits_are_shares_of_the_baselines_cost() -> None:
    view = make_view(np.ones((2, 20)), cost_usd=[2.0, 1.0], margin=0.05)
    found = bought(view, min_items=1)
    assert found is not None
    limits = TERMS.limits(view, found)
    assert limits is not None
    assert (limits.margin, limits.base_usd, limits.max_usd) == pytest.approx((0.05, 2.0, 1.6))


def test_nothing_is_cheaper_than_free() -> None:
    view = make_view(np.ones((2, 20)), cost_usd=[0.0, 0.0])
    found = bought(view, min_items=1)
    assert found is not None
    assert TERMS.limits(view, found) is None


def test_a_composite_that_was_dropped_is_not_proposed_again() -> None:
    columns = np.arange(60)
    scores = np.vstack([np.ones(60), *[(columns % 3 != third) for third in range(3)]]).astype(np.float64)
    costs = [1.0, 0.2, 0.2, 0.2]
    (vote,) = MajorityVote().combine(make_view(scores, answers=texts(scores), cost_usd=costs))
    blank = np.vstack([scores, np.full(60, np.nan)])
    gone = make_view(blank, answers=texts(blank), cost_usd=[*costs, 0.6], composites=[vote], pool=range(4))
    assert MajorityVote().combine(gone) == ()
