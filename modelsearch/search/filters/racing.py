"""Stop paying for who is clearly worse than the baseline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.paired_gaps import PairedGaps, bernstein_upper, paired_gaps, t_upper
from modelsearch.search.parameters import require_count, require_one_of, require_range


@register("filter", "racing", source="Maron & Moore 1994, Hoeffding Races; Maurer & Pontil 2009, arXiv 0907.3740")
@dataclass(frozen=True, slots=True, kw_only=True)
class Racing:
    """Drops who is, at a stated confidence, worse than the baseline by more than the margin.

    The paired differences to the baseline get a one-sided upper bound; who cannot reach -margin with it leaves.
    The bound is Student's t (quick, right on average) or empirical Bernstein (needs no normality and far more items).
    It is looked at every round, so `confidence` is that of one look: a drop is a decision about money, never a
    certificate. Who was asked `min_items` times without one usable score leaves too. Score units; without pairs, or
    with fewer than `min_items`, nobody is judged; ties (gap 0) stay; the baseline alone gives nothing.
    O(n_candidates x n_items).

    Attributes:
        confidence: of one look, in [0.5, 1).
        min_items: pairs before anybody is judged, at least 2.
        bound: "t" or "bernstein".
    """

    confidence: float = 0.99
    min_items: int = 8
    bound: Literal["t", "bernstein"] = "t"

    def __post_init__(self) -> None:
        require_range(self, "confidence", 0.5, 0.999999)
        require_count(self, "min_items", 2)
        require_one_of(self, "bound", ("t", "bernstein"))

    def drop(self, view: SearchView) -> Sequence[Drop]:
        return tuple(self._drops(view))

    def _drops(self, view: SearchView) -> Iterator[Drop]:
        found = paired_gaps(view)
        upper = self._upper(view, found)
        n_scored = (~np.isnan(view.outcomes.score)).sum(axis=1)
        for candidate_id in sorted(view.pool):
            row = view.row[candidate_id]
            if candidate_id == view.baseline_id:
                continue
            if n_scored[row] == 0 and view.n_bought(candidate_id) >= self.min_items:
                yield _unusable(candidate_id, view.n_bought(candidate_id))
            elif found.n_pairs[row] >= self.min_items and upper[row] < -view.task.margin:
                yield self._worse(view, candidate_id, found, float(upper[row]))

    def _upper(self, view: SearchView, found: PairedGaps) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if self.bound == "t":
            return t_upper(found, self.confidence)
        return bernstein_upper(found, self.confidence, float(view.setting.item_weights.max()))

    def _worse(self, view: SearchView, candidate_id: CandidateId, found: PairedGaps, upper: float) -> Drop:
        row, margin = view.row[candidate_id], view.task.margin
        return Drop(
            candidate_id=candidate_id,
            reason=f"worse than the baseline by more than the margin of {margin:g}: gap {found.gap[row]:+.3f}, "
            f"at most {upper:+.3f} at {self.confidence:.1%} confidence, on {found.n_pairs[row]} shared items",
            evidence={
                "gap": float(found.gap[row]),
                "gap_high": upper,
                "margin": margin,
                "n_pairs": float(found.n_pairs[row]),
                "confidence": self.confidence,
            },
            remedy=f"a margin above {-upper:.3f} would have kept it",
            strategy="racing",
        )


def _unusable(candidate_id: CandidateId, n_bought: int) -> Drop:
    return Drop(
        candidate_id=candidate_id,
        reason=f"none of {n_bought} calls gave anything to score",
        evidence={"n_items": float(n_bought)},
        remedy="look at its replies in the calls table: key, quota, outage or prompt",
        strategy="racing",
    )
