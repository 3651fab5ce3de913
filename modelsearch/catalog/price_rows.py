"""The price history of endpoints: what a sync appends to it, and the dated rates that come of it. Pure.

Rows are appended, never edited, so that old spend keeps its price. A row says which price a source lists under one
condition from a day on, or that it lists none any more. Rates have no word for "no more", and two sources seldom list
the same conditions, so the rates of an endpoint are worked out day by day:

- a condition that the source lists has its price;
- one that it listed once and does not any more falls back to what holds without the condition (a cached token costs
  what input does); other processing without a listed price is of unknown price;
- one that only the catalogue's own files state (a batch price that no listing tells) stays, but rises by the share by
  which the listed price passes the files' own: never too low.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Processing, Rate, RateKind, RatePer
from modelsearch.core.offering import CatalogState, PriceRow

_PLACES = Decimal("1e-12")
_REFERENCES: Mapping[RateKind, RateKind] = {
    "input": "input",
    "output": "output",
    "reasoning": "output",
    "cache_read": "input",
    "cache_write_5m": "input",
    "cache_write_1h": "input",
}
"""Whose price stands in for a kind that is not billed apart."""


class Condition(NamedTuple):
    """When a price holds; rows of one condition replace each other by date."""

    kind: RateKind
    processing: Processing = "standard"
    min_prompt_tokens: int = 0
    utc_window: tuple[str, str] | None = None


_Table: TypeAlias = dict[Condition, Rate]


def condition_of(rate: Rate) -> Condition:
    """The condition of a rate."""
    return Condition(rate.kind, rate.processing, rate.min_prompt_tokens, rate.utc_window)


def in_force(rates: Iterable[Rate], day: date) -> dict[Condition, Rate]:
    """The rate that holds on a day under each condition; of equal dates the later one in order."""
    newest: _Table = {}
    for rate in sorted(rates, key=lambda rate: (rate.valid_from, rate.observed_at)):
        if rate.valid_from <= day:
            newest[condition_of(rate)] = rate
    return newest


def new_rows(known: Iterable[PriceRow], state: CatalogState, day: date) -> tuple[PriceRow, ...]:
    """What a state appends to the history: a row for each price that is not what it was.

    Args:
        known: the history, oldest first.
        state: as accepted; an offering without rates says nothing of prices, and appends nothing.
        day: from which the new rows hold.

    Returns:
        Nothing for a state whose prices are all known.
    """
    latest: dict[EndpointId, dict[Condition, PriceRow]] = {}
    for row in known:
        latest.setdefault(row.endpoint_id, {})[condition_of(row.rate)] = row
    found: list[PriceRow] = []
    for endpoint_id, offering in sorted(state.offerings.items()):
        listed = in_force(offering.rates, day)
        if listed and offering.is_live:
            found += _new_rows(endpoint_id, latest.get(endpoint_id, {}), listed, day)
    return tuple(found)


def _new_rows(
    endpoint_id: EndpointId, latest: Mapping[Condition, PriceRow], listed: _Table, day: date
) -> Iterator[PriceRow]:
    for key, rate in listed.items():
        last = latest.get(key)
        is_known = last is not None and last.is_listed and _says(last.rate) == _says(rate)
        if not is_known:
            yield PriceRow(endpoint_id=endpoint_id, rate=replace(rate, valid_from=day, observed_at=day))
    source = next(iter(listed.values())).source
    for key, row in latest.items():
        if row.is_listed and key not in listed:
            ended = replace(row.rate, usd=None, valid_from=day, observed_at=day, source=source, is_disputed=False)
            yield PriceRow(endpoint_id=endpoint_id, rate=ended, is_listed=False)


def _says(rate: Rate) -> tuple[Decimal | None, bool]:
    return rate.usd, rate.is_disputed


def dated_rates(own: tuple[Rate, ...], rows: Sequence[PriceRow]) -> tuple[Rate, ...]:
    """An endpoint's rates: the catalogue's own, and after them one for each price that the history changes.

    Args:
        own: of the catalogue's files; () for an endpoint that they do not know.
        rows: the endpoint's history, oldest first.

    Returns:
        At most one new row per condition and day; all of `own` is still there, in front.
    """
    found, listed = list(own), _Table()
    ever: set[Condition] = set()
    for day in sorted({row.rate.valid_from for row in rows}):
        for row in rows:
            if row.rate.valid_from == day:
                ever.add(condition_of(row.rate))
                _take(listed, row)
        held, stated = in_force(found, day), in_force(own, day)
        for key in sorted(ever | stated.keys(), key=repr):
            rate = _rate_on(key, listed, ever, stated)
            if rate is not None and (key not in held or _says(held[key]) != _says(rate)):
                found.append(replace(rate, valid_from=day, observed_at=day))
    return tuple(found)


def _take(listed: _Table, row: PriceRow) -> None:
    if row.is_listed:
        listed[condition_of(row.rate)] = row.rate
    else:
        listed.pop(condition_of(row.rate), None)


def _rate_on(key: Condition, listed: _Table, ever: set[Condition], stated: _Table) -> Rate | None:
    """The rate under a condition; None = what is held already stays."""
    if key in listed:
        return listed[key]
    if key in ever:
        return _fallen_back(key, listed)
    return _kept(stated[key], listed, stated)


def _fallen_back(key: Condition, listed: _Table) -> Rate:
    """A condition that is listed no more: its price is that without the condition, as far as there is one."""
    some = next(iter(listed.values()), None)
    source = "" if some is None else some.source
    ended = Rate(
        kind=key.kind, usd=None, per=_per(key.kind), processing=key.processing,
        min_prompt_tokens=key.min_prompt_tokens, utc_window=key.utc_window, source=source,
    )  # fmt: skip
    plain = listed.get(Condition(key.kind, key.processing))
    if plain is not None and plain.usd is not None:
        return replace(ended, usd=plain.usd)
    if key.processing != "standard":
        return ended
    if key.kind == "request":
        return replace(ended, usd=Decimal(0))
    reference = listed.get(Condition(_REFERENCES.get(key.kind, key.kind)))
    return replace(ended, usd=None if reference is None else reference.usd)


def _kept(own: Rate, listed: _Table, stated: _Table) -> Rate | None:
    """A price that only the files state, raised where the listed price has passed theirs; one for some hours of the day
    is never below what is listed for all of them.
    """
    reference = Condition(_REFERENCES.get(own.kind, own.kind))
    was, now = stated.get(reference), listed.get(reference)
    if own.usd is None or was is None or now is None or not was.usd or now.usd is None:
        return None
    plain = listed.get(Condition(own.kind, own.processing))
    floor = plain.usd if own.utc_window is not None and plain is not None and plain.usd is not None else own.usd
    usd = max(own.usd * max(Decimal(1), now.usd / was.usd), floor)
    if usd == own.usd:
        return own
    told = f"{own.source}, raised as {reference.kind} in {now.source}"
    return replace(own, usd=usd.quantize(_PLACES).normalize() + 0, source=told)


def _per(kind: RateKind) -> RatePer:
    return "call" if kind == "request" else "second" if kind == "compute_second" else "mtok"
