"""Cheap legs first; a dear one only for the items on which they disagree or are unsure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from modelsearch.core.candidate import NEVER, Cascade
from modelsearch.core.registry import register
from modelsearch.core.search import Bools, SearchView
from modelsearch.search.composing import Bought, Floats32, Fronts, bought, sums, undominated
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.proposing import Terms, members_of, proposals, without_own_legs


@register(
    "combiner",
    "confidence_cascade",
    source="Chen, Zaharia & Zou 2023, FrugalGPT, section 3, arXiv 2305.05176; client's strategy 10",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceCascade:
    """Proposes cascades of two or three legs that are worth more than any single on what is already bought.

    A leg's answer stands where two legs agree or where its confidence reaches a threshold; else the last leg decides,
    which may be the baseline itself. Tried are all pairs of the `n_heads` singles that fewest others dominate (cheaper
    first), each with every one of the `n_tails` best and the baseline as the last leg, and, where models tell their
    confidence, each head with thresholds at `n_thresholds` quantiles of it. All are scored on the items that their
    legs and the baseline share, which costs nothing. The best is proposed if choosing it that way is worth `min_gain`
    more than choosing a single, judged on items that did not choose (`search.crossfit`).

    Scores in score units, costs in USD per item; legs that refuse or say nothing pass on. Nothing is proposed with
    fewer than `min_items` shared items, without recorded answers, or where equal answers are no equal text to the
    scorer. Ties go to the cheaper, then the smaller ids. O(n_heads^2 x n_tails x n_items) in matrix products: some
    20 ms with 100 singles and 1,000 items.

    Attributes:
        max_cost_share: of the baseline's cost, in (0, 1].
        n_heads, n_tails: singles tried as first legs and as last; n_thresholds: per head, 0 = by agreement alone.
        min_items: shared scored items; min_gain: of worth, in shares of the baseline's cost.
        max_new: proposals a call; max_alive, max_total: composites in the pool, and ever in it.
        every_rounds: looked for in every so many rounds.
    """

    max_cost_share: float = 0.8
    n_heads: int = 16
    n_tails: int = 16
    n_thresholds: int = 6
    min_items: int = 40
    min_gain: float = 0.02
    max_new: int = 1
    max_alive: int = 4
    max_total: int = 8
    every_rounds: int = 4

    def __post_init__(self) -> None:
        require_range(self, "max_cost_share", 1e-6, 1.0)
        require_count(self, "n_heads", 2, 32)
        require_count(self, "n_tails", 1, 64)
        require_count(self, "n_thresholds", 0, 20)
        require_count(self, "min_items", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        for name in ("max_new", "max_alive", "max_total"):
            require_count(self, name, 0)
        require_count(self, "every_rounds", 1)

    def combine(self, view: SearchView) -> Sequence[Cascade]:
        terms = Terms.of(self)
        found = bought(view, min_items=self.min_items) if terms.n_wanted(view) else None
        if found is None:
            return ()
        fronts = cascade_fronts(found, undominated(found, self.n_heads), self.n_thresholds)
        if not fronts.legs:
            return ()
        tails = sorted({found.base, *undominated(found, self.n_tails)})
        by_fold = without_own_legs(sums(found, fronts, tails), fronts, tails)

        def make(front: int, tail: int) -> Cascade:
            return _cascade(found, fronts, front, tails[tail])

        return proposals(view, found, by_fold, terms, make)


def cascade_fronts(found: Bought, heads: Sequence[int], n_thresholds: int) -> Fronts:
    """Every head alone up to a threshold, and every two heads, the cheaper first, until they agree.

    A head without answers or without confidences gives no fronts of its kind.
    """
    cheaper = sorted(heads, key=lambda row: (found.cost_usd[row], found.singles[row].id))
    voting = [row for row in cheaper if (found.answer[row] >= 0).any()]
    levels = {row: confidence_levels(found.confidence[row], n_thresholds) for row in voting}
    parts = [_sure(found, row, level) for row in voting for level in levels[row]]
    for first, second in combinations(voting, 2):
        parts += _agreeing(found, first, second, levels[first][::2])
    return _stacked(found, parts)


_Part = tuple[tuple[int, ...], tuple[float, ...], Floats32, Floats32, Floats32, Floats32]
"""Legs, thresholds, and what `Fronts` has of one front."""


def confidence_levels(confidence: Floats32, n_levels: int) -> list[float]:
    """Thresholds at even quantiles, rounded down so that a value equal to one passes; none without confidences."""
    known = confidence[~np.isnan(confidence)].astype(np.float64)
    if not len(known) or not n_levels:
        return []
    at = np.quantile(known, np.arange(1, n_levels + 1) / (n_levels + 1), method="lower")
    return sorted({float(np.floor((value - 1e-6) * 1e4) / 1e4) for value in at})


def _sure(found: Bought, row: int, level: float) -> _Part:
    """One head that answers where its confidence reaches a level."""
    stops = _is_sure(found, row, level).astype(np.float32)
    return (row,), (level,), stops, found.known[row], found.gap[row], found.item_usd[row]


def _agreeing(found: Bought, first: int, second: int, levels: Sequence[float]) -> Iterator[_Part]:
    """Two heads until they agree; and the same with the second asked only where the first is not sure."""
    agree = (found.answer[first] == found.answer[second]) & (found.answer[first] >= 0)
    known = found.known[first] * found.known[second]
    for level in (NEVER, *levels):
        sure = _is_sure(found, first, level)
        usd = found.item_usd[first] + np.where(sure, 0, found.item_usd[second]).astype(np.float32)
        gap = found.gap[first]  # where they agree both have the same answer, hence the same score
        yield (first, second), (level, NEVER), (sure | agree).astype(np.float32), known, gap, usd


def _is_sure(found: Bought, row: int, level: float) -> Bools:
    with np.errstate(invalid="ignore"):
        return np.asarray((found.answer[row] >= 0) & (found.confidence[row].astype(np.float64) >= level))


def _stacked(found: Bought, parts: Sequence[_Part]) -> Fronts:
    shape = (len(parts), found.gap.shape[1])
    stops, known, gap, usd = (
        np.array([part[place] for part in parts], dtype=np.float32).reshape(shape) for place in range(2, 6)
    )
    return Fronts(
        legs=tuple(part[0] for part in parts),
        thresholds=tuple(part[1] for part in parts),
        stops=stops,
        known=known,
        gap=gap,
        item_usd=usd,
    )


def _cascade(found: Bought, fronts: Fronts, front: int, tail: int) -> Cascade:
    legs = fronts.legs[front]
    return Cascade(
        legs=members_of(found, (*legs, tail)),
        thresholds=fronts.thresholds[front],
        rule="agreement" if len(legs) == 2 else "confidence",
    )
