"""Too dear for the best that it can be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Drop, Floats, SearchView
from modelsearch.decide.costs import cost_intervals
from modelsearch.search.ceilings import is_like_learnt, law_gap
from modelsearch.search.paired_gaps import mean_scores, paired_gaps, t_upper
from modelsearch.search.parameters import require_count, require_range


@register(
    "filter", "efficiency_floor", source="client's strategy 7, Dynamic Pruning: too expensive even if at its ceiling"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyFloor:
    """Drops who, even at its ceiling and its lowest cost, gives less quality per dollar than the baseline.

    Efficiency is quality over USD per item. The floor is `min_ratio` times that of the baseline at its quality less
    the margin; so at 1 nobody leaves who is good enough and cheaper, and at 2 one must promise about half the cost.
    The ceiling is the upper bound of the paired gap (Student's t, shrunk variance, one look) on top of the baseline's
    mean, the catalogue's scaling law where nothing is bought, at most 1. The cost is the low end of its interval.

    Needs `min_items` scored items and a positive cost of the baseline; who costs nothing, or whose cost is unknown,
    stays; ties stay; the baseline stays. O(n_candidates x n_items).

    Attributes:
        min_ratio: of the baseline's efficiency, above 0.
        confidence: of the upper bound, in [0.5, 1); level: of the scaling law.
        min_items: scored items of the baseline before anybody is judged, and pairs before the bound counts.
    """

    min_ratio: float = 1.0
    confidence: float = 0.99
    level: float = 0.98
    min_items: int = 8

    def __post_init__(self) -> None:
        require_range(self, "min_ratio", 1e-6, 1e6)
        require_range(self, "confidence", 0.5, 0.999999)
        require_range(self, "level", 0.5, 0.999999)
        require_count(self, "min_items", 2)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        base_row = view.row[view.baseline_id]
        costs = cost_intervals(view)
        base, base_cost = float(mean_scores(view)[base_row]), costs[base_row]
        n_scored = int(np.count_nonzero(~np.isnan(view.outcomes.score[base_row])))
        if n_scored < self.min_items or base_cost is None or base_cost.mean <= 0:
            return ()
        floor = self.min_ratio * max(0.0, base - view.task.margin) / base_cost.mean
        ceilings = np.clip(base + self._gap_ceilings(view), 0.0, 1.0)
        drops = []
        for candidate_id in sorted(set(view.pool) - {view.baseline_id}):
            row = view.row[candidate_id]
            cost = costs[row]
            if cost is not None and ceilings[row] < floor * cost.low * (1 - 1e-9):
                drops.append(
                    Drop(
                        candidate_id=candidate_id,
                        reason=f"quality at most {ceilings[row]:.3f} for at least {1000 * cost.low:.4g} USD per 1,000 "
                        f"items: less for the money than {self.min_ratio:g} times the baseline's",
                        evidence={
                            "quality_high": float(ceilings[row]),
                            "cost_low_usd_per_1k": 1000 * cost.low,
                            "floor_quality_per_usd": floor,
                        },
                        remedy="a smaller min_ratio",
                        strategy="efficiency_floor",
                    )
                )
        return tuple(drops)

    def _gap_ceilings(self, view: SearchView) -> Floats:
        """(n_candidates,) upper bounds of the gap, infinite where nothing is known."""
        found = paired_gaps(view)
        bought = np.where(found.n_pairs >= self.min_items, t_upper(found, self.confidence), np.inf)
        if not is_like_learnt(view):
            return bought
        models = [view.model(candidate.id) for candidate in view.candidates]
        laws = [None if model is None else law_gap(model, view.setting.market, self.level) for model in models]
        by_law = np.array([np.inf if gap is None else gap for gap in laws], dtype=np.float64)
        return np.asarray(np.where(np.isinf(bought), by_law, bought), dtype=np.float64)
