"""UCB-E as published: the best arm by quality, a pull a cell, whatever it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse, depth, merged, prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class UcbE:
    """Pulls the arms of largest mean + sqrt(a / n) a batch of items deeper, the baseline with them.

    Audibert, Bubeck & Munos 2010, COLT; for choosing among LLMs Zhou et al. 2024, arXiv 2407.06172. Unseen arms first,
    in random order; a whole row is not pulled again. Costs play no part in the choice.

    Attributes:
        a: exploration, above 0; step_items: items a pull; n_arms: arms pulled a round.
    """

    a: float = 1.0
    step_items: int = 8
    n_arms: int = 4

    def __post_init__(self) -> None:
        require_range(self, "a", 1e-9, 1e9)
        require_count(self, "step_items", 1)
        require_count(self, "n_arms", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        purse, n_all = Purse(view), len(view.setting.item_ids)
        probes: list[Probe] = []
        for candidate_id in self._by_bound(view):
            reached = min(n_all, depth(view, candidate_id) + self.step_items)
            pair = [prefix(view, c, reached) for c in (view.baseline_id, candidate_id)]
            if len(probes) < 2 * self.n_arms and purse.buy(pair):
                probes += pair
        return merged(probes)

    def _by_bound(self, view: SearchView) -> list[CandidateId]:
        score = view.outcomes.score
        n_scored = (~np.isnan(score)).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            bound = np.nansum(score, axis=1) / n_scored + np.sqrt(self.a / n_scored)
        others = [c for c in view.pool if c != view.baseline_id and depth(view, c) < score.shape[1]]
        mixed = [others[place] for place in view.rng.permutation(len(others))]
        return sorted(mixed, key=lambda c: -round(float(np.nan_to_num(bound[view.row[c]], nan=np.inf)), 9))
