"""Successive halving."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_count, require_range


@register("filter", "top_fraction", source="Jamieson & Talwalkar 2016, successive halving, arXiv 1502.07943")
@dataclass(frozen=True, slots=True, kw_only=True)
class TopFraction:
    """Keeps the best fraction of the candidates compared so far and drops the rest.

    Best means: the smallest shortfall against the baseline (a gap above -margin counts as none, since more quality
    earns nothing), then the lower expected cost, then the id. With `round_robin` and its `halving` = 1 / fraction it is
    successive halving, each rung a budget in dollars; with `racing` and `pareto_dominated` before it, only those whose
    upper bound clears -margin and who are not dominated are counted. It schedules and proves nothing. Candidates with
    fewer than `min_items` pairs are not judged and do not count; at least `min_left` judged ones stay, so that one
    candidate, or the baseline alone, stays. Score units; O(n_pool log n_pool).

    Attributes:
        fraction: of the judged to keep, in (0, 1].
        min_items: pairs with the baseline before anybody is judged.
        min_left: judged candidates that stay in any case.
    """

    fraction: float = 0.5
    min_items: int = 8
    min_left: int = 2

    def __post_init__(self) -> None:
        require_range(self, "fraction", 1e-6, 1.0)
        require_count(self, "min_items", 1)
        require_count(self, "min_left", 1)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        found, costs_usd = paired_gaps(view), expected_costs(view)
        judged = [c for c in view.pool if c != view.baseline_id and found.n_pairs[view.row[c]] >= self.min_items]
        shortfall = {c: min(0.0, float(found.gap[view.row[c]]) + view.task.margin) for c in judged}
        cost_usd = {c: float(np.nan_to_num(costs_usd[view.row[c]], nan=np.inf)) for c in judged}
        order = sorted(judged, key=lambda c: (-round(shortfall[c], 9), cost_usd[c], c))
        n_kept = max(self.min_left, ceil(self.fraction * len(order)))
        return tuple(
            Drop(
                candidate_id=candidate_id,
                reason=f"number {place} of {len(order)} compared, the best {n_kept} go on",
                evidence={
                    "place": float(place),
                    "n_kept": float(n_kept),
                    "gap": float(found.gap[view.row[candidate_id]]),
                },
                remedy="a larger fraction, or more items before halving",
                strategy="top_fraction",
            )
            for place, candidate_id in enumerate(order[n_kept:], start=n_kept + 1)
        )
