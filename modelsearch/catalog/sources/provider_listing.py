"""Providers' own listings of what they serve: what exists and until when. Only Together's tells prices.

What a listing does not tell stays unknown. Listings of OpenAI and Groq tell no kind of model, so what is plainly no
chat model is left out by the words of its name; a client's own fine-tuned models are left out too, for their names are
the client's. Sources: the model listing in each provider's API reference.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from modelsearch.catalog.sources.fields import (
    count_of,
    day_of,
    is_chat_name,
    list_of,
    model_id_of,
    name_of,
    object_of,
    text_of,
    words_of,
)
from modelsearch.catalog.sources.payload import values_of
from modelsearch.catalog.sources.rows import PriceReader, checked_rows, listing, unnamed
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.offering import Listing, Offering

_FINE_TUNED = re.compile(r"ft:|ftjob|:ft-|fine-?tun")
_DATED = re.compile(r".*-\d{4,8}")
_CHAT_TYPES = frozenset({"chat", "language"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row with what is known of all of them; `fill` adds what this provider tells."""

    offering: Offering
    told: Mapping[str, Any]
    reader: PriceReader


_Fill = Callable[[_Row], Offering | None]


def listing_of(body: bytes, *, observed_at: datetime, source: str) -> Listing:
    """What a provider serves.

    Args:
        body: raw, of one page or several.
        observed_at: when it was read, with a time zone.
        source: the provider: one of `FILLS`.

    Raises:
        CatalogError: the payload is no such listing.
    """
    rows = [row for page in values_of(body, source) for row in _rows(page, source)]
    checked_rows(rows, source, "models")
    notes: list[str] = []
    return listing(
        source, body, observed_at, [_offering(object_of(row), source, observed_at, notes) for row in rows], notes
    )


def _rows(page: object, source: str) -> list[object]:
    if isinstance(page, list) and source == "together":
        return checked_rows(page, source, "a list")
    key = "models" if source == "google" else "data"
    return checked_rows(object_of(page).get(key), source, f"{{{key}: [...]}}")


def _offering(row: Mapping[str, Any], source: str, observed_at: datetime, notes: list[str]) -> Offering | str | None:
    told = row.get("name") if source == "google" else row.get("id")
    wire = name_of(told.removeprefix("models/") if isinstance(told, str) else told)
    if not wire:
        return unnamed(source, told)
    if _FINE_TUNED.search(wire.lower()) or not is_chat_name(wire):
        return None
    where = f"{source}/{wire}"
    offering = Offering(
        endpoint_id=EndpointId(where),
        model_id=model_id_of(wire),
        provider_id=ProviderId(source),
        wire_name=wire,
        source=source,
    )
    reader = PriceReader(source=source, observed_on=observed_at.date(), where=where, problems=notes)
    return FILLS[source](_Row(offering=offering, told=row, reader=reader))


def _openai(row: _Row) -> Offering:
    return replace(row.offering, deprecated_on=day_of(row.told.get("shutdown_date")))


def _anthropic(row: _Row) -> Offering:
    told = row.told
    lifecycle = told.get("lifecycle")
    stage = text_of(object_of(lifecycle).get("status")) or text_of(lifecycle)
    able = {name for name, each in object_of(told.get("capabilities")).items() if _is_supported(each)}
    flags = {flag for name, flag in (("structured_outputs", "json_schema"), ("thinking", "reasoning")) if name in able}
    return replace(
        row.offering,
        context_tokens=count_of(told.get("max_input_tokens")),
        max_output_tokens=count_of(told.get("max_tokens")),
        capabilities=frozenset(flags) if flags else None,
        released=day_of(told.get("created_at")),
        deprecated_on=day_of(told.get("retires_at")) or day_of(object_of(lifecycle).get("retires_at")),
        is_live=stage != "retired",
    )


def _is_supported(told: object) -> bool:
    return told is True or object_of(told).get("supported") is True


def _google(row: _Row) -> Offering | None:
    told = row.told
    methods = told.get("supportedGenerationMethods")
    if isinstance(methods, list) and "generateContent" not in words_of(methods):
        return None
    return replace(
        row.offering,
        context_tokens=count_of(told.get("inputTokenLimit")),
        max_output_tokens=count_of(told.get("outputTokenLimit")),
        capabilities=frozenset({"reasoning"}) if told.get("thinking") is True else None,
        revision=text_of(told.get("version")),
    )


def _mistral(row: _Row) -> Offering | None:
    """One row for each name; of its other names the newest dated one is what stands behind it."""
    told = row.told
    able = object_of(told.get("capabilities"))
    if able.get("completion_chat") is False or told.get("type") == "fine-tuned":
        return None
    names = {row.offering.wire_name, *filter(None, map(name_of, list_of(told.get("aliases"))))}
    flags = {flag for key, flag in (("function_calling", "tools"), ("reasoning", "reasoning")) if able.get(key) is True}
    return replace(
        row.offering,
        context_tokens=count_of(told.get("max_context_length")),
        capabilities=frozenset(flags) if flags else None,
        deprecated_on=day_of(told.get("deprecation")),
        revision=max((name for name in names if _DATED.fullmatch(name)), default=""),
        is_live=told.get("archived") is not True,
    )


def _groq(row: _Row) -> Offering:
    told = row.told
    return replace(
        row.offering,
        context_tokens=count_of(told.get("context_window")),
        max_output_tokens=count_of(told.get("max_completion_tokens")),
        is_live=told.get("active") is not False,
    )


def _together(row: _Row) -> Offering | None:
    """Prices of 0 are of models that are served on machines of one's own: unknown, not free."""
    told = row.told
    kind = text_of(told.get("type"))
    if kind and kind not in _CHAT_TYPES:
        return None
    pricing = object_of(told.get("pricing"))
    cached = pricing.get("cachedInput", pricing.get("cached_input"))
    rates = row.reader.rates({"input": pricing.get("input"), "output": pricing.get("output"), "cache_read": cached})
    return replace(
        row.offering,
        rates=rates,
        context_tokens=count_of(told.get("context_length")),
    )


def _deepseek(row: _Row) -> Offering:
    return row.offering


FILLS: Mapping[str, _Fill] = {
    "anthropic": _anthropic,
    "deepseek": _deepseek,
    "google": _google,
    "groq": _groq,
    "mistral": _mistral,
    "openai": _openai,
    "together": _together,
}
"""What each provider's rows tell besides a name."""
