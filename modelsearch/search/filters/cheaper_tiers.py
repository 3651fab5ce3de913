"""Only tiers below the baseline's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.parameters import require_count
from modelsearch.search.rankers.tier_order import TierOrder


@register("filter", "cheaper_tiers", source="client's strategy 1, Performance-Based Tiering: only lower-cost tiers")
@dataclass(frozen=True, slots=True, kw_only=True)
class CheaperTiers:
    """Drops who is not in a cheaper price tier than the baseline.

    Tiers are the catalogue's bands of blended list price in USD per Mtok (3 input to 1 output): a rule, no list of
    names. A list price is not a cost: of two models of one tier one may use ten times the tokens, so this is coarser
    than `price_ceiling`, and a candidate one tier down at many more tokens passes it.

    Who is in no tier (unknown price, composite) stays, and so do all where the baseline has none. Where fewer than
    `n_steps` tiers are below the baseline's nothing is dropped: there prices within the tier have to tell. Reads no
    outcomes; ties within a tier leave together; the baseline stays. O(n_pool log n_tiers).

    Attributes:
        n_steps: tiers to go down at least; 0 keeps the baseline's own tier and drops the dearer ones.
    """

    n_steps: int = 1

    def __post_init__(self) -> None:
        require_count(self, "n_steps", 0)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        tier_numbers = dict(zip(view.pool, -TierOrder().rank(view), strict=True))
        base = tier_numbers[view.baseline_id]
        if np.isnan(base) or base < self.n_steps:
            return ()
        names = [tier.name for tier in sorted(view.setting.market.tiers, key=lambda tier: tier.min_usd_per_mtok)]
        return tuple(
            Drop(
                candidate_id=candidate_id,
                reason=f"in price tier {names[int(number)]}, the baseline is in {names[int(base)]}",
                evidence={"tier": float(number), "baseline_tier": float(base)},
                remedy="leave this filter out of the plan: price_ceiling looks at costs and not at tiers",
                strategy="cheaper_tiers",
            )
            for candidate_id, number in sorted(tier_numbers.items())
            if candidate_id != view.baseline_id and number > base - self.n_steps
        )
