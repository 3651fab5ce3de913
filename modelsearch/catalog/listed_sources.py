"""The sources that a catalogue sync reads: where each is, how it is asked, and what makes a listing of its payload.

A sync goes over `SOURCES`: `providers.fetch.fetch_source` gives a payload, `listing_of` a listing (or `CatalogError`),
`sync_guards.checked` accepts or refuses it, `reconcile.reconciled` joins all that were accepted, and
`sync_guards.moved` says whether the outcome is too much for a machine to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal, Protocol

from modelsearch.catalog.sources import genai_prices, models_dev, openrouter_models, provider_listing
from modelsearch.catalog.sources.payload import MAX_BYTES
from modelsearch.core.errors import CatalogError
from modelsearch.core.ids import ProviderId
from modelsearch.core.offering import Listing

Paging = Literal["none", "after_id", "page_token", "next_link"]


class ListingOf(Protocol):
    """What makes a listing of a payload, or raises `CatalogError`."""

    def __call__(self, body: bytes, *, observed_at: datetime) -> Listing: ...


def no_listing(body: bytes, *, observed_at: datetime) -> Listing:
    """Of a source whose payload is read by hand.

    Raises:
        CatalogError: always.
    """
    message = (
        f"a payload of {len(body)} bytes at {observed_at:%Y-%m-%d %H:%M} was given no reader: name one in SourceSpec"
    )
    raise CatalogError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """One source.

    Attributes:
        name: of its listings; a provider's own listing is named as the provider is.
        url: a path joined to the provider's base URL, or a whole URL where there is no provider.
        provider_id: whose base URL and key; None = anybody may read it.
        listing_of: raw payload -> listing, pure.
        paging: how it is cut into pages.
        auth_header: where the key goes; `authorization` takes it as a bearer.
        headers: sent besides.
        is_key_needed: False = it is read without a key where there is none.
        max_bytes: of the payload, decompressed, all pages together.
    """

    name: str
    url: str
    listing_of: ListingOf = no_listing
    provider_id: ProviderId | None = None
    paging: Paging = "none"
    auth_header: str = "authorization"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_key_needed: bool = True
    max_bytes: int = MAX_BYTES


def _own(name: str, url: str = "/models") -> SourceSpec:
    """The listing of a provider that takes its key as a bearer."""
    return SourceSpec(
        name=name, url=url, provider_id=ProviderId(name), listing_of=partial(provider_listing.listing_of, source=name)
    )


SOURCES: tuple[SourceSpec, ...] = (
    SourceSpec(
        name=openrouter_models.SOURCE,
        url="/models",
        provider_id=ProviderId("openrouter"),
        listing_of=openrouter_models.listing_of,
        paging="next_link",
        is_key_needed=False,
    ),
    SourceSpec(name=models_dev.SOURCE, url="https://models.dev/api.json", listing_of=models_dev.listing_of),
    SourceSpec(
        name=genai_prices.SOURCE,
        url="https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json",
        listing_of=genai_prices.listing_of,
    ),
    _own("openai"),
    SourceSpec(
        name="anthropic",
        url="/models?limit=1000",
        provider_id=ProviderId("anthropic"),
        listing_of=partial(provider_listing.listing_of, source="anthropic"),
        paging="after_id",
        auth_header="x-api-key",
        headers={"anthropic-version": "2023-06-01"},
    ),
    SourceSpec(
        name="google",
        url="/models?pageSize=1000",
        provider_id=ProviderId("google"),
        listing_of=partial(provider_listing.listing_of, source="google"),
        paging="page_token",
        auth_header="x-goog-api-key",
    ),
    _own("mistral"),
    _own("groq"),
    _own("together"),
    _own("deepseek"),
)
