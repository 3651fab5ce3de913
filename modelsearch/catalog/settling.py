"""When a listed price comes into force, and when it is told as a change. Pure.

A rise is in force at once: nothing may be bought above the price that was reserved. A fall waits for a day, since
hosts' prices flap and a source may err; what has gone back by then was never told. A change of less than 5 % comes
into force as well but is not told, until small changes have added up to more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelsearch.catalog.price_rows import Condition, condition_of
from modelsearch.catalog.rate_guards import coherent
from modelsearch.catalog.sync_guards import SMALL_CHANGE, largest_change
from modelsearch.core.market import Rate
from modelsearch.core.offering import Offering, Unsettled

SETTLED_AFTER = timedelta(hours=23)
"""A day, less what one nightly sync may run earlier than the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """The rates in force, and what of them is not told yet."""

    rates: tuple[Rate, ...]
    unsettled: Unsettled | None = None


def settled(old: Offering | None, waiting: Unsettled | None, listed: tuple[Rate, ...], now: datetime) -> Settling:
    """What is in force of the rates listed now.

    Args:
        old: the offering in force until now; None = it is new.
        waiting: the change that it has not told yet.
        listed: as all sources agree.
        now: when they were read.
    """
    if old is None or not old.rates:
        return Settling(rates=listed)
    told = old.rates if waiting is None else waiting.told
    change = largest_change(told, listed)
    if change == 0:
        return Settling(rates=_kept(told, listed))
    if _becomes_known_or_unknown(told, listed):
        return Settling(rates=_kept(old.rates, listed))
    is_seen = waiting is not None and largest_change(waiting.seen, listed) == 0
    since = waiting.since if waiting is not None and is_seen else now
    if now - since < SETTLED_AFTER:
        rates = _kept(old.rates, _dearer(old.rates, listed))
        return Settling(rates=rates, unsettled=Unsettled(told=told, seen=listed, since=since))
    if change >= SMALL_CHANGE:
        return Settling(rates=_kept(old.rates, listed))
    return Settling(rates=_kept(old.rates, listed), unsettled=Unsettled(told=told, seen=listed, since=since))


def _becomes_known_or_unknown(told: tuple[Rate, ...], listed: tuple[Rate, ...]) -> bool:
    """Whether input or output gains or loses its price: neither can wait, and neither is a flap."""

    def unknown(rates: tuple[Rate, ...]) -> set[Condition]:
        return {key for rate in rates if (key := condition_of(rate)).kind in ("input", "output") and rate.usd is None}

    return unknown(told) != unknown(listed)


def _dearer(held: Iterable[Rate], listed: Iterable[Rate]) -> tuple[Rate, ...]:
    """Under each condition the higher price; an unknown one is the highest of all."""
    found = {condition_of(rate): rate for rate in held}
    for rate in listed:
        other = found.get(condition_of(rate))
        if other is None or (other.usd is not None and (rate.usd is None or rate.usd >= other.usd)):
            found[condition_of(rate)] = rate
    return coherent(tuple(found.values()), "")[0]


def _kept(old: Iterable[Rate], listed: Iterable[Rate]) -> tuple[Rate, ...]:
    """The listed rates, each as it was first seen where it says the same."""
    known = {condition_of(rate): rate for rate in old}
    return tuple(
        was
        if (was := known.get(condition_of(rate))) is not None
        and (was.usd, was.is_disputed, was.source) == (rate.usd, rate.is_disputed, rate.source)
        else rate
        for rate in listed
    )
