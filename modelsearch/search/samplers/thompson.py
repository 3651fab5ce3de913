"""Dollars by the chance to be the best choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled
from modelsearch.search.arms import Arms, arms, bought_by_gain, next_depths
from modelsearch.search.parameters import require_count, require_one_of, require_range
from modelsearch.stats.bandit import p_best, top_two


@register(
    "sampler",
    "thompson",
    source="Thompson 1933, doi:10.1093/biomet/25.3-4.285; top-two: Russo 2016, Simple Bayesian Algorithms for Best Arm "
    "Identification, arXiv 1602.08448",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Thompson:
    """Spends on each candidate in proportion to its chance of being the best choice.

    Every candidate's gap to the baseline has a normal posterior: a line in log cost through all that were compared, and
    its own paired differences. In each of `n_draws` joint draws the best choice is the cheapest candidate whose gap
    clears -margin, else the baseline. "thompson" takes how often each was the best as its share of the dollars;
    "top_two" gives half of them to the leader of a draw and the rest to its challenger, so that a leader does not
    starve those who could still overturn it. As a batch of c costs its own price, it is drawn with probability
    share / price; batches of 8, 12, 18, ... items along the shared order, beside the baseline's.

    Score units, USD. Candidates that are not cheaper than the baseline, or of unknown cost, are never drawn. Without
    outcomes the prior line decides; failed items count as asked; ties in saving go to the first id; with one candidate
    it is that one; the baseline alone ends it, as do a settled decision and draws in which nobody unfinished is ever
    the best. O(n_draws x n_pool) beside the estimates.

    Attributes:
        rule: "top_two" or "thompson".
        leader_share: of the dollars for the leader of a draw, in (0, 1); top-two alone.
        first_items: size of the first batch; growth: factor of the next depth, above 1.
        n_candidates: batches a round.
        n_draws: from the posterior.
    """

    rule: Literal["top_two", "thompson"] = "top_two"
    leader_share: float = 0.5
    first_items: int = 8
    growth: float = 1.5
    n_candidates: int = 4
    n_draws: int = 512

    def __post_init__(self) -> None:
        require_one_of(self, "rule", ("top_two", "thompson"))
        require_range(self, "leader_share", 1e-6, 1 - 1e-6)
        require_count(self, "first_items", 1)
        require_range(self, "growth", 1.000001, 1e6)
        require_count(self, "n_candidates", 1)
        require_count(self, "n_draws", 16)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        found = arms(view)
        depths = next_depths(view, found, self.first_items, self.growth)
        if not depths or is_settled(view, estimates(view)):
            return ()
        rng = view.rng
        share = self._dollar_shares(found, rng)
        keys = rng.gumbel(size=len(found.ids))
        # the largest log weight + Gumbel noise is a draw by weight: here gain / price is exp of that, so that
        # `bought_by_gain` draws batches without replacement at the prices of the moment
        chance = np.where(share > 0, share * np.exp(keys), 0.0)
        return bought_by_gain(view, dict(zip(found.ids, chance.tolist(), strict=True)), depths, self.n_candidates)

    def _dollar_shares(self, found: Arms, rng: np.random.Generator) -> Floats:
        """(n_arms,) share of the dollars by the rule; what the baseline would get is nobody's."""
        noise = rng.standard_normal((self.n_draws, len(found.ids)))
        is_good = found.mean + found.sd * noise >= -found.margin - 1e-9
        value = np.column_stack([np.where(is_good, found.saving, -1.0), np.zeros(self.n_draws)])
        p = p_best(value)
        return (top_two(p, self.leader_share) if self.rule == "top_two" else p)[:-1]
