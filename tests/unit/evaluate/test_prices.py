from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Endpoint, Rate, RateKind
from modelsearch.core.outcome import Usage
from modelsearch.core.wire import MESSAGE_OVERHEAD_TOKENS, Message, ModelRequest
from modelsearch.evaluate.prices import PriceBook
from modelsearch.testing.factories import make_endpoint, make_market, make_provider

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
ITEM = ItemId("i")
TOKEN_KINDS: tuple[RateKind, ...] = ("input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h")


def book() -> PriceBook:
    market = make_market(2, providers={"p0": replace(make_provider("p0"), timeout_s=100.0)})
    return PriceBook(market=market, now=lambda: NOW)


def request(text: str = "x" * 100, n_output: int = 50, **parts: object) -> ModelRequest:
    return ModelRequest(messages=(Message(role="user", content=text),), max_output_tokens=n_output, **parts)  # type: ignore[arg-type]


def rate(kind: RateKind, usd: str | None, **parts: object) -> Rate:
    return Rate(kind=kind, usd=None if usd is None else Decimal(usd), **parts)  # type: ignore[arg-type]


def endpoint(*rates: Rate) -> Endpoint:
    return make_endpoint(rates=rates)


prices = st.decimals(min_value=0, max_value=100, places=4)
tiers = st.lists(st.sampled_from([0, 150, 400, 100_000]), unique=True, max_size=3)
windows = st.sampled_from([None, ("0000", "0600"), ("1100", "1300"), ("2200", "0200")])


@st.composite
def rate_cards(draw: st.DrawFn) -> Endpoint:
    """Input and output are always priced; other kinds, tiers, hours and fees may be."""
    kinds: list[RateKind] = ["input", "output", *draw(st.lists(st.sampled_from(TOKEN_KINDS[2:]), unique=True))]
    rates = [rate(kind, str(draw(prices))) for kind in kinds]
    for kind in kinds:
        rates += [
            rate(kind, str(draw(prices)), min_prompt_tokens=tokens, utc_window=draw(windows)) for tokens in draw(tiers)
        ]
    if draw(st.booleans()):
        rates.append(rate("request", str(draw(prices)), per="call"))
    if draw(st.booleans()):
        rates.append(rate("compute_second", str(draw(prices)), per="second"))
    return endpoint(*rates)


@st.composite
def calls(draw: st.DrawFn) -> tuple[ModelRequest, Usage]:
    """A request and a usage within its limits: no more tokens than bytes and overhead, output as limited."""
    texts = draw(st.lists(st.text(max_size=60), min_size=1, max_size=3))
    n_output = draw(st.integers(1, 500))
    asked = ModelRequest(messages=tuple(Message(role="user", content=t) for t in texts), max_output_tokens=n_output)
    n_left = sum(len(t.encode()) + MESSAGE_OVERHEAD_TOKENS for t in texts)
    counts = []
    for _ in range(4):
        counts.append(draw(st.integers(0, n_left)))
        n_left -= counts[-1]
    n_hidden = draw(st.integers(0, n_output))
    used = Usage(
        input_tokens=counts[0],
        cache_read_tokens=counts[1],
        cache_write_5m_tokens=counts[2],
        cache_write_1h_tokens=counts[3],
        output_tokens=draw(st.integers(0, n_output - n_hidden)),
        reasoning_tokens=n_hidden,
        compute_s=draw(st.decimals(min_value=0, max_value=100, places=3)),
    )
    return asked, used


@given(rate_cards(), calls(), st.integers(0, 23))
def test_no_call_within_its_limits_costs_more_than_its_bound(
    card: Endpoint, call: tuple[ModelRequest, Usage], hour: int
) -> None:
    asked, used = call
    market = make_market(2, providers={"p0": replace(make_provider("p0"), timeout_s=100.0)})
    bound = PriceBook(market=market, now=lambda: NOW).bound(card, ITEM, asked)
    cost = PriceBook(market=market, now=lambda: NOW.replace(hour=hour)).cost(card, used)
    assert 0 <= cost <= bound


