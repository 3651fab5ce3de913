"""Which price holds: at a time, for a prompt length, for a kind of processing. Works on core types alone.

Rows of one condition (kind, processing, prompt length, time of day) replace each other by date. Of the conditions
that a call meets, the longest prompt length wins and then the time window (of two that overlap, the earlier one). The
whole call is priced so, as every provider with such tiers does.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.market import Endpoint, Processing, Rate, RateKind

Prices: TypeAlias = dict[RateKind, Decimal | None]
_Table: TypeAlias = dict[RateKind, tuple[Rate, ...]]
_UNPROCESSED: tuple[RateKind, ...] = ("request", "compute_second")
_MAX_CACHED = 4096
# Keyed by identity, since hashing an endpoint's rows costs more than the search for a price; the rows are kept in the
# value, so an identity cannot be taken over by other rows while it is here.
_tables: dict[tuple[int, date, Processing], tuple[tuple[Rate, ...], _Table]] = {}


def prices_at(endpoint: Endpoint, *, at: datetime, prompt_tokens: int, processing: Processing = "standard") -> Prices:
    """The price of each kind for a call; a kind without a row is absent, one of unknown price is None.

    Args:
        endpoint: where.
        at: when, with a time zone.
        prompt_tokens: all input tokens of the call, cached or not, >= 0.
        processing: how. Anything but standard must have rows of its own: the standard price never stands in.

    Returns:
        USD per Mtok (per call for `request`, per second for `compute_second`).

    Raises:
        PriceUnknownError: `processing` is not standard and has no row for input or output.
        ValueError: `at` has no time zone, or `prompt_tokens` is negative.
    """
    if prompt_tokens < 0:
        message = f"prompt_tokens: expected >= 0, got {prompt_tokens}"
        raise ValueError(message)
    now = _utc(at)
    prices: Prices = {}
    for kind, rows in _table(endpoint, now.date(), processing).items():
        for row in rows:
            if (row.min_prompt_tokens == 0 or prompt_tokens > row.min_prompt_tokens) and _is_open(row, now):
                prices[kind] = row.usd
                break
    return prices


def dearest_prices(
    endpoint: Endpoint, at: datetime, *, max_prompt_tokens: int | None = None, processing: Processing = "standard"
) -> Prices:
    """The dearest price of each kind that can hold on that day, at whatever hour and prompt length.

    Args:
        endpoint: where.
        at: when, with a time zone.
        max_prompt_tokens: the longest that the prompt can be; longer tiers are left out. None = all tiers.
        processing: as in `prices_at`.

    Returns:
        USD as in `prices_at`; None where any row that may hold is of unknown price.

    Raises:
        PriceUnknownError: `processing` is not standard and has no row for input or output.
    """
    prices: Prices = {}
    for kind, rows in _table(endpoint, _utc(at).date(), processing).items():
        usd = [
            row.usd
            for row in rows
            if max_prompt_tokens is None or row.min_prompt_tokens == 0 or max_prompt_tokens > row.min_prompt_tokens
        ]
        known = [price for price in usd if price is not None]
        if usd:
            prices[kind] = max(known) if len(known) == len(usd) else None
    return prices


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = f"at: expected a datetime with a time zone, got {at!r}"
        raise ValueError(message)
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _is_open(row: Rate, now: datetime) -> bool:
    """Whether the row's half-open window holds this minute (UTC); one that ends before it starts wraps midnight."""
    if row.utc_window is None:
        return True
    minute = f"{now:%H%M}"
    start, end = row.utc_window
    return start <= minute < end if start < end else minute >= start or minute < end


def _table(endpoint: Endpoint, day: date, processing: Processing) -> _Table:
    key = (id(endpoint.rates), day, processing)
    known = _tables.get(key)
    if known is not None:
        return known[1]
    table = _table_of(endpoint.rates, day, processing)
    if processing != "standard":
        _require_own_rows(endpoint, table, processing)
    if len(_tables) >= _MAX_CACHED:
        _tables.clear()
    _tables[key] = (endpoint.rates, table)
    return table


def _table_of(rates: tuple[Rate, ...], day: date, processing: Processing) -> _Table:
    """Rows that hold that day, by kind, in the order in which they win."""
    newest: dict[tuple[RateKind, int, tuple[str, str] | None], Rate] = {}
    for rate in sorted(rates, key=lambda rate: (rate.processing == processing, rate.valid_from, rate.observed_at)):
        is_fee = rate.kind in _UNPROCESSED and rate.processing == "standard"
        if rate.valid_from <= day and (rate.processing == processing or is_fee):
            newest[rate.kind, rate.min_prompt_tokens, rate.utc_window] = rate
    rows = sorted(
        newest.values(), key=lambda rate: (-rate.min_prompt_tokens, rate.utc_window is None, rate.utc_window or ())
    )
    return {kind: tuple(row for row in rows if row.kind == kind) for kind in dict.fromkeys(row.kind for row in rows)}


def _require_own_rows(endpoint: Endpoint, table: _Table, processing: Processing) -> None:
    for kind in ("input", "output"):
        if kind not in table:
            raise PriceUnknownError(kind=f"{kind} with {processing} processing", endpoint_id=endpoint.id)
