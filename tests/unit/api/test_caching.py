from dataclasses import replace
from decimal import Decimal

from modelsearch.api.caching import cache_use, cache_warnings
from modelsearch.core.events import CallSettled
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.market import Market, Rate, RateKind
from modelsearch.core.outcome import Call, Status, Usage
from modelsearch.testing.factories import make_market, make_rates


def settled(**tokens: int | Decimal) -> CallSettled:
    call = Call(
        id=CallId("c"), key="k", endpoint_id=EndpointId("m00"), status=Status.OK, usage=Usage(**tokens),  # type: ignore[arg-type]
        cost_usd=Decimal(0), latency_s=1.0, n_attempts=1, served_by="", error="",
    )  # fmt: skip
    return CallSettled(call=call)


def market(read_usd: str | None, write_usd: str | None) -> Market:
    made = make_market(1)
    (endpoint,) = made.endpoints.values()
    kinds: tuple[tuple[RateKind, str | None], ...] = (("cache_read", read_usd), ("cache_write_5m", write_usd))
    rates = [Rate(kind=kind, usd=Decimal(told)) for kind, told in kinds if told is not None]
    return replace(made, endpoints={endpoint.id: replace(endpoint, rates=(*make_rates(2.0), *rates))})


def test_nothing_is_told_where_no_cache_was_used() -> None:
    assert cache_use([settled(input_tokens=5)], market("0.2", "2.5")) is None
    assert cache_warnings([settled(input_tokens=5)], market(None, None)) == []


def test_what_is_saved_is_the_difference_to_plain_input() -> None:
    events = [
        settled(input_tokens=10, cache_write_5m_tokens=1_000_000),
        *[settled(input_tokens=10, cache_read_tokens=1_000_000)] * 3,
    ]
    use = cache_use(events, market("0.2", "2.5"))
    assert use is not None
    assert use.saved_usd == 3 * Decimal("1.8") - Decimal("0.5")
    assert (use.n_prompt_tokens, use.n_read_tokens, use.n_written_tokens) == (4_000_040, 3_000_000, 1_000_000)
    lost = cache_use(events[:1], market("0.2", "2.5"))
    assert lost is not None
    assert lost.saved_usd == Decimal("-0.5")


def test_cached_tokens_of_unknown_price_save_nothing_and_are_told_once() -> None:
    events = [settled(cache_read_tokens=7), settled(cache_read_tokens=8)]
    use = cache_use(events, market(None, "2.5"))
    assert use is not None
    assert use.saved_usd == 0
    (warning,) = cache_warnings(events, market(None, "2.5"))
    assert (warning.subject, "full price of input" in warning.message) == ("m00", True)
    assert cache_warnings([settled(cache_read_tokens=7, reported_usd=Decimal(1))], market(None, None)) == []