def test_a_bound_counts_bytes_overhead_output_and_fees() -> None:
    card = endpoint(rate("input", "2"), rate("output", "10"), rate("request", "0.001", per="call"))
    bound = book().bound(card, ITEM, request("é" * 100, 50))
    assert bound == Decimal("0.001") + (2 * (200 + 64) + 10 * 50) / Decimal(1_000_000)


def test_a_schema_is_part_of_the_prompt() -> None:
    card = endpoint(rate("input", "1"), rate("output", "1"))
    bare, schema = request(), request(json_schema={"type": "object"})
    assert book().bound(card, ITEM, schema) - book().bound(card, ITEM, bare) == Decimal("17e-6")


def test_a_short_prompt_is_not_bound_by_the_price_of_long_ones() -> None:
    card = endpoint(rate("input", "1"), rate("input", "9", min_prompt_tokens=200), rate("output", "0"))
    assert book().bound(card, ITEM, request("x" * 100)) == Decimal("164e-6")
    assert book().bound(card, ITEM, request("x" * 137)) == Decimal(9 * 201) / 1_000_000


def test_the_dearest_hour_of_the_day_bounds() -> None:
    card = endpoint(rate("input", "1"), rate("input", "5", utc_window=("0000", "0600")), rate("output", "0"))
    assert book().bound(card, ITEM, request()) == Decimal(5 * 164) / 1_000_000
    assert book().cost(card, Usage(input_tokens=1_000_000)) == 1


def test_compute_seconds_are_bound_by_the_timeout() -> None:
    card = endpoint(rate("input", "0"), rate("output", "0"), rate("compute_second", "0.002", per="second"))
    assert book().bound(card, ITEM, request()) == Decimal("0.2")
    assert book().cost(card, Usage(input_tokens=9, output_tokens=9, compute_s=Decimal("1.5"))) == Decimal("0.003")


def test_tokens_beside_compute_seconds_are_bound_too() -> None:
    card = endpoint(rate("input", "1"), rate("output", "1"), rate("compute_second", "0.002", per="second"))
    assert book().bound(card, ITEM, request()) == Decimal("0.2") + Decimal(164 + 50) / 1_000_000


@pytest.mark.parametrize(
    ("rates", "kind"),
    [
        ((), "input"),
        ((rate("output", "1"),), "input"),
        ((rate("input", "1"),), "output"),
        ((rate("input", None), rate("output", "1")), "input"),
        ((rate("cache_read", "1"), rate("output", "1")), "input"),
        ((rate("input", "1"), rate("reasoning", "1")), "output"),
        ((rate("input", "1"), rate("output", "1"), rate("request", None, per="call")), "request"),
        ((rate("input", "1"), rate("output", "1"), rate("compute_second", None, per="second")), "compute_second"),
    ],
)
def test_an_unknown_price_gives_no_bound(rates: tuple[Rate, ...], kind: str) -> None:
    with pytest.raises(PriceUnknownError) as caught:
        book().bound(endpoint(*rates), ITEM, request())
    assert (caught.value.kind, caught.value.endpoint_id) == (kind, "m00")


def test_what_the_provider_reports_is_the_cost() -> None:
    card = endpoint(rate("input", "1"), rate("output", "1"))
    assert book().cost(card, Usage(input_tokens=5, reported_usd=Decimal("0.25"))) == Decimal("0.25")


def test_a_first_guess_is_four_characters_a_token_and_unknown_without_a_price() -> None:
    card = endpoint(rate("input", "1"), rate("output", "2"))
    assert book().expected(card, 4000, 500) == pytest.approx(1000e-6 + 1000e-6)
    assert book().expected(endpoint(rate("input", None), rate("output", "2")), 4000, 500) is None


def test_where_seconds_are_billed_a_guess_of_them_keeps_the_order_by_length() -> None:
    timed = endpoint(rate("input", "0"), rate("output", "0"), rate("compute_second", "0.5", per="second"))
    short, long = book().expected(timed, 400, 1), book().expected(timed, 4000, 1)
    assert short is not None
    assert long is not None
    assert 0 < short < long
    unpriced = endpoint(rate("input", "0"), rate("output", "0"), rate("compute_second", None, per="second"))
    assert book().expected(unpriced, 400, 1) is None
