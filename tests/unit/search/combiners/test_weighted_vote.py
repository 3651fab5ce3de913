import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.combiners.weighted_vote import WeightedVote, crossfitted_worth
from modelsearch.search.composing import bought
from modelsearch.search.voting import calibrations, quality_worth, vote_scores
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

N_ITEMS = 200
COSTS = [1.0, 0.2, 0.2, 0.2]


def _world(stretch: float = 1.0) -> tuple[Floats, Floats]:
    """Scores and confidences: three members whose chance of being right differs by item and is what they state.

    `stretch` multiplies the stated log-odds: 1 = calibrated, above = a boaster.
    """
    rng = np.random.default_rng(5)
    odds = rng.normal(0.8, 2.0, (3, N_ITEMS))
    chance = 1 / (1 + np.exp(-odds))
    scores = np.vstack([np.ones((1, N_ITEMS)), rng.random((3, N_ITEMS)) < chance]).astype(np.float64)
    return scores, np.vstack([np.full((1, N_ITEMS), np.nan), 1 / (1 + np.exp(-stretch * odds))])


def _view(scores: Floats, confidence: Floats, margin: float = 0.22) -> SearchView:
    answers = [["yes" if s == 1 else "no" for s in row] for row in scores]
    return make_view(scores, answers=answers, cost_usd=COSTS, confidence=confidence, margin=margin)


def test_sure_members_outvote_unsure_ones_and_the_evaluation_counts_alike() -> None:
    (found,) = WeightedVote().combine(_view(*_world()))
    assert (found.rule, len(found.members)) == ("confidence", 3)
    assert all(0.6 < weight < 1.6 for weight in found.weights)
    assert all(abs(offset) < 0.6 for offset in found.offsets)


def test_a_boaster_is_taken_at_what_it_gets_right() -> None:
    view = _view(*_world(stretch=4.0))
    found = bought(view, min_items=1)
    assert found is not None
    slopes, offsets = calibrations(found, np.ones(N_ITEMS, dtype=np.bool_), 2)
    assert all(0.15 < slope < 0.5 for slope in slopes[1:])
    assert all(abs(offset) < 0.7 for offset in offsets[1:])


def test_weights_of_an_item_do_not_know_its_score() -> None:
    scores, confidence = _world()
    found = bought(_view(scores, confidence), min_items=1)
    flipped = scores.copy()
    flipped[1, 7] = 1.0 - flipped[1, 7]
    other = bought(_view(flipped, confidence), min_items=1)
    assert found is not None
    assert other is not None
    for by in ("confidence", "quality"):
        before, after = (crossfitted_worth(bought_, [1, 2, 3], 2, by) for bought_ in (found, other))
        same_fold = found.fold == found.fold[7]
        np.testing.assert_array_equal(before[:, same_fold], after[:, same_fold])
        assert (before[:, ~same_fold] != after[:, ~same_fold]).any()


def test_quality_counts_as_log_odds_over_a_wrong_answer() -> None:
    scores = np.vstack([np.ones(20), np.repeat([1.0, 0.0], [15, 5]), np.repeat([1.0, 0.0], [5, 15])])
    found = bought(make_view(scores, answers=texts(scores)), min_items=1)
    assert found is not None
    worth = quality_worth(found, np.ones(20, dtype=np.bool_), 4)
    np.testing.assert_allclose(worth[1:], [np.log(16 / 22 * 3 / (6 / 22)), np.log(6 / 22 * 3 / (16 / 22))])
    np.testing.assert_array_equal(quality_worth(found, np.ones(20, dtype=np.bool_), 2)[2:], [0.0])


def test_one_that_counts_more_outvotes_two() -> None:
    answers = np.array([[0], [1], [1]], dtype=np.int32)
    scores = np.array([[1.0], [0.0], [0.0]])
    assert vote_scores(answers, scores, 0.0, np.array([[2.0], [0.9], [0.9]])).tolist() == [1.0]
    assert vote_scores(answers, scores, 0.0, np.array([[2.0], [1.1], [0.9]])).tolist() == [1.0]  # a tie
    assert vote_scores(answers, scores, 0.0, np.array([[2.0], [1.2], [0.9]])).tolist() == [0.0]
    assert vote_scores(answers, scores, 0.0, np.zeros((3, 1))).tolist() == [1.0]


def test_by_quality_needs_no_confidence() -> None:
    rng = np.random.default_rng(2)
    scores = np.vstack([np.ones(N_ITEMS), rng.random((3, N_ITEMS)) < [[0.93], [0.9], [0.9]]]).astype(np.float64)
    (found,) = WeightedVote(by="quality").combine(_view(scores, np.full_like(scores, np.nan), 0.05))
    assert found.rule == "weighted"
    assert found.weights[0] == max(found.weights)
    assert found.offsets == ()


def test_without_answers_there_is_no_vote() -> None:
    scores, confidence = _world()
    assert WeightedVote().combine(make_view(scores, cost_usd=COSTS, confidence=confidence)) == ()


def test_another_way_of_weighing_is_refused() -> None:
    with pytest.raises(PlanError, match="by of WeightedVote: expected one of confidence, quality"):
        WeightedVote(by="loudness")  # type: ignore[arg-type]
