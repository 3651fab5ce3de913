"""OpenRouter's price object as rates: USD a token becomes USD per Mtok, conditions become rows of their own.

Never too low where our rows cannot say what the listing says: a price for some days of the week holds on all days if
it is the dearer one, and is left out if it is the cheaper one. A price that cannot be right (negative, not a number,
above 1,000 USD per Mtok) is unknown.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from modelsearch.catalog.schema import MAX_USD
from modelsearch.core.market import Rate, RateKind, RatePer

SOURCE = "OpenRouter endpoints listing"
_KINDS: dict[str, RateKind] = {
    "prompt": "input",
    "completion": "output",
    "internal_reasoning": "reasoning",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write_5m",
    "input_cache_write_1h": "cache_write_1h",
    "request": "request",
}
_CONDITIONS = frozenset({"min_prompt_tokens", "utc_start", "utc_end"})
_OTHER_PRICES = frozenset(
    {"image", "web_search", "audio", "audio_output", "image_output", "image_token", "input_audio_cache", "discount"}
)
_HHMM = re.compile(r"([01]\d|2[0-3])[0-5]\d")
_MTOK = Decimal(1_000_000)
_PLACES = Decimal("1e-12")
_Prices = dict[RateKind, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How numbers are taken.

    Attributes:
        is_free: 0 is a price here.
        max_usd: above it a number is no price.
        share: of the listed price that is paid, in (0, 1].
    """

    is_free: bool = False
    max_usd: Decimal = Decimal(MAX_USD)
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """When prices hold; `is_exact` tells whether that is all that the listing says."""

    min_prompt_tokens: int = 0
    utc_window: tuple[str, str] | None = None
    is_exact: bool = True


def rates_of(pricing: Mapping[str, Any], observed_at: date, terms: Terms | None = None) -> tuple[Rate, ...]:
    """The rates of a price object; without a usable `prompt` or `completion` that rate is of unknown price."""
    terms = replace(terms or Terms(), share=_paid_share(pricing.get("discount")))
    base: _Prices = {"input": None, "output": None}
    base.update(_prices(pricing, terms))
    rows: dict[_Condition, _Prices] = {_Condition(): base}
    for condition, prices in _overrides(pricing, terms):
        _add(rows, condition, prices)
    return tuple(
        Rate(
            kind=kind,
            usd=usd,
            per=_per(kind),
            min_prompt_tokens=condition.min_prompt_tokens,
            utc_window=condition.utc_window,
            observed_at=observed_at,
            source=SOURCE,
        )
        for condition, prices in rows.items()
        for kind, usd in prices.items()
    )


def _add(rows: dict[_Condition, _Prices], condition: _Condition, prices: _Prices) -> None:
    """A later entry wins; one whose condition our rows cannot hold only where it is dearer than what holds else."""
    base = rows[_Condition()]
    key = _Condition(min_prompt_tokens=condition.min_prompt_tokens, utc_window=condition.utc_window)
    row = rows.setdefault(key, {})
    for kind, usd in prices.items():
        if condition.is_exact:
            row[kind] = usd
        elif usd is None:
            row[kind] = None
        else:
            held = row.get(kind, base.get(kind, Decimal(0)))
            row[kind] = None if held is None else max(held, usd)


def _overrides(pricing: Mapping[str, Any], terms: Terms) -> Iterator[tuple[_Condition, _Prices]]:
    listed = pricing.get("overrides")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            yield _condition(entry), _prices(entry, terms)


def _condition(entry: Mapping[str, Any]) -> _Condition:
    """What an entry asks for. An open or unreadable time of day, and any condition that is new to us, is not exact."""
    n_min = entry.get("min_prompt_tokens")
    is_count = isinstance(n_min, int) and not isinstance(n_min, bool) and n_min >= 0
    window = (_clock(entry.get("utc_start")), _clock(entry.get("utc_end")))
    has_window = window[0] is not None and window[1] is not None and window[0] != window[1]
    is_exact = (
        not set(entry) - _CONDITIONS - _OTHER_PRICES - set(_KINDS)
        and (has_window or not {"utc_start", "utc_end"} & set(entry))
        and (is_count or "min_prompt_tokens" not in entry)
    )
    return _Condition(
        min_prompt_tokens=int(n_min) if is_count and n_min is not None else 0,
        utc_window=(str(window[0]), str(window[1])) if has_window else None,
        is_exact=is_exact,
    )


def _clock(value: object) -> str | None:
    text = f"{value:04d}" if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _HHMM.fullmatch(text) else None


def _prices(entry: Mapping[str, Any], terms: Terms) -> _Prices:
    """Prices that an entry states. 0 for input or output is no price; 0 for anything else means that it is not billed
    apart, so that its tokens cost what input or output does.
    """
    found: _Prices = {}
    for key, kind in _KINDS.items():
        if entry.get(key) is None:
            continue
        usd = _usd(entry[key], kind, terms)
        if usd == 0 and kind not in ("input", "output"):
            continue
        found[kind] = usd if usd or terms.is_free else None
    paid, cached = found.get("input"), found.get("cache_read")
    if paid is not None and cached is not None and cached > paid:
        found["cache_read"] = None
    return found


def _usd(value: object, kind: RateKind, terms: Terms) -> Decimal | None:
    """USD per Mtok or call as paid, or None."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    try:
        usd = Decimal(value) * terms.share * (1 if kind == "request" else _MTOK)
    except ArithmeticError:
        return None
    return usd.quantize(_PLACES).normalize() + 0 if usd.is_finite() and 0 <= usd <= terms.max_usd else None


def _paid_share(discount: object) -> Decimal:
    """1 - discount; what is no share below 1 is no discount."""
    if isinstance(discount, bool) or not isinstance(discount, (int, str, Decimal)):
        return Decimal(1)
    try:
        off = Decimal(discount)
    except ArithmeticError:
        return Decimal(1)
    return 1 - off if off.is_finite() and 0 <= off < 1 else Decimal(1)


def _per(kind: RateKind) -> RatePer:
    return "call" if kind == "request" else "mtok"
