"""Optimism per dollar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Probe, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled
from modelsearch.search.arms import arms, bought_by_gain, next_depths
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_count, require_range
from modelsearch.stats.bandit import ucb_e


@register(
    "sampler",
    "ucb",
    source="UCB-E: Audibert, Bubeck & Munos 2010, Best Arm Identification in Multi-Armed Bandits, COLT; for choosing "
    "among LLMs Zhou et al. 2024, arXiv 2407.06172",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ucb:
    """Buys the next batch of whoever would gain most per dollar if it were as good as it may yet be.

    The optimistic gap of a candidate is its mean paired difference + sqrt(exploration x variance of an item / items
    compared), with the finite-population factor; never compared = infinite. Whoever clears -margin with it promises the
    share of the available saving that it captures, over what the best choice is worth now. Batches of 8, 12, 18, ...
    items along the shared order, beside the baseline's, go to the largest promise per expected USD.

    Score units, USD. Candidates that are not cheaper than the baseline, or of unknown cost, are never pulled. Without
    outcomes all are promising and the cheapest go first; failed items count as asked; ties go to the larger id; a whole
    row has no bonus left; the baseline alone ends it, as does a settled decision. O(n_candidates x n_items) a round.

    Attributes:
        exploration: in variances of an item, above 0; 4 = two standard errors.
        first_items: size of the first batch; growth: factor of the next depth, above 1.
        n_candidates: batches a round.
        min_gain: promise below which it stops, as a share of the available saving.
    """

    exploration: float = 4.0
    first_items: int = 8
    growth: float = 1.5
    n_candidates: int = 4
    min_gain: float = 0.0

    def __post_init__(self) -> None:
        require_range(self, "exploration", 1e-6, 1e6)
        require_count(self, "first_items", 1)
        require_range(self, "growth", 1.000001, 1e6)
        require_count(self, "n_candidates", 1)
        require_range(self, "min_gain", 0.0, 1.0)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        found = arms(view)
        depths = next_depths(view, found, self.first_items, self.growth)
        if not depths or is_settled(view, estimates(view)):
            return ()
        pairs = paired_gaps(view)
        a = self.exploration * (pairs.variance * pairs.left_share)[found.rows]
        optimistic = ucb_e(found.gap, pairs.n_worth[found.rows], a)
        gain = np.where(optimistic >= -view.task.margin - 1e-9, found.reward - found.worth_now, 0.0)
        gain = np.where(gain > self.min_gain, gain, 0.0)
        return bought_by_gain(view, dict(zip(found.ids, gain.tolist(), strict=True)), depths, self.n_candidates)
