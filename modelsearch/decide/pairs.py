"""The outcome matrix as paired differences to the baseline, with failures at their middle, worst and best."""

from dataclasses import dataclass, replace

import numpy as np

from modelsearch.core.candidate import singles_of
from modelsearch.core.search import Bools, Floats, Ints, SearchView


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Everything by (n_candidates, n_items), NaN = no pair.

    A pair is an item for which both have an outcome. Where one of them failed without a score (error, timeout,
    not_run) `scored` is NaN, `worst` takes it against the candidate (0, the baseline 1) and `best` in its favour.

    Attributes:
        weights: (n_items,) mean 1; codes: (n_items,) cluster of each item.
    """

    score: Floats
    scored: Floats
    worst: Floats
    best: Floats
    weights: Floats
    codes: Ints
    baseline_row: int

    @property
    def n_items(self) -> int:
        """N."""
        return int(self.weights.size)

    @property
    def is_failed(self) -> Bools:
        """(n_candidates, n_items) pairs of which a side failed."""
        return np.asarray(np.isnan(self.scored) & ~np.isnan(self.worst), dtype=np.bool_)


def evenly_bought(view: SearchView) -> SearchView:
    """The view with only those outcomes that are an even sample of the items; itself where nothing was drawn.

    Of a row from which a sampler drew items by what it had seen (`Probe.p_draw`), or of what is made of such rows, that
    is the unbroken run along the shared order: hard items were likelier beyond it. O(cells).
    """
    drawn = {probe.candidate_id for move in view.moves for probe in move.probes if probe.p_draw is not None}
    if not drawn:
        return view
    is_drawn = np.array([c.id in drawn or any(s.id in drawn for s in singles_of(c)) for c in view.candidates])
    outcomes = view.outcomes
    is_even = ~is_drawn[:, None] | np.logical_and.accumulate(outcomes.status > 0, axis=1)
    status = np.where(is_even, outcomes.status, 0).astype(np.uint8)
    score = np.where(is_even, outcomes.score, np.nan).astype(np.float32)
    return replace(view, outcomes=replace(outcomes, status=status, score=score))


def paired(view: SearchView) -> Pairs:
    """The pairs of a view. O(n_candidates x n_items)."""
    score = view.outcomes.score.astype(np.float64)
    has = view.outcomes.status > 0
    base = view.row[view.baseline_id]
    is_pair = has & has[base]
    failed = np.isnan(score)

    def difference(if_candidate_failed: float, if_baseline_failed: float) -> Floats:
        mine = np.where(failed, if_candidate_failed, score)
        reference = np.where(failed[base], if_baseline_failed, score[base])
        gap = np.where(is_pair, mine - reference, np.nan)
        gap[base] = np.where(has[base], 0.0, np.nan)
        return gap

    return Pairs(
        score=np.where(has, score, np.nan),
        scored=difference(np.nan, np.nan),
        worst=difference(0.0, 1.0),
        best=difference(1.0, 0.0),
        weights=view.setting.item_weights,
        codes=view.setting.cluster_codes,
        baseline_row=base,
    )
