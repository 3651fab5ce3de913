"""models.dev, `GET /api.json`: models of most providers with their own prices, in USD per Mtok, kept by a community.

Days late at times, but the best of those that are not the provider itself. A missing `cost` is unknown, and so is a 0:
decoders with defaults have put it there. Only the providers of our catalogue are read. A model that is withdrawn is
absent; `status: deprecated` names no day.
Source: https://models.dev (MIT).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from modelsearch.catalog.sources.fields import (
    count_of,
    day_of,
    is_chat_name,
    is_free_variant,
    list_of,
    model_id_of,
    name_of,
    object_of,
    words_of,
)
from modelsearch.catalog.sources.payload import values_of
from modelsearch.catalog.sources.rows import PriceReader, When, checked_rows, listing, unnamed
from modelsearch.core.errors import CatalogError
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Rate, RateKind
from modelsearch.core.offering import Listing, Offering

SOURCE = "models.dev"
PROVIDERS: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "alibaba", "anthropic", "cerebras", "cohere", "deepinfra", "deepseek", "google", "groq", "minimax",
            "mistral", "moonshotai", "openai", "openrouter", "xai", "zai",
        )
    },
    "fireworks-ai": "fireworks",
    "togetherai": "together",
}  # fmt: skip
"""Their name of a provider and ours."""
_OVER_200K = 200_000
_PRICES: Mapping[str, RateKind] = {
    "input": "input",
    "output": "output",
    "reasoning": "reasoning",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}
_ABLE = {"tool_call": "tools", "structured_output": "json_schema", "reasoning": "reasoning"}


def listing_of(body: bytes, *, observed_at: datetime, names: Mapping[str, str] = PROVIDERS) -> Listing:
    """The models of our providers.

    Args:
        body: raw.
        observed_at: when it was read, with a time zone.
        names: their name of each provider that is read, and ours.

    Raises:
        CatalogError: the payload is no such listing.
    """
    (value,) = values_of(body, SOURCE)[:1] or (None,)
    providers = object_of(value)
    if not any("models" in object_of(each) for each in providers.values()):
        message = (
            f"source {SOURCE}: expected {{provider: {{models: {{...}}}}}}, got {type(value).__name__} without one: "
            "the last good catalogue stays in force; look at the source"
        )
        raise CatalogError(message)
    rows = [(ours, name, row) for theirs, ours in names.items() for name, row in _models(providers, theirs)]
    checked_rows(rows, SOURCE, "models")
    notes: list[str] = []
    found = [_row(ProviderId(ours), name, object_of(row), observed_at, notes) for ours, name, row in rows]
    return listing(SOURCE, body, observed_at, found, notes)


def _models(providers: Mapping[str, Any], name: str) -> Iterator[tuple[str, object]]:
    yield from object_of(object_of(providers.get(name)).get("models")).items()


def _row(
    provider_id: ProviderId, name: str, row: Mapping[str, Any], observed_at: datetime, notes: list[str]
) -> Offering | str | None:
    wire = name_of(name)
    if not wire or not row:
        return unnamed(SOURCE, name)
    if not is_chat_name(wire) or words_of(object_of(row.get("modalities")).get("output")) - {"text"}:
        return None
    where = f"{provider_id}/{wire}"
    reader = PriceReader(
        source=SOURCE,
        observed_on=observed_at.date(),
        where=f"{SOURCE}: {where}",
        is_free=is_free_variant(wire),
        problems=notes,
    )
    limit = object_of(row.get("limit"))
    return Offering(
        endpoint_id=EndpointId(where),
        model_id=model_id_of(wire),
        provider_id=provider_id,
        wire_name=wire,
        source=SOURCE,
        rates=tuple(_rates(object_of(row.get("cost")), reader)),
        context_tokens=count_of(limit.get("context")),
        max_output_tokens=count_of(limit.get("output")),
        capabilities=_capabilities(row),
        released=day_of(row.get("release_date")),
        is_open_weights=row["open_weights"] if isinstance(row.get("open_weights"), bool) else None,
    )


def _rates(cost: Mapping[str, Any], reader: PriceReader) -> Iterator[Rate]:
    """Base prices, and those of longer prompts; of two rows over the same length the explicit tier wins."""
    yield from reader.rates(_stated(cost))
    tiers = {_OVER_200K: object_of(cost.get("context_over_200k"))}
    for entry in map(object_of, list_of(cost.get("tiers"))):
        tier = object_of(entry.get("tier"))
        size = count_of(tier.get("size"))
        if tier.get("type") == "context" and size is not None:
            tiers[size] = entry
    for size, prices in tiers.items():
        yield from reader.rates(_stated(prices), When(min_prompt_tokens=size))


def _stated(prices: Mapping[str, Any]) -> dict[RateKind, object]:
    return {kind: prices.get(key) for key, kind in _PRICES.items()}


def _capabilities(row: Mapping[str, Any]) -> frozenset[str] | None:
    flags = {flag for key, flag in _ABLE.items() if row.get(key) is True}
    if row.get("temperature") is False:
        flags.add("no_temperature")
    if "cache_read" in object_of(row.get("cost")):
        flags.add("prompt_cache")
    return frozenset(flags) if flags or set(_ABLE) & set(row) else None
