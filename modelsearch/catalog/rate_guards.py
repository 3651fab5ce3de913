"""Prices that cannot be right, offering by offering: what is unknown, what is put right, what is kept out. Pure.

A price that no price can be (negative, no number, 0 where nothing is free) is unknown. One that could be a price but
not of this (above 1,000 USD per Mtok, next to nothing, a hundredth or a hundredfold of what it was: slips of units all
look so) keeps out all prices of its offering: those from before stay, and a person is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from modelsearch.catalog.price_rows import Condition, condition_of
from modelsearch.catalog.schema import MAX_USD
from modelsearch.catalog.sources.fields import is_free_variant
from modelsearch.core.market import Rate
from modelsearch.core.offering import Offering

MAX_JUMP = 100
MIN_USD = Decimal("0.0001")
"""Per Mtok of input or output; the cheapest known cost fifty times as much."""
MIN_CACHED_USD = Decimal("0.000001")
LOCAL = frozenset({"llamacpp", "ollama", "vllm"})
"""Providers that are one's own machines."""
_PLAIN = frozenset({"input", "output"})
_CACHED = frozenset({"cache_read", "cache_write_5m", "cache_write_1h"})
Table: TypeAlias = Mapping[Condition, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """An offering whose prices can be used.

    Attributes:
        problems: for people; empty where all was well.
        is_quarantined: its prices were kept out.
    """

    offering: Offering
    problems: tuple[str, ...] = ()
    is_quarantined: bool = False


def guarded(offering: Offering, known: Table, kept: tuple[Rate, ...] = ()) -> Guarded:
    """The offering with prices that can be used, and what was wrong with the others.

    Args:
        offering: as listed.
        known: prices in force until now, by condition; empty for what is new.
        kept: rates that stand in for quarantined ones; () = the source then says nothing of prices.
    """
    sound, problems = _sound(offering)
    absurd = next(_absurd(sound, known), None)
    where = f"{offering.source}: {offering.endpoint_id}"
    if absurd is not None:
        message = f"{where}: {absurd}: its prices are quarantined, what was known before stays"
        return Guarded(offering=replace(offering, rates=kept), problems=(*problems, message), is_quarantined=True)
    rates, more = coherent(sound, where)
    problems += [f"{where}: {_words(rate)}: was {was:f}, is unknown now" for rate, was in _lost(rates, known)]
    return Guarded(offering=replace(offering, rates=rates), problems=(*problems, *more))


def is_free(offering: Offering) -> bool:
    """Whether 0 is a price there."""
    return is_free_variant(offering.wire_name) or offering.provider_id in LOCAL


def usd_at(table: Table, key: Condition) -> Decimal | None:
    """The known price under a condition."""
    rate = table.get(key)
    return None if rate is None else rate.usd


def coherent(rates: tuple[Rate, ...], where: str) -> tuple[tuple[Rate, ...], list[str]]:
    """Rates that go together: reading a cache costs at most what input does, batch at most what standard does."""
    table = {condition_of(rate): rate for rate in rates}
    found, problems = [], []
    for rate in rates:
        limit = _limit(rate, table)
        if rate.usd is not None and limit is not None and rate.usd > limit:
            problems.append(f"{where}: {_words(rate)}: expected at most {limit:f}, got {rate.usd:f}: left out")
        elif rate.processing != "standard" and rate.usd is not None and limit is None:
            problems.append(f"{where}: {_words(rate)}: no standard price to hold it against: left out")
        else:
            found.append(rate)
    return tuple(found), problems


def _sound(offering: Offering) -> tuple[tuple[Rate, ...], list[str]]:
    """Rates without prices that no price can be."""
    found, problems = [], []
    for rate in offering.rates:
        usd = rate.usd
        if usd is None or (usd.is_finite() and usd > 0) or (usd == 0 and is_free(offering)):
            found.append(rate)
        elif usd == 0 and rate.kind not in _PLAIN:
            continue
        else:
            found.append(replace(rate, usd=None))
            problems.append(
                f"{offering.source}: {offering.endpoint_id}: {rate.kind}: expected a price above 0, got {usd}: unknown"
            )
    return tuple(found), problems


def _absurd(rates: tuple[Rate, ...], known: Table) -> Iterator[str]:
    for rate in rates:
        if rate.usd is None or rate.usd == 0:
            continue
        lowest = MIN_USD if rate.kind in _PLAIN else MIN_CACHED_USD
        if rate.usd > MAX_USD:
            yield f"{rate.kind}: expected at most {MAX_USD} USD per {rate.per}, got {rate.usd:f}"
        elif rate.per == "mtok" and rate.usd < lowest:
            yield f"{rate.kind}: expected at least {lowest:f} USD per Mtok, got {rate.usd:f} (a slip of units?)"
        was = usd_at(known, condition_of(rate))
        if was and not was / MAX_JUMP < rate.usd < was * MAX_JUMP:
            yield f"{rate.kind}: expected less than {MAX_JUMP} times or a {MAX_JUMP}th of {was:f}, got {rate.usd:f}"


def _lost(rates: tuple[Rate, ...], known: Table) -> Iterator[tuple[Rate, Decimal]]:
    """Rates of unknown price whose price was known."""
    for rate in rates:
        was = usd_at(known, condition_of(rate))
        if rate.usd is None and was is not None:
            yield rate, was


def _limit(rate: Rate, table: Table) -> Decimal | None:
    """What a rate can cost at most; None = no limit is known."""
    key = condition_of(rate)
    if rate.kind == "cache_read" and rate.processing == "standard":
        return usd_at(table, key._replace(kind="input"))
    if rate.processing != "standard":
        plain = key._replace(processing="standard")
        kinds = (plain, plain._replace(kind="input")) if rate.kind in _CACHED else (plain,)
        at_length = [usd for each in kinds if (usd := usd_at(table, each)) is not None]
        short = [usd for each in kinds if (usd := usd_at(table, each._replace(min_prompt_tokens=0))) is not None]
        return max(at_length or short, default=None)
    return None


def _words(rate: Rate) -> str:
    return rate.kind if rate.processing == "standard" else f"{rate.kind} in {rate.processing}"
