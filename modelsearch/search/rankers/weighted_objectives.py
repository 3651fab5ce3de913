"""The client's composite score."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.objectives import CLIENT_LIMITS, OBJECTIVES, objectives

INFEASIBLE = 10.0
"""What a broken limit takes from the merit: more than all terms can differ."""


@register("ranker", "weighted_objectives", source="client's strategy 4, Multi-Objective Optimization")
@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedObjectives:
    """Merit is the weighted mean of what cost, quality and latency leave to their limits; infeasible ones come last.

    cost: (limit - expected cost) / limit, limit = the client's or else the baseline's cost, which nobody may pass.
    quality: estimate / target, at most 1; target = the client's or else the baseline's estimate. latency: (limit - 95th
    percentile) / limit, only where the client set a limit; of an ensemble the longest member counts on each item, of a
    cascade the sum of the legs reached. Terms without a limit or without data are left out and the weights of the
    task's requirements renormalised; without any term the merit is NaN. Who breaks a limit of the client's by its
    estimate keeps its order, 10 lower; who is merely below the baseline's quality does not break one. Units cancel;
    equal terms tie; one candidate has its own merit. O(n_candidates x n_items).
    """

    def rank(self, view: SearchView) -> Floats:
        found = objectives(view)
        weights = view.task.requirements.weights
        total, weight = np.zeros(len(view.pool)), np.zeros(len(view.pool))
        for name in OBJECTIVES:
            term = found.terms.get(name, np.full(len(view.pool), np.nan))
            total += np.nan_to_num(term) * weights.get(name, 0.0)
            weight += ~np.isnan(term) * weights.get(name, 0.0)
        merit = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
        is_feasible = np.ones(len(total), dtype=np.bool_)
        for name in CLIENT_LIMITS:
            is_feasible &= found.feasible.get(name, is_feasible)
        return np.asarray(np.where(is_feasible, merit, merit - INFEASIBLE), dtype=np.float64)
