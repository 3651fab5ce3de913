"""Hours at which a call is cheaper: a provider's peak is waited out, where waiting is worth more than the hour."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from modelsearch.catalog.price import prices_at
from modelsearch.core.market import Endpoint, RateKind

_KINDS: tuple[RateKind, RateKind] = ("input", "output")
_DAY = timedelta(days=1)
MOST_WAIT = timedelta(hours=8)
"""No peak that is known lasts longer than four hours; a night that waits for tomorrow's prices would be none."""


def cheaper_from(endpoints: Iterable[Endpoint], now: datetime) -> datetime | None:
    """When calls to these endpoints first cost less than now, within `MOST_WAIT`; None where they do not.

    Args:
        endpoints: all that would be called; one that would be dearer then than now speaks against waiting.
        now: with a time zone.

    Returns:
        In UTC; None also where no price depends on the hour.
    """
    called = [*endpoints]
    times = sorted({at for endpoint in called for at in _changes(endpoint, now) if at - now <= MOST_WAIT})
    before = [_prices(endpoint, now) for endpoint in called]
    for at in times:
        after = [_prices(endpoint, at) for endpoint in called]
        pairs = [(a, b) for old, new in zip(before, after, strict=True) for a, b in zip(old, new, strict=True)]
        if all(b <= a for a, b in pairs) and any(b < a for a, b in pairs):
            return at
    return None


def _changes(endpoint: Endpoint, now: datetime) -> Iterable[datetime]:
    """Moments of the next day at which a window of the endpoint opens or closes."""
    utc = now.astimezone(UTC)
    for text in sorted({text for rate in endpoint.rates if rate.utc_window for text in rate.utc_window}):
        at = datetime.combine(utc.date(), time(int(text[:2]) % 24, int(text[2:])), UTC)
        yield at if at > utc else at + _DAY


def _prices(endpoint: Endpoint, at: datetime) -> tuple[Decimal, ...]:
    """Input and output, USD per Mtok; a price that nobody knows counts as 0, then as now."""
    prices = prices_at(endpoint, at=at, prompt_tokens=0)
    return tuple(prices.get(kind) or Decimal(0) for kind in _KINDS)
