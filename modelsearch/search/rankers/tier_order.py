"""From the cheapest tier upwards."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView


@register("ranker", "tier_order", source="client's strategy 1, Performance-Based Tiering")
@dataclass(frozen=True, slots=True, kw_only=True)
class TierOrder:
    """Merit is minus the number of the price tier, 0 the cheapest; within a tier all are equal.

    Tiers are bands of blended list price (USD per Mtok, 3 input to 1 output) from the catalogue, a rule and no list of
    names. Tiers below the baseline's are where savings are, and they come first by themselves. NaN where the price is
    unknown, for composites, and where the catalogue has no tiers. Reads no outcomes. O(n_pool log n_tiers).
    """

    def rank(self, view: SearchView) -> Floats:
        floors = sorted(float(tier.min_usd_per_mtok) for tier in view.setting.market.tiers)
        return np.array([_merit(view, candidate_id, floors) for candidate_id in view.pool], dtype=np.float64)


def _merit(view: SearchView, candidate_id: CandidateId, floors: list[float]) -> float:
    endpoint = view.endpoint(candidate_id)
    price = None if endpoint is None else blended_usd_per_mtok(endpoint, view.setting.market.as_of)
    return float("nan") if price is None or not floors else -float(max(0, bisect_right(floors, price) - 1))
