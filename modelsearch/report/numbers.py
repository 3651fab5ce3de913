"""Numbers as people read them: units said, unknown said, never a rounded-away amount."""

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from modelsearch.core.result import Interval
from modelsearch.report.plain import clean

UNKNOWN = "unknown"
SIGNIFICANT = 4
Number = float | Decimal | None


def is_known(value: Number) -> bool:
    """Whether there is a finite number."""
    return value is not None and math.isfinite(value)


def amount(value: Number) -> str:
    """An amount without its unit: cents from 100 on, else 4 places or 4 significant digits, at least 2 places."""
    if value is None or not is_known(value):
        return UNKNOWN
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-_places(exact)), rounding=ROUND_HALF_EVEN)
    whole, _, part = f"{rounded:,f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _places(exact: Decimal) -> int:
    """Decimal places worth showing."""
    if abs(exact) >= 100:
        return 2
    if exact == 0 or abs(exact) >= 1:
        return SIGNIFICANT
    return SIGNIFICANT - 1 - exact.adjusted()


def usd(value: Number) -> str:
    """An amount in USD."""
    return f"{amount(value)} USD" if is_known(value) else UNKNOWN


def percent(share: float | None) -> str:
    """A share in [0, 1] as percent with one place."""
    return f"{_signless(100 * share, 1)} %" if share is not None and is_known(share) else UNKNOWN


def probability(p: float | None) -> str:
    """A probability as percent; certainty is not said of what is only nearly certain."""
    if p is None or not is_known(p):
        return UNKNOWN
    if 0 < p < 0.001:
        return "under 0.1 %"
    return "over 99.9 %" if 0.999 < p < 1 else percent(p)


def points(score: float | None) -> str:
    """Score units, as points of 100."""
    return _signless(100 * score, 1) if score is not None and is_known(score) else UNKNOWN


def seconds(value: float | None) -> str:
    """A time in s, 3 significant digits."""
    return f"{value:.3g} s" if value is not None and is_known(value) else UNKNOWN


def interval_points(interval: Interval | None) -> str:
    """Mean and bounds as points of 100."""
    if interval is None:
        return UNKNOWN
    return f"{points(interval.mean)} ({points(interval.low)} to {points(interval.high)})"


def usd_per_1k(interval: Interval | None) -> str:
    """Mean cost of 1,000 items, without its unit."""
    return UNKNOWN if interval is None else amount(1000 * interval.mean)


def share_points(share: float) -> str:
    """A margin in points, without trailing zeros."""
    return f"{100 * share:.4g}"


def evidence(numbers: Mapping[str, float]) -> str:
    """The numbers of a drop by name, 4 significant digits."""
    return ", ".join(f"{clean(name)} {_plain_number(value)}" for name, value in numbers.items())


def counted(n: int, noun: str) -> str:
    """`1 call`, `8,521 calls`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _plain_number(value: float) -> str:
    if not math.isfinite(value):
        return UNKNOWN if math.isnan(value) else str(value)
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def _signless(value: float, places: int) -> str:
    """Rounded; a minus in front of nothing is left out."""
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if float(text) == 0 else text
