"""The client's composite score."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.costs import expected_cost_usd
from modelsearch.search.paired_gaps import mean_scores, quality


@register("ranker", "weighted_objectives", source="client's strategy 4, Multi-Objective Optimization")
@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedObjectives:
    """Merit is the weighted mean of what cost, quality and latency leave to their limits; infeasible ones come last.

    cost: (limit - expected cost) / limit, limit = the client's or else the baseline's cost, which nobody may pass.
    quality: estimate / target, at most 1; target = the client's or else the baseline's estimate. latency: (limit - 95th
    percentile) / limit, only where the client set a limit. Terms without a limit or without data are left out and the
    weights of the task's requirements renormalised; without any term the merit is NaN. Who breaks a limit (min_quality
    among them) by its estimate keeps its order, 10 lower. Units cancel; equal terms tie. O(n_pool x n_items).
    """

    def rank(self, view: SearchView) -> Floats:
        terms = {"cost": _cost_term(view), "quality": _quality_term(view), "latency": _latency_term(view)}
        weights = view.task.requirements.weights
        total, weight = np.zeros(len(view.pool)), np.zeros(len(view.pool))
        is_feasible = _has_quality(view)
        for name, term in terms.items():
            has_term = ~np.isnan(term)
            total += np.where(has_term, np.nan_to_num(term) * weights.get(name, 0.0), 0.0)
            weight += has_term * weights.get(name, 0.0)
            is_feasible &= ~(np.nan_to_num(term) < 0)
        merit = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
        return np.asarray(np.where(is_feasible, merit, merit - 10.0), dtype=np.float64)


def _cost_term(view: SearchView) -> Floats:
    cost_usd = expected_cost_usd(view)
    limit = view.task.requirements.max_cost_usd_per_1k
    base_usd = cost_usd[view.pool.index(view.baseline_id)]
    limit_usd = float(np.fmin(base_usd, np.nan if limit is None else float(limit) / 1000))
    return (limit_usd - cost_usd) / limit_usd if limit_usd > 0 else np.full(len(cost_usd), np.nan)


def _pool_rows(view: SearchView) -> list[int]:
    return [view.row[candidate_id] for candidate_id in view.pool]


def _quality_term(view: SearchView) -> Floats:
    target = view.task.requirements.target_quality
    wanted = mean_scores(view)[view.row[view.baseline_id]] if target is None else target
    estimate = quality(view)[_pool_rows(view)]
    return np.minimum(estimate / wanted, 1.0) if wanted > 0 else np.full(len(estimate), np.nan)


def _has_quality(view: SearchView) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(n_pool,) False where the estimate is below the client's min_quality."""
    floor = view.task.requirements.min_quality
    estimate = quality(view)[_pool_rows(view)]
    return np.ones(len(estimate), dtype=np.bool_) if floor is None else ~(estimate < floor)


def _latency_term(view: SearchView) -> Floats:
    limit_s = view.task.requirements.max_latency_s
    if limit_s is None:
        return np.full(len(view.pool), np.nan)
    rows = np.asarray(view.outcomes.latency_s, dtype=np.float64)[_pool_rows(view)]
    p95_s = np.array([np.quantile(r[~np.isnan(r)], 0.95) if (~np.isnan(r)).any() else np.nan for r in rows])
    return np.asarray((limit_s - p95_s) / limit_s, dtype=np.float64)
