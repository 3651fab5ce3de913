"""Surely worse than another that surely costs no more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Bools, Drop, Floats, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.objectives import CLIENT_LIMITS, latencies_s, objectives
from modelsearch.search.paired_gaps import mean_scores
from modelsearch.search.parameters import require_count, require_flag, require_range
from modelsearch.stats.intervals import wilson

MAX_TRIED = 4
"""Better candidates that are tried for each, the cheapest first: beyond them hardly anybody dominates."""


@register(
    "filter",
    "pareto_dominated",
    source="client's strategy 3, Pareto frontier; Wilson 1927, doi:10.1080/01621459.1927.10502953; Student 1908, "
    "doi:10.1093/biomet/6.1.1",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoDominated:
    """Drops a candidate whose quality is surely below that of another live one that surely costs no more.

    "Surely" is by bounds on what was bought: its upper bound of quality lies below the other's lower bound (Wilson,
    valid for any score in [0, 1], narrowed where many of all items are bought), and the mean difference of their costs
    on the items both have is at most 0 by its upper bound (Student's t); the same of latency where it is an objective
    or the client limits it. Published scores and list prices never dominate anybody, nor does who breaks a limit of
    the client's. Score units, USD and s per item. Nobody is dropped who has fewer than `min_items` scored items or
    shared costs, or only a tie against it; the baseline, or one candidate, stays. O(n_pool^2 + n_pool x n_items).

    Attributes:
        min_items: items that both sides need, at least 1.
        level: two-sided coverage of each bound, in (0, 1).
        has_latency: whether the dominator must surely be no slower too, without a limit of the client's.
    """

    min_items: int = 8
    level: float = 0.95
    has_latency: bool = False

    def __post_init__(self) -> None:
        require_count(self, "min_items", 1)
        require_range(self, "level", 0.01, 0.9999)
        require_flag(self, "has_latency")

    def drop(self, view: SearchView) -> Sequence[Drop]:
        ids = sorted(view.pool)
        rows = np.array([view.row[c] for c in ids])
        n_scored = (~np.isnan(view.outcomes.score[rows])).sum(axis=1).astype(np.float64)
        low, high = wilson(mean_scores(view)[rows], n_scored, float(len(view.setting.item_ids)), self.level)
        costs_usd = np.nan_to_num(expected_costs(view)[rows], nan=np.inf)
        is_judged, can_dominate = n_scored >= self.min_items, _keeps_limits(view, ids)
        measures = self._measures(view)
        drops = []
        for i in np.flatnonzero(is_judged & (rows != view.row[view.baseline_id])):
            better = np.flatnonzero(is_judged & can_dominate & (low > high[i]))
            tried = better[np.argsort(costs_usd[better], kind="stable")][:MAX_TRIED]
            sure = [j for j in tried if all(self._is_no_more(m[rows[j]], m[rows[i]]) for m in measures)]
            if sure:
                best = max(sure, key=lambda j: (low[j], -j))
                evidence = {"n_items": float(n_scored[i]), "level": self.level}
                evidence |= {"quality_high": float(high[i]), "dominator_quality_low": float(low[best])}
                evidence |= _costs_per_1k(view, int(rows[i]), int(rows[best]))
                drops.append(_drop(ids[i], ids[best], evidence))
        return tuple(drops)

    def _measures(self, view: SearchView) -> list[Floats]:
        """(n_candidates, n_items) costs, and latencies where they matter; NaN = not known."""
        is_limited = view.task.requirements.max_latency_s is not None
        return [view.outcomes.cost_usd, *([latencies_s(view)] if self.has_latency or is_limited else [])]

    def _is_no_more(self, one: Floats, other: Floats) -> bool:
        """Whether the mean of (n_items,) `one` is surely at most that of `other`, on the items that both have."""
        difference = (one - other)[~np.isnan(one + other)]
        n = len(difference)
        if n < self.min_items or (n < 2 and n < len(one)):
            return False
        error = difference.std(ddof=1) * np.sqrt((1 - n / len(one)) / n) if n > 1 else 0.0
        width = stdtrit(max(n - 1, 1), 0.5 + self.level / 2) * error
        return bool(difference.mean() + width <= 1e-9 * np.abs(difference).max())


def _keeps_limits(view: SearchView, ids: Sequence[CandidateId]) -> Bools:
    """(n_ids,) whether each keeps the client's own limits as far as is known."""
    kept, wanted = np.ones(len(view.pool), dtype=np.bool_), view.task.requirements
    if wanted.min_quality is None and wanted.max_latency_s is None and wanted.min_context_tokens is None:
        return kept
    found = objectives(view)
    for name in CLIENT_LIMITS[1:]:
        kept &= found.feasible.get(name, kept)
    by_id = dict(zip(view.pool, kept.tolist(), strict=True))
    return np.array([by_id[candidate_id] for candidate_id in ids], dtype=np.bool_)


def _costs_per_1k(view: SearchView, row: int, dominator: int) -> dict[str, float]:
    """Bought mean costs on the items that both have, in USD per 1,000 items."""
    cost_usd = view.outcomes.cost_usd[[row, dominator]]
    own, other = 1000 * cost_usd[:, ~np.isnan(cost_usd).any(axis=0)].mean(axis=1)
    return {"cost_usd_per_1k": float(own), "dominator_cost_usd_per_1k": float(other)}


def _drop(candidate_id: CandidateId, dominator_id: CandidateId, evidence: dict[str, float]) -> Drop:
    return Drop(
        candidate_id=candidate_id,
        reason=f"quality at most {evidence['quality_high']:.3f}, while {dominator_id} has at least "
        f"{evidence['dominator_quality_low']:.3f} for no more money",
        evidence=evidence,
        remedy="buy more items before this filter, or raise its level",
        strategy="pareto_dominated",
    )
