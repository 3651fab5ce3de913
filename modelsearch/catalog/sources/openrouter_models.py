"""OpenRouter's list of models, `GET /models`: the only provider that tells prices, limits and last days of all it has.

Prices are decimal strings in USD a token, with conditions (`overrides`) and a `discount`; -1 means unknown. A `:free`
variant costs nothing, within narrow limits. Routers (`openrouter/auto`) are no model and are left out; `~maker/name`
is an alias, whose target is its revision; of others the dated slug is. `created` is when it was listed, no release.
Source: https://openrouter.ai/docs/api-reference/list-available-models.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from modelsearch.catalog.sources.fields import (
    count_of,
    day_of,
    is_chat_name,
    is_free_variant,
    list_of,
    model_id_of,
    name_of,
    number_of,
    object_of,
    text_of,
    words_of,
)
from modelsearch.catalog.sources.openrouter import capabilities_of
from modelsearch.catalog.sources.openrouter_prices import Terms, rates_of
from modelsearch.catalog.sources.payload import values_of
from modelsearch.catalog.sources.rows import MAX_KNOWN_USD, checked_rows, listing, unnamed
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Rate
from modelsearch.core.offering import Listing, Offering

SOURCE = "openrouter"
_ROUTERS = "openrouter/"
_PRICES = ("prompt", "completion", "input_cache_read", "input_cache_write", "internal_reasoning", "request")


def listing_of(body: bytes, *, observed_at: datetime) -> Listing:
    """The models of a payload, of one page or several.

    Raises:
        CatalogError: the payload is no such listing.
    """
    pages = values_of(body, SOURCE)
    rows = [row for page in pages for row in checked_rows(object_of(page).get("data"), SOURCE, "{data: [...]}")]
    checked_rows(rows, SOURCE, "{data: [...]}")
    notes = [note for row in rows for note in _notes(object_of(row))]
    return listing(SOURCE, body, observed_at, (_row(object_of(row), observed_at.date()) for row in rows), notes)


def _row(row: Mapping[str, Any], observed_on: date) -> Offering | str | None:
    wire = name_of(row.get("id"))
    if not wire:
        return unnamed(SOURCE, row.get("id"))
    outputs = words_of(object_of(row.get("architecture")).get("output_modalities"))
    if (wire.startswith(_ROUTERS) and _is_router(row)) or not is_chat_name(wire) or outputs - {"text"}:
        return None
    top, parameters = object_of(row.get("top_provider")), words_of(row.get("supported_parameters"))
    target = name_of(object_of(row.get("alias_target")).get("slug"))
    return Offering(
        endpoint_id=EndpointId(f"{SOURCE}/{wire}"),
        model_id=model_id_of(wire),
        provider_id=ProviderId(SOURCE),
        wire_name=wire,
        source=SOURCE,
        rates=_rates(object_of(row.get("pricing")), wire, observed_on),
        context_tokens=_smaller(count_of(row.get("context_length")), count_of(top.get("context_length"))),
        max_output_tokens=count_of(top.get("max_completion_tokens")),
        capabilities=capabilities_of(parameters, row) if parameters else None,
        deprecated_on=day_of(row.get("expiration_date")),
        revision=target or name_of(row.get("canonical_slug")),
        is_open_weights=True if text_of(row.get("hugging_face_id")) else None,
    )


def _rates(pricing: Mapping[str, Any], wire: str, observed_on: date) -> tuple[Rate, ...]:
    terms = Terms(is_free=is_free_variant(wire), max_usd=MAX_KNOWN_USD)
    return tuple(replace(rate, source=SOURCE) for rate in rates_of(pricing, observed_on, terms))


def _is_router(row: Mapping[str, Any]) -> bool:
    """Whether the price is the sentinel, since it depends on the model that will be chosen."""
    number = number_of(object_of(row.get("pricing")).get("prompt"))
    return number is None or number < 0


def _notes(row: Mapping[str, Any]) -> Iterator[str]:
    """Prices that are none, of what is no router."""
    wire = name_of(row.get("id"))
    if wire.startswith(_ROUTERS):
        return
    pricing = object_of(row.get("pricing"))
    for at in (pricing, *map(object_of, list_of(pricing.get("overrides")))):
        for key in _PRICES:
            number = number_of(at.get(key))
            if at.get(key) is not None and (number is None or number < 0):
                yield f"{SOURCE}/{wire}: {key}: expected a price >= 0, got {str(at[key])[:40]!r}: it is unknown"


def _smaller(told: int | None, served: int | None) -> int | None:
    """The context of the model and that of who serves it: the call has to fit both."""
    known = [tokens for tokens in (told, served) if tokens is not None]
    return min(known, default=None)
