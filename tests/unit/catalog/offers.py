"""Offerings, listings and states in few words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Rate, RateKind
from modelsearch.core.offering import CatalogState, Listing, Offering

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
EMPTY = CatalogState(observed_at=NOW - timedelta(days=30))


def rate(kind: RateKind, usd: str | None, source: str = "acme", **told: Any) -> Rate:
    return Rate(kind=kind, usd=None if usd is None else Decimal(usd), source=source, **told)


def plain(usd_in: str | None = "1", usd_out: str | None = "4", source: str = "acme") -> tuple[Rate, ...]:
    return rate("input", usd_in, source), rate("output", usd_out, source)


def offer(name: str = "one", source: str = "acme", provider: str = "acme", **told: Any) -> Offering:
    return Offering(
        endpoint_id=EndpointId(f"{provider}/{name}"),
        model_id=ModelId(name),
        provider_id=ProviderId(provider),
        wire_name=name,
        source=source,
        **{"rates": plain(source=source), **told},
    )


def listed(*offerings: Offering, source: str = "acme", at: datetime = NOW) -> Listing:
    return Listing(source=source, observed_at=at, sha256="0" * 64, offerings=offerings)


def usd_of(rates: tuple[Rate, ...]) -> Mapping[str, Decimal | None]:
    """USD by kind, with the processing and the length of prompt where they are not plain."""
    return {
        " ".join(
            filter(
                None,
                (
                    each.kind,
                    "" if each.processing == "standard" else each.processing,
                    f"{each.min_prompt_tokens or ''}",
                    "-".join(each.utc_window or ()),
                ),
            )
        ): each.usd
        for each in rates
    }
