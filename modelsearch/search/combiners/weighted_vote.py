"""Votes that count by how sure the voter is, or by how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import Ensemble
from modelsearch.core.outcome import Status
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.composing import Bought, bought, sums, undominated
from modelsearch.search.parameters import require_count, require_one_of, require_range
from modelsearch.search.proposing import Terms, members_of, proposals
from modelsearch.search.voting import calibrations, log_odds_of, quality_worth, vote_fronts

MAX_ANSWERS = 10
"""Answers that an item is taken to have at most, where the task names no labels."""
DIGITS = 4


@register(
    "combiner",
    "weighted_vote",
    source="Nitzan & Paroush 1982, Theorem 1, doi:10.2307/2526438; client's strategy 10, confidence_weighted",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedVote:
    """Proposes votes that count by the log-odds that the voter is right, where that is worth more than any single.

    By `confidence` the log-odds are those that each reply states, corrected per member by a line fitted to what was
    bought (Platt scaling with a ridge), so that a boaster counts for no more than it gets right; members that state
    none vote by quality. By `quality` they are the same on every item, from the member's mean score. Weights are fitted
    without the fold that they are judged on, and on all items for the proposal. Otherwise as `majority_vote`: every
    `n_members` of the `n_best` undominated singles, free on what was bought, proposed if choosing so is worth
    `min_gain` more than choosing a single, judged on items that did not choose.

    Scores in score units, costs in USD per item; who refuses or says nothing abstains; ties go to the member of higher
    gap, then of smaller id. Nothing is proposed with fewer than `min_items` shared items, without recorded answers, or
    where equal answers are no equal text. O(C(n_best, n_members) x n_items).

    Attributes:
        by: `confidence` or `quality`; the others as in `majority_vote`.
    """

    by: Literal["confidence", "quality"] = "confidence"
    n_members: int = 3
    max_cost_share: float = 0.8
    n_best: int = 8
    min_items: int = 40
    min_gain: float = 0.02
    max_new: int = 1
    max_alive: int = 4
    max_total: int = 8
    every_rounds: int = 4

    def __post_init__(self) -> None:
        require_one_of(self, "by", ("confidence", "quality"))
        require_count(self, "n_members", 2, 5)
        require_range(self, "max_cost_share", 1e-6, 1.0)
        require_count(self, "n_best", 2, 16)
        require_count(self, "min_items", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        for name in ("max_new", "max_alive", "max_total"):
            require_count(self, name, 0)
        require_count(self, "every_rounds", 1)

    def combine(self, view: SearchView) -> Sequence[Ensemble]:
        terms = Terms.of(self)
        found = bought(view, min_items=self.min_items) if terms.n_wanted(view) else None
        if found is None:
            return ()
        n_answers = n_answers_of(view, found)
        invalid = view.task.status_scores.get(Status.INVALID, 0.0)
        voters = undominated(found, self.n_best)
        fronts = vote_fronts(
            found, voters, self.n_members, invalid, crossfitted_worth(found, voters, n_answers, self.by)
        )
        everything = np.ones(found.fold.shape, dtype=np.bool_)
        slopes, offsets = weights_of(found.picked(voters), everything, n_answers, self.by)

        def make(front: int, _: int) -> Ensemble:
            legs = fronts.legs[front]
            places = [voters.index(leg) for leg in legs]
            if self.by == "quality":
                return Ensemble(members=members_of(found, legs), rule="weighted", weights=_told(offsets[places]))
            return Ensemble(
                members=members_of(found, legs), rule="confidence", weights=_told(slopes[places]),
                offsets=_told(offsets[places]),
            )  # fmt: skip

        return proposals(view, found, sums(found, fronts), terms, make)


def weights_of(found: Bought, is_used: npt.NDArray[np.bool_], n_answers: int, by: str) -> tuple[Floats, Floats]:
    """(n_rows,) slope and offset of each member's vote, fitted to some items; slope 0 where quality alone decides."""
    by_quality = quality_worth(found, is_used, n_answers)
    if by == "quality":
        return np.zeros(len(by_quality)), by_quality
    slopes, offsets = calibrations(found, is_used, n_answers)
    is_silent = np.isnan(found.confidence).all(axis=1)
    return np.where(is_silent, 0.0, slopes), np.where(is_silent, by_quality, offsets)


def crossfitted_worth(found: Bought, voters: Sequence[int], n_answers: int, by: str) -> Floats:
    """(n_rows, n_items) what each vote counts, by weights fitted without the item's fold; 0 for who is no voter."""
    part = found.picked(voters)
    odds = log_odds_of(part.confidence)
    worth = np.zeros(found.known.shape)
    for fold in range(int(found.fold.max(initial=0)) + 1):
        is_here = found.fold == fold
        slopes, offsets = weights_of(part, ~is_here, n_answers, by)
        worth[np.ix_(voters, is_here)] = np.maximum(0.0, offsets[:, None] + slopes[:, None] * odds[:, is_here])
    return worth


def n_answers_of(view: SearchView, found: Bought) -> int:
    """Answers to choose from: the task's labels, else the different ones that were given, 2 to `MAX_ANSWERS`."""
    n_given = len(view.task.labels) if view.task.labels else len(np.unique(found.answer[found.answer >= 0]))
    return int(np.clip(n_given, 2, MAX_ANSWERS))


def _told(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), DIGITS) for value in values)
