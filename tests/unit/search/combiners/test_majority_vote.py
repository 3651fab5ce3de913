from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble
from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.search.voting import vote_scores
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

COSTS = [1.0, 0.2, 0.2, 0.2, 0.5]


def _complementary(n_items: int = 30) -> Floats:
    """A baseline that is right on all, three that are wrong on another third each, one that is mostly wrong."""
    columns = np.arange(n_items)
    thirds = [(columns % 3 != third).astype(np.float64) for third in range(3)]
    return np.vstack([np.ones(n_items), *thirds, columns % 5 == 0])


def _view(scores: Floats, costs: list[float] | None = None) -> SearchView:
    return make_view(scores, answers=texts(scores), cost_usd=COSTS if costs is None else costs)


def _members(view: SearchView, **params: float) -> list[list[str]]:
    return [[m.id for m in vote.members] for vote in MajorityVote(**{"min_items": 8} | params).combine(view)]  # type: ignore[arg-type]


def test_members_that_err_on_different_items_vote_together() -> None:
    assert _members(_view(_complementary())) == [["m01", "m02", "m03"]]


def test_a_vote_that_costs_too_much_is_none() -> None:
    assert _members(_view(_complementary(), [1.0, 0.3, 0.3, 0.3, 0.5])) == []
    assert _members(_view(_complementary(), [1.0, 0.3, 0.3, 0.3, 0.5]), max_cost_share=0.95) == [["m01", "m02", "m03"]]


def test_equal_members_gain_nothing() -> None:
    scores = _complementary()
    scores[2] = scores[3] = scores[1]
    assert _members(_view(scores)) == []


def test_a_member_as_good_as_the_baseline_serves_alone() -> None:
    scores = _complementary()
    scores[0] = scores[1]
    assert _members(_view(scores)) == []


def test_known_votes_are_not_proposed_again() -> None:
    scores = _complementary()
    (vote,) = MajorityVote(min_items=8).combine(_view(scores))
    blank = np.vstack([scores, np.full(scores.shape[1], np.nan)])
    view = make_view(blank, answers=texts(blank), cost_usd=[*COSTS, 0.6], composites=[vote])
    assert _members(view) == []


def test_without_answers_there_is_no_vote() -> None:
    assert MajorityVote(min_items=8).combine(make_view(_complementary(), cost_usd=COSTS)) == ()


def test_answers_that_are_no_equal_text_are_not_put_to_a_vote() -> None:
    view = _view(_complementary())
    free_text = replace(view, setting=replace(view.setting, is_votable=False))
    assert _members(view)
    assert _members(free_text) == []


def test_few_shared_items_and_the_limit_on_all_give_nothing() -> None:
    assert _members(_view(_complementary(6))) == []
    assert _members(_view(_complementary()), max_total=0) == []


def test_the_plurality_decides_and_ties_go_to_the_better() -> None:
    answers = np.array([[0, 0, -1, 2, -1], [1, 1, -1, 1, -1], [1, 2, 3, -1, -1]], dtype=np.int32)
    scores = np.array([[0.9, 0.8, 0.0, 0.7, 0.0], [0.1, 0.2, 0.0, 0.3, 0.0], [0.1, 0.5, 0.6, 0.0, 0.0]])
    np.testing.assert_allclose(vote_scores(answers, scores, 0.25), [0.1, 0.8, 0.6, 0.7, 0.25])


def test_the_order_of_members_does_not_matter() -> None:
    (vote,) = MajorityVote(min_items=8).combine(_view(_complementary()))
    assert Ensemble(members=vote.members[::-1]).id == vote.id


def test_six_members_are_refused() -> None:
    with pytest.raises(PlanError, match=r"n_members of MajorityVote: expected an integer in 2\.\.5"):
        MajorityVote(n_members=6)
