"""The whole trade-off between quality and cost, not one choice: pay where the front is expected to move most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Bools, Floats, Ints, Probe, SearchView
from modelsearch.search.beliefs import Beliefs, beliefs, n_observed
from modelsearch.search.deepening import FREE_USD, beside_baseline, first_batches, next_depths, rounded
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse, merged
from modelsearch.stats.pareto import expected_hypervolume_improvement, front


@register(
    "sampler",
    "hypervolume",
    source="Emmerich, Deutz & Klinkenberg 2011, hypervolume improvement, doi:10.1109/CEC.2011.5949880; Frazier, "
    "Powell & Dayanik 2009, knowledge gradient, doi:10.1287/ijoc.1080.0314",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Hypervolume:
    """Buys the batches that are expected to add most to the front of quality and cost, per dollar.

    Objectives: loss of quality against the baseline (score units) and cost as a share of the baseline's. The volume is
    counted up to the reference point (`worst_loss`, 1): who is worse by more, or costs more than the baseline, is no
    part of the front. What is known of every candidate is the belief of a Gaussian process over features; the front is
    that of the expected values of those compared so far. What a batch of 8, 16, 32, ... items promises is the expected
    hypervolume after the belief has moved by as much as so many items move it, less what the candidate adds already.
    The baseline's missing items are charged to whoever needs them first. It ends when nobody promises `min_gain`.

    With fewer than `min_observed` comparisons it takes the best priors first. A candidate of unknown cost promises
    nothing; failed items count as asked; ties go to the first by prior; the baseline alone is no trade-off.
    O(n_observed^3 + n_pool x n_front) a round.

    Attributes:
        first_items: size of the first batch; growth: factor of the next depth, above 1.
        n_candidates: at most so many candidates a round.
        min_observed: comparisons before the process is trusted.
        worst_loss: of quality that is still of interest, score units, above 0.
        min_gain: share of the whole volume (`worst_loss` x 1) that a batch must promise.
        refit_every: candidates compared by which the scales of the process are fitted anew.
    """

    first_items: int = 8
    growth: float = 2.0
    n_candidates: int = 6
    min_observed: int = 3
    worst_loss: float = 0.1
    min_gain: float = 0.0001
    refit_every: int = 5

    def __post_init__(self) -> None:
        require_count(self, "first_items", 1)
        require_range(self, "growth", 1.01, 100.0)
        require_count(self, "n_candidates", 1)
        require_count(self, "min_observed", 0)
        require_range(self, "worst_loss", 1e-6, 2.0)
        require_range(self, "min_gain", 0.0, 1.0)
        require_count(self, "refit_every", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        purse, steps = Purse(view), next_depths(view, self.first_items, self.growth)
        is_new = n_observed(view) < self.min_observed
        probes = first_batches(view, purse, self.first_items, self.n_candidates) if is_new else ()
        if probes or not steps:
            return probes
        gain = self._gains(view, steps)
        chosen: list[Probe] = []
        for _ in range(self.n_candidates):
            usd = {c: purse.prefix_usd((view.baseline_id, c), steps[c]) for c in gain}
            affordable = [c for c in gain if usd[c] <= purse.left_usd]
            if not affordable:
                break
            best = max(affordable, key=lambda c: rounded(gain[c] / max(usd[c], FREE_USD)))
            chosen += beside_baseline(view, purse, best, steps[best])
            del gain[best]
        return merged(chosen)

    def _gains(self, view: SearchView, steps: Mapping[CandidateId, int]) -> dict[CandidateId, float]:
        """Expected growth of the hypervolume by each one's next batch, those of at least `min_gain`."""
        live = tuple(sorted(c for c in view.pool if c != view.baseline_id))
        believed = beliefs(view, live, self.refit_every)
        at = np.column_stack([-believed.gap, 1.0 - believed.saving])
        is_known = ~np.isnan(at).any(axis=1)
        moves = _moves(view, believed, np.array([steps.get(c, 0) for c in live]))
        reference = np.array([self.worst_loss, 1.0])
        n_pairs = paired_gaps(view).n_pairs
        is_front = is_known & np.array([n_pairs[view.row[c]] > 0 for c in live], dtype=np.bool_)
        grown = _growth(np.nan_to_num(at, nan=2.0), moves, is_front, reference) / self.worst_loss
        gain = dict(zip(live, np.where(is_known, grown, 0.0).tolist(), strict=True))
        return {c: gain[c] for c in steps if gain[c] > 0 and gain[c] >= self.min_gain}


def _growth(at: Floats, moves: Floats, is_compared: Bools, reference: Floats) -> Floats:
    """(n,) E[hypervolume when a point moves] - hypervolume now; a point not compared so far adds nothing now."""
    known = at[is_compared]
    total = expected_hypervolume_improvement(at, moves, known, reference)
    indices = np.flatnonzero(is_compared)
    for i in indices[front(known)]:  # its own part is free to move, so it must not stand in its own way
        others = at[indices[indices != i]]
        moved = expected_hypervolume_improvement(at[[i]], moves[[i]], others, reference)
        total[i] = (moved - expected_hypervolume_improvement(at[[i]], np.zeros((1, 2)), others, reference))[0]
    return np.maximum(total, 0.0)


def _moves(view: SearchView, believed: Beliefs, steps: Ints) -> Floats:
    """(n, 2) standard deviation of how far the expected loss and cost share move when each is at depth `steps`.

    A belief of variance s^2 whose own noise falls from v to w ends at 1 / (1 / s^2 + 1 / w - 1 / v): what it loses is
    how far its mean is to move. A cost's variance falls as the number of items grows, two more counting as seen.
    """
    found, n_items = paired_gaps(view), len(view.setting.item_ids)
    rows = np.array([view.row[c] for c in believed.ids])
    share = np.maximum(steps / n_items, found.n_worth[rows] / found.n_total)
    with np.errstate(divide="ignore", invalid="ignore"):
        after = found.variance[rows] * (1.0 - share) / (share * found.n_total)
        precision = 1.0 / after - np.nan_to_num(1.0 / found.noise_variance[rows], posinf=0.0)
        left = 1.0 / (1.0 / believed.gap_sd**2 + np.maximum(precision, 0.0))
    n_cost = (~np.isnan(view.outcomes.cost_usd[rows])).sum(axis=1) + 2.0
    cost_variance = believed.saving_sd**2 * (1.0 - n_cost / np.maximum(n_cost, steps + 2.0))
    gap_variance = np.maximum(believed.gap_sd**2 - left, 0.0)
    return np.asarray(np.sqrt(np.column_stack([gap_variance, np.nan_to_num(cost_variance)])), dtype=np.float64)
