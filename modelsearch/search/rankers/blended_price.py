"""Cheap first."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.candidate import singles_of
from modelsearch.core.ids import CandidateId
from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView


@register(
    "ranker", "blended_price", source="client's strategy 1, cost filtering; list price at 3 input to 1 output tokens"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class BlendedPrice:
    """Merit is minus the blended list price: the cheaper, the earlier.

    Price in USD per Mtok at three input tokens to one output token, on the market's date; a composite has the sum of
    its members'. NaN where a price is unknown; equal prices have equal merit. Reads no outcomes, so one
    candidate, or none bought, changes nothing. O(n_pool).
    """

    def rank(self, view: SearchView) -> Floats:
        return np.array([-_price(view, candidate_id) for candidate_id in view.pool], dtype=np.float64)


def _price(view: SearchView, candidate_id: CandidateId) -> float:
    market = view.setting.market
    endpoints = [market.endpoints[single.endpoint_id] for single in singles_of(view.candidate(candidate_id))]
    prices = [blended_usd_per_mtok(endpoint, market.as_of) for endpoint in endpoints]
    return float(sum(np.nan if price is None else float(price) for price in prices))
