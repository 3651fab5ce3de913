"""Composites of any shape as values, and what each would score and cost on the items already bought."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from modelsearch.core.candidate import NEVER, Cascade, Ensemble
from modelsearch.core.search import Bools, Floats
from modelsearch.search.composing import Bought, Floats32, Fronts
from modelsearch.search.voting import vote_scores

Rule = Literal["majority", "weighted", "confidence", "agreement"]
VOTES: tuple[Rule, ...] = ("majority", "weighted")


@dataclass(frozen=True, slots=True, order=True)
class Structure:
    """Who takes part, how they are joined, and where a leg's answer stands.

    Attributes:
        rule: `majority` or `weighted` of a vote; `confidence` or `agreement` of a cascade.
        rows: of `Bought`; a vote's best first, a cascade's in the order asked.
        thresholds: of a cascade, one fewer than rows; empty for a vote.
    """

    rule: Rule
    rows: tuple[int, ...]
    thresholds: tuple[float, ...] = ()

    @property
    def is_vote(self) -> bool:
        """Whether all members are asked."""
        return self.rule in VOTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Voting:
    """What votes need to be counted.

    Attributes:
        worth: (n_rows, n_items) of each member's vote, fitted on items that it is not judged on.
        weights: (n_rows,) the same fitted on all items: what a proposal says.
        invalid: score where all abstain.
    """

    worth: Floats
    weights: Floats
    invalid: float


def canonical(found: Bought, structure: Structure) -> Structure:
    """The same composite always as one value: a vote's members best first, a cascade's idle rule named `agreement`."""
    if structure.is_vote:
        gaps = found.mean_gap
        rows = sorted(structure.rows, key=lambda row: (-round(float(gaps[row]), 9), found.singles[row].id))
        return Structure(structure.rule, tuple(rows))
    is_idle = structure.rule == "confidence" and all(level == NEVER for level in structure.thresholds)
    return replace(structure, rule="agreement") if is_idle else structure


def fronts_of(found: Bought, structures: Sequence[Structure], voting: Voting) -> Fronts:
    """(n_structures, n_items) each as a front that answers everything. O(n_structures x n_members^2 x n_items)."""
    shape = (len(structures), found.gap.shape[1])
    known, gap = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    usd = np.zeros(shape, dtype=np.float32)
    for place, structure in enumerate(structures):
        how = _vote if structure.is_vote else _cascade
        known[place], gap[place], usd[place] = how(found, structure, voting)
    return Fronts(
        legs=tuple(structure.rows for structure in structures),
        thresholds=tuple(structure.thresholds for structure in structures),
        stops=np.ones(shape, dtype=np.float32),
        known=known,
        gap=gap,
        item_usd=usd,
    )


def candidate_of(found: Bought, structure: Structure, voting: Voting) -> Ensemble | Cascade:
    """The candidate that a structure stands for."""
    singles = tuple(found.singles[row] for row in structure.rows)
    if structure.rule == "majority":
        return Ensemble(members=singles)
    if structure.rule == "weighted":
        weights = tuple(round(float(voting.weights[row]), 4) for row in structure.rows)
        return Ensemble(members=singles, rule="weighted", weights=weights)
    return Cascade(legs=singles, thresholds=structure.thresholds, rule=structure.rule)


_Row = tuple[Floats32, Floats32, Floats32]
"""Where it is known, its gap, its USD; each (n_items,)."""


def _vote(found: Bought, structure: Structure, voting: Voting) -> _Row:
    rows = list(structure.rows)
    worth = voting.worth[rows] if structure.rule == "weighted" else None
    voted = vote_scores(found.answer[rows], found.score[rows].astype(np.float64), voting.invalid, worth)
    known = found.known[rows].min(axis=0)
    gap = ((voted - found.score[found.base]) * known).astype(np.float32)
    return known, gap, found.item_usd[rows].sum(axis=0)


def _cascade(found: Bought, structure: Structure, _: Voting) -> _Row:
    """As it would be asked: later legs only for items on which no earlier one stood; those alone must be known."""
    n_items = found.gap.shape[1]
    is_open, known = np.ones(n_items, dtype=np.bool_), np.ones(n_items, dtype=np.float32)
    gap, usd = np.zeros(n_items, dtype=np.float32), np.zeros(n_items, dtype=np.float32)
    asked: list[int] = []
    for row, level in zip(structure.rows, (*structure.thresholds, -np.inf), strict=True):
        usd += np.where(is_open, found.item_usd[row], 0).astype(np.float32)
        known *= np.where(is_open, found.known[row], 1).astype(np.float32)
        stands = _stands(found, row, level)
        if structure.rule == "agreement":
            stands |= _is_echo(found, row, asked)
        gap = np.where(is_open & stands, found.gap[row], gap).astype(np.float32)
        is_open &= ~stands
        asked.append(row)
    return known, gap * known, usd


def _stands(found: Bought, row: int, level: float) -> Bools:
    if level == -np.inf:
        return np.ones(found.gap.shape[1], dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray((found.answer[row] >= 0) & (found.confidence[row].astype(np.float64) >= level))


def _is_echo(found: Bought, row: int, asked: Sequence[int]) -> Bools:
    """Where it says what an earlier leg said."""
    same = np.zeros(found.gap.shape[1], dtype=np.bool_)
    for other in asked:
        same |= (found.answer[row] == found.answer[other]) & (found.answer[row] >= 0)
    return same
