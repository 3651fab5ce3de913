import numpy as np
import pytest

from modelsearch.core.candidate import NEVER, Cascade, Ensemble, singles_of
from modelsearch.core.errors import PlanError
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.combiners.confidence_cascade import ConfidenceCascade
from modelsearch.search.combiners.evolved_structures import EvolvedStructures
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

N_ITEMS = 120
QUICK = EvolvedStructures(n_generations=6, n_children=16)


def _view(scores: Floats, costs: list[float], **parts: object) -> SearchView:
    return make_view(scores, **({"answers": texts(scores), "cost_usd": costs} | parts))  # type: ignore[arg-type]


def _right(*wrong: tuple[int, int]) -> Floats:
    """A baseline that is always right, and one row for each (modulus, rest) that errs there."""
    columns = np.arange(N_ITEMS)
    return np.vstack([np.ones(N_ITEMS), *(columns % n != rest for n, rest in wrong)]).astype(np.float64)


def test_it_finds_what_enumeration_finds() -> None:
    view = _view(_right((4, 0), (4, 1), (3, 0)), [1.0, 0.05, 0.06, 0.5])
    (found,) = EvolvedStructures(max_cost_share=0.9).combine(view)
    assert isinstance(found, Cascade)
    assert set(list(map(str, (m.id for m in singles_of(found))))[:2]) == {"m01", "m02"}
    assert singles_of(found)[-1].id == "m00"


def test_it_finds_a_vote_of_five_that_no_three_and_no_cascade_replaces() -> None:
    """Each errs with two others in turn, and they err alike: only five outvote every pair."""
    columns = np.arange(N_ITEMS) // 5
    pairs = [(0, 1), (2, 3), (4, 0), (1, 2), (3, 4)]
    cheap = np.ones((5, N_ITEMS))
    for place, pair in enumerate(pairs):
        cheap[np.ix_(np.array(pair), np.flatnonzero(columns % 5 == place))] = 0.0
    scores = np.vstack([np.ones(N_ITEMS), cheap])
    alike = [["right" if score else "wrong" for score in row] for row in scores]
    view = _view(scores, [1.0, 0.02, 0.02, 0.02, 0.02, 0.02], answers=alike)
    strategy = EvolvedStructures(max_members=5, max_cost_share=0.15, n_generations=30)
    (found,) = strategy.combine(view)
    assert isinstance(found, Ensemble)
    assert len(found.members) == 5
    assert MajorityVote(max_cost_share=0.15).combine(view) == ()
    assert ConfidenceCascade(max_cost_share=0.15).combine(view) == ()


def test_luck_of_few_items_is_not_believed() -> None:
    rng = np.random.default_rng(3)
    scores = np.vstack([np.ones((1, N_ITEMS)), rng.random((12, N_ITEMS)) < 0.6]).astype(np.float64)
    scores[:, 60:] = np.nan
    view = _view(scores, [1.0, *np.linspace(0.05, 0.2, 12)])
    assert EvolvedStructures(max_cost_share=0.5).combine(view) == ()


def test_equal_views_give_equal_proposals_and_other_seeds_do_not_matter_much() -> None:
    view = _view(_right((4, 0), (4, 1), (3, 0)), [1.0, 0.05, 0.06, 0.5])
    assert QUICK.combine(view) == QUICK.combine(view)


def test_without_answers_few_items_few_singles_or_in_other_rounds_there_is_none() -> None:
    scores, costs = _right((4, 0), (4, 1)), [1.0, 0.05, 0.06]
    assert QUICK.combine(_view(scores, costs))
    assert QUICK.combine(make_view(scores, cost_usd=costs)) == ()
    assert QUICK.combine(_view(scores[:, :19], costs)) == ()
    assert QUICK.combine(_view(scores[:2], costs[:2])) == ()
    assert QUICK.combine(_view(scores, costs, round=3)) == ()


def test_a_known_structure_is_not_proposed_again() -> None:
    scores, costs = _right((4, 0), (4, 1)), [1.0, 0.05, 0.06]
    (found,) = QUICK.combine(_view(scores, costs))
    blank = np.vstack([scores, np.full(N_ITEMS, np.nan)])
    assert QUICK.combine(_view(blank, [*costs, 0.6], answers=texts(blank), composites=[found])) == ()


def test_a_confidence_that_tells_makes_a_threshold() -> None:
    scores = _right((4, 0), (2, 0))
    scores[2] = 0.0
    sure = np.where(scores == 1, 0.9, 0.3)
    (found,) = EvolvedStructures(max_cost_share=0.6).combine(_view(scores, [1.0, 0.05, 0.06], confidence=sure))
    assert isinstance(found, Cascade)
    assert NEVER not in found.thresholds


def test_members_beyond_their_range_are_refused() -> None:
    with pytest.raises(PlanError, match=r"max_members of EvolvedStructures: expected an integer in 2\.\.5"):
        EvolvedStructures(max_members=6)
