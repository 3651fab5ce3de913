"""Nothing dearer than the baseline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.parameters import require_range


@register(
    "filter", "price_ceiling", source="client's strategy 1, cost filtering: only models cheaper than the baseline"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCeiling:
    """Drops who is expected to cost as much as the baseline, or more than the client's limit.

    Costs are expected USD per item: list costs while nothing is bought, then what was bought and list costs scaled by
    it, so that hidden reasoning tokens of the baseline raise the ceiling once they are seen. A list cost knows prices
    and guesses tokens: until both the baseline and the candidate are bought the ceiling is `list_slack` times as high
    (unless the setting says that its costs are known), or a baseline that thinks at length would lose its best
    successor to its own low list price. An unknown price is dropped too: money that is not known cannot be reserved.
    Where the baseline's own cost is unknown, only the client's limit holds. Compute seconds are on no price list, so
    who bills them is judged, and sets the ceiling, only once some items are bought. Reads no scores; with the baseline
    alone nothing is dropped; equal cost is dropped, since it saves nothing. O(n_pool).

    Attributes:
        max_share: of the baseline's expected cost, above 0; candidates at or above it go.
        list_slack: factor on the ceiling while list prices are all there is, at least 1.
    """

    max_share: float = 1.0
    list_slack: float = 2.0

    def __post_init__(self) -> None:
        require_range(self, "max_share", 1e-6, 1e6)
        require_range(self, "list_slack", 1.0, 1e6)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        return tuple(self._drops(view))

    def _drops(self, view: SearchView) -> Iterator[Drop]:
        costs_usd = expected_costs(view)
        base_usd = float(np.nan_to_num(costs_usd[view.row[view.baseline_id]], nan=np.inf))
        ceiling_usd = np.inf if _is_guess(view, view.baseline_id) else base_usd * self.max_share
        limit = view.task.requirements.max_cost_usd_per_1k
        limit_usd = np.inf if limit is None else float(limit) / 1000
        for candidate_id in view.pool:
            if candidate_id == view.baseline_id:
                continue
            cost_usd = float(costs_usd[view.row[candidate_id]])
            if _is_guess(view, candidate_id) and not np.isnan(cost_usd):
                continue
            slack = self.list_slack if _is_list_cost(view, candidate_id) else 1.0
            if drop := _verdict(candidate_id, cost_usd, ceiling_usd * slack, limit_usd):
                yield drop


def _is_list_cost(view: SearchView, candidate_id: CandidateId) -> bool:
    """Whether the comparison with the baseline rests on list prices at guessed tokens."""
    is_bought = view.n_bought(candidate_id) > 0 and view.n_bought(view.baseline_id) > 0
    return not is_bought and not view.setting.is_cost_known


def _is_guess(view: SearchView, candidate_id: CandidateId) -> bool:
    """Whether the expected cost rests on compute seconds that nobody has seen yet."""
    endpoint = view.endpoint(candidate_id)
    is_timed = endpoint is not None and any(rate.kind == "compute_second" and rate.usd for rate in endpoint.rates)
    return is_timed and view.n_bought(candidate_id) == 0


def _verdict(candidate_id: CandidateId, cost_usd: float, ceiling_usd: float, limit_usd: float) -> Drop | None:
    if np.isnan(cost_usd):
        reason, remedy = "price unknown, so its calls cannot be reserved for", "add its rates to the catalogue"
        return Drop(candidate_id=candidate_id, reason=reason, remedy=remedy, strategy="price_ceiling")
    if cost_usd >= ceiling_usd:
        reason = (
            f"at {1000 * cost_usd:.4g} USD per 1,000 items not below the baseline's ceiling of {1000 * ceiling_usd:.4g}"
        )
        remedy, limit = "a lower price, or a dearer baseline", ceiling_usd
    elif cost_usd > limit_usd:
        reason = f"at {1000 * cost_usd:.4g} USD per 1,000 items above the limit of {1000 * limit_usd:.4g}"
        remedy, limit = "raise --max-cost-usd-per-1k", limit_usd
    else:
        return None
    evidence = {"cost_usd_per_1k": 1000 * cost_usd, "limit_usd_per_1k": 1000 * limit}
    return Drop(candidate_id=candidate_id, reason=reason, evidence=evidence, remedy=remedy, strategy="price_ceiling")
