"""What was measured, at tonight's prices, free of charge."""

from collections.abc import Mapping
from dataclasses import replace

from modelsearch.core.ids import EndpointId
from modelsearch.core.nights import Standing, TokenUse
from modelsearch.nights.night import Offer

PER_MTOK = 1e6


def rerated(standing: Standing, offers: Mapping[EndpointId, Offer]) -> Standing:
    """The standing at tonight's prices; as it was where one of them is unknown.

    What was billed may differ from tokens times list price (caches, fees): the measured cost moves in the ratio of the
    two price lists.
    """
    rated_usd = _rated_usd(standing, offers)
    if rated_usd is None or rated_usd == standing.rated_usd:
        return standing
    factor = rated_usd / standing.rated_usd if standing.rated_usd > 0 else 1.0
    return replace(standing, cost_usd=standing.cost_usd * factor, rated_usd=rated_usd)


def with_uses(standing: Standing, offer: Offer | None) -> Standing:
    """The standing with tokens by endpoint, which of a single are its own."""
    if standing.uses or offer is None:
        return standing
    own = TokenUse(endpoint_id=offer.endpoint_ids[0], tokens_in=standing.tokens_in, tokens_out=standing.tokens_out)
    return replace(standing, uses=(own,))


def _rated_usd(standing: Standing, offers: Mapping[EndpointId, Offer]) -> float | None:
    total = 0.0
    for use in standing.uses:
        offer = offers.get(use.endpoint_id)
        if offer is None or offer.usd_per_mtok_input is None or offer.usd_per_mtok_output is None:
            return None
        total += use.tokens_in * offer.usd_per_mtok_input + use.tokens_out * offer.usd_per_mtok_output
    return total / PER_MTOK if standing.uses else None
