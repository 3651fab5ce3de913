"""A matrix of low rank tells which cells are worth their price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled
from modelsearch.search.arms import FREE_USD, Arms, arms, bought_by_gain, next_depths
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import ROUNDING, Purse
from modelsearch.search.score_matrix import EnsembleOptions, ScoreMatrix, score_matrix
from modelsearch.stats.bandit import ucb_e
from modelsearch.stats.doubly_robust import Mean


@register(
    "sampler",
    "lrf",
    source="UCB-E-LRF: Zhou et al. 2024, arXiv 2407.06172, section 3.2; corrected by sequential augmented inverse "
    "probability weighting, cf. arXiv 2605.10405",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Lrf:
    """Predicts every missing score from a matrix of low rank, and draws the items it is least sure of.

    Whoever is new gets a first batch along the shared order beside the baseline. Then rows are estimated doubly
    robustly: predictions for what was not bought, corrected by what was drawn and how likely that was, so that a bad
    fit costs width and no bias. By the optimistic gap as in `ucb`, the best rows per expected dollar draw `step_items`
    items each, likelier where the predicted score is unsure (and where the baseline has the item), never below half of
    an even draw; of a candidate and the baseline the one is drawn whose dollar lowers the variance of the gap more.

    `Probe.p_draw` carries the probabilities. Items drawn this way leave holes in the shared order, and bets of the
    e-process end at the first hole: a certificate needs a later phase that fills the order. The intervals and chances
    of `decide` read that unbroken run alone, for drawn items are no even sample: hard ones weigh more there.

    Score units, USD. Candidates that are not cheaper than the baseline, or of unknown cost, are never bought. Failed
    items count as predicted; ties go to the larger id; a whole row is known; the baseline alone ends it, as does a
    settled decision. A round fits n_fits + a handful of matrices, O(n_candidates x n_items x rank^2) each.

    Attributes:
        exploration: in variances of the gap's estimate, above 0; 4 = two standard errors.
        first_items: size of the first batch; step_items: items drawn of a row in a round, at least, and at
            least `growth` - 1 times what it has, growth 1 or more.
        n_candidates: rows a round.
        rank: of the matrix; n_fits: fits of the ensemble; dropped_share: of the known cells, left out of each.
    """

    exploration: float = 4.0
    first_items: int = 8
    step_items: int = 16
    growth: float = 1.5
    n_candidates: int = 4
    rank: int = 2
    n_fits: int = 4
    dropped_share: float = 0.2

    def __post_init__(self) -> None:
        require_range(self, "exploration", 1e-6, 1e6)
        for name in ("first_items", "step_items", "n_candidates", "rank"):
            require_count(self, name, 1)
        require_range(self, "growth", 1.0, 1e6)
        require_count(self, "n_fits", 2, 100)
        require_range(self, "dropped_share", 0.01, 0.9)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        found = arms(view)
        if not found.ids or is_settled(view, estimates(view)):
            return ()
        rng = view.rng
        options = EnsembleOptions(rank=self.rank, n_fits=self.n_fits, dropped_share=self.dropped_share)
        matrix = score_matrix(view, options, rng)
        is_new = found.n_pairs == 0
        side = np.where(is_new, -1, matrix.drawn_next(found.rows))
        gain = _gains(view, found, matrix.row_means, self.exploration)
        usd = np.where(is_new, self._new_usd(view, found), matrix.item_usd[np.maximum(side, 0)])
        rate = np.round(np.log(np.maximum(gain, 1e-300)) - np.log(usd), 9)
        order = [at for at in np.lexsort((np.arange(len(rate)), rate))[::-1] if gain[at] > 0]
        new = dict(zip(found.ids, np.where(is_new, gain, 0.0).tolist(), strict=True))
        rows = [int(side[at]) for at in order if side[at] >= 0]
        first = self._first_batches(view, found, new) if order and is_new[order[0]] else ()
        return first or self._draws(view, rows, matrix, rng) or self._first_batches(view, found, new)

    def _new_usd(self, view: SearchView, found: Arms) -> Floats:
        """(n_arms,) expected USD of an item of each one's first batch, the baseline's share included."""
        purse, n_items = Purse(view), min(self.first_items, len(view.setting.item_ids))
        usd = [purse.prefix_usd((view.baseline_id, c), n_items) / n_items for c in found.ids]
        return np.maximum(np.array(usd, dtype=np.float64), FREE_USD)

    def _first_batches(self, view: SearchView, found: Arms, gain: Mapping[CandidateId, float]) -> tuple[Probe, ...]:
        depths = next_depths(view, found, self.first_items, 1.0 + 1e-9)
        return bought_by_gain(view, gain, depths, self.n_candidates)

    def _draws(
        self, view: SearchView, rows: Sequence[int], matrix: ScoreMatrix, rng: np.random.Generator
    ) -> tuple[Probe, ...]:
        """Draws of the first rows, each once, that can be paid."""
        purse = Purse(view)
        probes: list[Probe] = []
        for row in dict.fromkeys(rows):
            n_bought = int(np.count_nonzero(view.outcomes.status[row]))
            wanted = max(self.step_items, int(n_bought * (self.growth - 1.0)))
            n_draws = min(wanted, int(purse.left_usd * (1 + ROUNDING) / matrix.item_usd[row]))
            probe = matrix.drawn_probe(row, n_draws, rng) if len(probes) < self.n_candidates else None
            if probe is not None and probe.item_ids and purse.buy([probe]):
                probes.append(probe)
        return tuple(probes)


def _gains(view: SearchView, found: Arms, means: Mapping[CandidateId, Mean], exploration: float) -> Floats:
    """(n_arms,) what each promises if it is as good as it may yet be, over what the best choice is worth now.

    The gap is that of the doubly robust means where both rows have one, else that of the pairs.
    """
    gap, error = found.gap.copy(), np.where(np.isinf(found.error), 0.0, found.error)
    base = means.get(view.baseline_id)
    for at, candidate_id in enumerate(found.ids):
        mine = means.get(candidate_id)
        if base is not None and mine is not None:
            gap[at], error[at] = mine.mean - base.mean, mine.variance + base.variance
    optimistic = ucb_e(gap, found.n_pairs, exploration * error * found.n_pairs)
    is_promising = optimistic >= -view.task.margin - 1e-9
    return np.where(is_promising, np.maximum(found.reward - found.worth_now, 0.0), 0.0)
