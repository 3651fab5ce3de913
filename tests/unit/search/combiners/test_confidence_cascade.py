import numpy as np
import pytest

from modelsearch.core.candidate import NEVER, Cascade, singles_of
from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.combiners.confidence_cascade import ConfidenceCascade
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

COSTS = [1.0, 0.05, 0.06, 0.5]
N_ITEMS = 60


def _scores() -> Floats:
    """A dear baseline that is always right; two cheap ones that err on a quarter each, apart; a middling one."""
    columns = np.arange(N_ITEMS)
    return np.vstack([np.ones(N_ITEMS), columns % 4 != 0, columns % 4 != 1, columns % 3 != 0]).astype(np.float64)


def _view(scores: Floats, **parts: object) -> SearchView:
    return make_view(scores, **({"answers": texts(scores), "cost_usd": COSTS} | parts))  # type: ignore[arg-type]


def _legs(found: Cascade) -> list[str]:
    return [leg.id for leg in singles_of(found)]


def test_two_cheap_legs_that_never_err_together_hand_their_quarrels_to_the_baseline() -> None:
    (found,) = ConfidenceCascade(max_cost_share=0.9).combine(_view(_scores()))
    assert _legs(found) == ["m01", "m02", "m00"]
    assert (found.rule, found.thresholds) == ("agreement", (NEVER, NEVER))


def test_the_cost_of_escalation_counts() -> None:
    assert ConfidenceCascade(max_cost_share=0.5).combine(_view(_scores())) == ()  # .11 + .5 x 1 > .5


def test_a_single_that_is_good_enough_is_preferred() -> None:
    scores = _scores()
    scores[1] = 1.0
    assert ConfidenceCascade().combine(_view(scores)) == ()


def test_confidence_that_tells_right_from_wrong_makes_a_cascade_of_two() -> None:
    scores = _scores()
    scores[2:] = 0.0
    sure = np.where(scores == 1, 0.9, 0.3)
    (found,) = ConfidenceCascade().combine(_view(scores, confidence=sure))
    assert _legs(found) == ["m01", "m00"]
    assert found.rule == "confidence"
    assert 0.3 < found.thresholds[0] < 0.9


def test_confidence_that_tells_nothing_makes_none() -> None:
    scores = _scores()
    scores[2:] = 0.0
    assert ConfidenceCascade().combine(_view(scores, confidence=np.tile([0.9, 0.3], (4, N_ITEMS // 2)))) == ()


def test_a_luck_of_few_items_is_not_believed() -> None:
    rng = np.random.default_rng(3)
    scores = np.vstack([np.ones((1, N_ITEMS)), rng.random((12, N_ITEMS)) < 0.6]).astype(np.float64)
    scores[:, 30:] = np.nan
    costs = [1.0, *np.linspace(0.05, 0.2, 12)]
    assert ConfidenceCascade(max_cost_share=0.5).combine(_view(scores, answers=texts(scores), cost_usd=costs)) == ()


def test_without_answers_few_items_or_in_other_rounds_there_is_none() -> None:
    scores = _scores()
    strategy = ConfidenceCascade(max_cost_share=0.9)
    assert strategy.combine(make_view(scores, cost_usd=COSTS)) == ()
    assert strategy.combine(_view(scores[:, :19])) == ()
    assert strategy.combine(_view(scores, round=3)) == ()
    assert strategy.combine(_view(scores, round=4))


def test_a_known_cascade_is_not_proposed_again() -> None:
    scores = _scores()
    (found,) = ConfidenceCascade(max_cost_share=0.9).combine(_view(scores))
    blank = np.vstack([scores, np.full(N_ITEMS, np.nan)])
    view = _view(blank, answers=texts(blank), cost_usd=[*COSTS, 0.6], composites=[found])
    assert ConfidenceCascade(max_cost_share=0.9).combine(view) == ()


def test_a_threshold_beyond_its_range_is_refused() -> None:
    with pytest.raises(PlanError, match=r"n_thresholds of ConfidenceCascade: expected an integer in 0\.\.20"):
        ConfidenceCascade(n_thresholds=21)
