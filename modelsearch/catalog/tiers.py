"""The price tier of an endpoint, by rule: bands of blended list price, never a list of models."""

from collections.abc import Sequence
from datetime import datetime

from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.market import Endpoint, Tier


def tier_of(endpoint: Endpoint, tiers: Sequence[Tier], at: datetime) -> Tier | None:
    """The band [min, max) that holds the endpoint's blended price; None where the price is unknown or in no band."""
    price = blended_usd_per_mtok(endpoint, at.date())
    if price is None:
        return None
    for tier in tiers:
        if tier.min_usd_per_mtok <= price and (tier.max_usd_per_mtok is None or price < tier.max_usd_per_mtok):
            return tier
    return None
