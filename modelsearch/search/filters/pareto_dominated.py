"""Surely worse and no cheaper than another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import mean_scores
from modelsearch.search.parameters import require_count, require_range
from modelsearch.stats.intervals import wilson


@register(
    "filter",
    "pareto_dominated",
    source="client's strategy 3, Pareto frontier; Wilson 1927, doi:10.1080/01621459.1927.10502953",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoDominated:
    """Drops a candidate whose quality is surely below that of another live one that costs no more.

    "Surely" is by intervals of bought scores: its upper bound lies below the other's lower bound (Wilson, valid for any
    score in [0, 1], narrowed where many of all items are bought). Published scores never dominate anybody. Quality in
    score units, cost in USD per item, expected. Nobody is dropped who has fewer than `min_items` scored items, an
    unknown cost, or only a tie against it; the baseline, or one candidate, stays. O(n_pool^2).

    Attributes:
        min_items: scored items that both sides need, at least 1.
        level: coverage of each interval, in (0, 1).
    """

    min_items: int = 8
    level: float = 0.95

    def __post_init__(self) -> None:
        require_count(self, "min_items", 1)
        require_range(self, "level", 0.01, 0.9999)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        ids = sorted(view.pool)
        rows = np.array([view.row[c] for c in ids])
        n_scored = (~np.isnan(view.outcomes.score[rows])).sum(axis=1).astype(np.float64)
        mean = mean_scores(view)[rows]
        low, high = wilson(mean, n_scored, float(len(view.setting.item_ids)), self.level)
        cost_usd = expected_costs(view)[rows]
        is_judged = (n_scored >= self.min_items) & ~np.isnan(cost_usd)
        drops = []
        for i, candidate_id in enumerate(ids):
            if candidate_id == view.baseline_id or not is_judged[i]:
                continue
            is_over = is_judged & (low > high[i]) & (cost_usd <= cost_usd[i])
            if is_over.any():
                best = int(np.argmax(np.where(is_over, low, -np.inf)))
                drops.append(
                    Drop(
                        candidate_id=candidate_id,
                        reason=f"quality at most {high[i]:.3f}, while {ids[best]} has at least {low[best]:.3f} "
                        "for no more money",
                        evidence={
                            "quality_high": float(high[i]),
                            "dominator_quality_low": float(low[best]),
                            "cost_usd_per_1k": float(1000 * cost_usd[i]),
                            "dominator_cost_usd_per_1k": float(1000 * cost_usd[best]),
                            "n_items": float(n_scored[i]),
                            "level": self.level,
                        },
                        remedy="buy more items before this filter, or raise its level",
                        strategy="pareto_dominated",
                    )
                )
        return tuple(drops)
