"""What the providers' prompt caches did for a run, from its settled calls."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from modelsearch.catalog.price import Prices, prices_at
from modelsearch.core.events import CallSettled, Event, Warned
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market, RateKind
from modelsearch.core.money import round_usd
from modelsearch.core.outcome import Usage
from modelsearch.core.result import CacheUse

_MTOK = Decimal(1_000_000)


def cache_use(events: Iterable[Event], market: Market, at: datetime | None = None) -> CacheUse | None:
    """Tokens read from and written to prompt caches, and what that saved at list prices; None where nothing was."""
    calls = [event.call for event in events if isinstance(event, CallSettled)]
    cached = [call for call in calls if _cached(call.usage)]
    if not cached:
        return None
    now = at or datetime.now(UTC)
    saved = Decimal(0)
    for call in cached:
        endpoint = market.endpoints[call.endpoint_id]
        saved += _saved(call.usage, prices_at(endpoint, at=now, prompt_tokens=call.usage.prompt_tokens))
    return CacheUse(
        n_prompt_tokens=sum(call.usage.prompt_tokens for call in calls),
        n_read_tokens=sum(call.usage.cache_read_tokens for call in cached),
        n_written_tokens=sum(_written(call.usage) for call in cached),
        saved_usd=round_usd(saved),
    )


def cache_warnings(events: Iterable[Event], market: Market, at: datetime | None = None) -> list[Warned]:
    """Warns, once an endpoint, of cached tokens that were priced as plain input because nobody knows their price."""
    now, found = at or datetime.now(UTC), dict[EndpointId, Warned]()
    for event in events:
        if not isinstance(event, CallSettled) or event.call.endpoint_id in found:
            continue
        usage, endpoint = event.call.usage, market.endpoints[event.call.endpoint_id]
        if usage.reported_usd is not None or not _cached(usage):
            continue
        prices = prices_at(endpoint, at=now, prompt_tokens=usage.prompt_tokens)
        unknown = [kind.replace("_", " ") for kind, n_tokens in _cached(usage) if prices.get(kind) is None]
        if unknown:
            message = f"the price of {unknown[0]} is unknown: those tokens were counted at the full price of input"
            found[endpoint.id] = Warned(code="cache-price-unknown", subject=endpoint.id, message=message)
    return list(found.values())


def _cached(usage: Usage) -> list[tuple[RateKind, int]]:
    counts: tuple[tuple[RateKind, int], ...] = (
        ("cache_read", usage.cache_read_tokens),
        ("cache_write_5m", usage.cache_write_5m_tokens),
        ("cache_write_1h", usage.cache_write_1h_tokens),
    )
    return [(kind, n_tokens) for kind, n_tokens in counts if n_tokens]


def _written(usage: Usage) -> int:
    return usage.cache_write_5m_tokens + usage.cache_write_1h_tokens


def _saved(usage: Usage, prices: Prices) -> Decimal:
    """USD less than the same tokens as plain input; less than 0 where more was written than was read again."""
    plain = prices.get("input")
    if plain is None:
        return Decimal(0)
    known = [(price, n_tokens) for kind, n_tokens in _cached(usage) if (price := prices.get(kind)) is not None]
    return sum(((plain - price) * n_tokens / _MTOK for price, n_tokens in known), Decimal(0))
