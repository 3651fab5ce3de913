"""genai-prices, `data.json`: a second opinion on prices, and the one source of batch prices and of prices by the hour.

A list of providers with models; a price is a number of USD per Mtok or a base with tiers (above `start` tokens of
prompt the whole call moves), a list of conditions holds the first for always and later ones for days or hours. Its
patterns for names are not used: a model is the one whose id it is.
Source: https://github.com/pydantic/genai-prices (MIT).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from modelsearch.catalog.sources.fields import (
    count_of,
    day_of,
    is_free_variant,
    list_of,
    model_id_of,
    name_of,
    object_of,
)
from modelsearch.catalog.sources.payload import values_of
from modelsearch.catalog.sources.rows import PriceReader, When, checked_rows, listing, unnamed
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Rate, RateKind
from modelsearch.core.offering import Listing, Offering

SOURCE = "genai-prices"
PROVIDERS: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "anthropic", "cerebras", "cohere", "deepinfra", "deepseek", "fireworks", "google", "groq", "minimax",
            "mistral", "moonshotai", "openai", "openrouter", "together", "zai",
        )
    },
    "x-ai": "xai",
}  # fmt: skip
"""Their name of a provider and ours."""
_PREFIXES = {"fireworks": "accounts/fireworks/models/"}
_PRICES: Mapping[str, RateKind] = {
    "input_mtok": "input",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
}
_BATCH = {"processing": "batch"}
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:\d\d(\.\d+)?)?(Z|\+00:00)?")


def listing_of(body: bytes, *, observed_at: datetime) -> Listing:
    """The models of our providers that are not retired.

    Raises:
        CatalogError: the payload is no such listing.
    """
    (value,) = values_of(body, SOURCE)[:1] or (None,)
    providers = [object_of(each) for each in checked_rows(value, SOURCE, "a list of providers")]
    rows = [
        (PROVIDERS[name], object_of(row))
        for each in providers
        if (name := name_of(each.get("id"))) in PROVIDERS
        for row in list_of(each.get("models"))
    ]
    checked_rows(rows, SOURCE, "models")
    notes: list[str] = []
    return listing(SOURCE, body, observed_at, [_row(ours, row, observed_at, notes) for ours, row in rows], notes)


def _row(provider: str, row: Mapping[str, Any], observed_at: datetime, notes: list[str]) -> Offering | str | None:
    name = name_of(row.get("id"))
    if not name:
        return unnamed(SOURCE, row.get("id"))
    if row.get("deprecated") is True:
        return None
    wire = f"{_PREFIXES.get(provider, '')}{name.lower() if provider == 'zai' else name}"
    where = f"{provider}/{wire}"
    reader = PriceReader(
        source=SOURCE,
        observed_on=observed_at.date(),
        where=f"{SOURCE}: {where}",
        is_free=is_free_variant(wire),
        problems=notes,
    )
    return Offering(
        endpoint_id=EndpointId(where),
        model_id=model_id_of(wire),
        provider_id=ProviderId(provider),
        wire_name=wire,
        source=SOURCE,
        rates=(*_standard(row.get("prices"), reader), *_batch(row, reader)),
        context_tokens=count_of(row.get("context_window")),
    )


def _standard(prices: object, reader: PriceReader) -> Iterator[Rate]:
    """Rows in force today: of each time of day the newest that has begun."""
    found: dict[tuple[str, str] | None, Mapping[str, Any]] = {}
    for entry in _conditions(prices):
        window, is_known = _window(entry)
        if is_known and _has_begun(entry, reader.observed_on):
            found[window] = object_of(entry.get("prices"))
    for window, each in found.items():
        yield from _tiers(each, reader, When(utc_window=window))


def _batch(row: Mapping[str, Any], reader: PriceReader) -> Iterator[Rate]:
    newest: Mapping[str, Any] = {}
    for entry in map(object_of, list_of(row.get("price_variants"))):
        window, is_known = _window(entry)
        if entry.get("when") == _BATCH and is_known and window is None and _has_begun(entry, reader.observed_on):
            newest = object_of(entry.get("prices"))
    yield from _tiers(newest, reader, When(processing="batch"))


def _conditions(prices: object) -> list[Mapping[str, Any]]:
    return [object_of(each) for each in prices] if isinstance(prices, list) else [{"prices": prices}]


def _has_begun(entry: Mapping[str, Any], today: date) -> bool:
    told = object_of(entry.get("constraint")).get("start_date")
    start = day_of(told)
    return told is None or (start is not None and start <= today)


def _window(entry: Mapping[str, Any]) -> tuple[tuple[str, str] | None, bool]:
    """The time of day in UTC, None for all of it; and whether its condition is one that is known at all."""
    told = entry.get("constraint")
    if told is None:
        return None, True
    constraint = object_of(told)
    if "start_date" in constraint:
        return None, True
    start, end = (_clock(constraint.get(key)) for key in ("start_time", "end_time"))
    return ((start, end), True) if start and end and start != end else (None, False)


def _clock(value: object) -> str:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}{found[2]}" if found else ""


def _tiers(prices: Mapping[str, Any], reader: PriceReader, when: When) -> Iterator[Rate]:
    """The base row, and a row for each length of prompt from which another price holds."""
    stated = {kind: prices.get(key) for key, kind in _PRICES.items() if prices.get(key) is not None}
    starts = sorted({start for price in stated.values() for start, _ in _steps(price)})
    for start in (0, *starts):
        yield from reader.rates(
            {kind: _price_at(price, start) for kind, price in stated.items()}, replace(when, min_prompt_tokens=start)
        )


def _steps(price: object) -> list[tuple[int, object]]:
    """Lengths of prompt and the prices above them."""
    entries = map(object_of, list_of(object_of(price).get("tiers")))
    return sorted(
        ((start, entry.get("price")) for entry in entries if (start := count_of(entry.get("start"))) is not None),
        key=lambda step: step[0],
    )


def _price_at(price: object, start: int) -> object:
    if not isinstance(price, dict):
        return price
    usd = price.get("base")
    for step, dearer in _steps(price):
        if step <= start:
            usd = dearer
    return usd
