"""Which sources a sync reads: those of the catalogue's providers, or the pages of a running emulator."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from modelsearch.catalog.listed_sources import SOURCES, ListingOf, SourceSpec
from modelsearch.catalog.sources import models_dev, openrouter_models, provider_listing
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.offering import Listing

EMULATOR_PAGES = "/__emulator/listing/sources"


def sources_of(market: Market) -> tuple[SourceSpec, ...]:
    """The known sources, without the listings of providers that the market does not have."""
    return tuple(spec for spec in SOURCES if spec.provider_id is None or spec.provider_id in market.providers)


def pages_spec(url: str) -> SourceSpec:
    """Where a running emulator tells of its pages; no listing of models itself."""
    return SourceSpec(name="emulator", url=url.rstrip("/") + EMULATOR_PAGES, listing_of=models_dev.listing_of)


def emulated_sources(url: str, told: bytes) -> tuple[SourceSpec, ...]:
    """The catalogue pages of an emulator, read under the names of its own providers.

    Args:
        url: of the emulator.
        told: what it answers at `EMULATOR_PAGES`.

    Raises:
        OptionError: the answer is not an emulator's.
    """
    try:
        pages: list[Mapping[str, str]] = list(json.loads(told))
        names = {page["provider"]: page["provider"] for page in pages if page["provider"]}
        return tuple(_spec(url.rstrip("/"), page, names) for page in pages)
    except (ValueError, TypeError, KeyError) as error:
        message = f"--emulator-url {url}: expected a running `modelsearch emulate`, got another answer ({error})"
        raise OptionError(message) from error


def _spec(url: str, page: Mapping[str, str], names: Mapping[str, str]) -> SourceSpec:
    shape, provider_id = page["shape"], page["provider"]
    if not provider_id:
        read: ListingOf = partial(models_dev.listing_of, names=names)
        return SourceSpec(name=shape, url=url + page["path"], listing_of=read)
    read = openrouter_models.listing_of
    if shape != openrouter_models.SOURCE:
        read = partial(provider_listing.listing_of, source=shape)
    return SourceSpec(name=provider_id, url=url + page["path"], listing_of=_Renamed(read, ProviderId(provider_id)))


class _Renamed:
    """Reads a listing of a known shape as that of another provider."""

    def __init__(self, read: ListingOf, provider_id: ProviderId) -> None:
        self._read = read
        self._provider_id = provider_id

    def __call__(self, body: bytes, *, observed_at: datetime) -> Listing:
        listing = self._read(body, observed_at=observed_at)
        own = self._provider_id
        changes: Iterable[tuple[Any, dict[str, Any]]] = (
            (each, {"endpoint_id": EndpointId(f"{own}/{each.wire_name}"), "provider_id": own, "source": str(own)})
            for each in listing.offerings
        )
        return replace(listing, source=str(own), offerings=tuple(replace(each, **told) for each, told in changes))
