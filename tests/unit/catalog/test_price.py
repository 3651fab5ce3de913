from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.price import dearest_prices, prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.market import Endpoint, Rate, RateKind
from modelsearch.core.money import call_cost_usd
from modelsearch.core.outcome import Usage
from modelsearch.testing.factories import make_endpoint

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def rate(kind: RateKind, usd: float | None, **keys: Any) -> Rate:
    return Rate(kind=kind, usd=None if usd is None else Decimal(str(usd)), **keys)


def endpoint(*rates: Rate) -> Endpoint:
    return make_endpoint("p/m", rates=rates)


def test_the_newest_row_that_has_begun_holds() -> None:
    place = endpoint(
        rate("input", 3, valid_from=date(2026, 11, 24)),
        rate("input", 1),
        rate("input", 2, valid_from=date(2026, 11, 23)),
    )
    day = timedelta(days=1)
    prices = [prices_at(place, at=NOON + n * day, prompt_tokens=1)["input"] for n in (-1, 0, 1)]
    assert prices == [Decimal(1), Decimal(2), Decimal(3)]


def test_of_rows_of_one_date_the_later_seen_holds() -> None:
    place = endpoint(rate("input", 2, observed_at=date(2026, 11, 2)), rate("input", 1, observed_at=date(2026, 11, 1)))
    assert prices_at(place, at=NOON, prompt_tokens=1) == {"input": Decimal(2)}


def test_the_date_is_that_of_utc() -> None:
    place = endpoint(rate("input", 1), rate("input", 2, valid_from=date(2026, 11, 24)))
    evening_west = datetime(2026, 11, 23, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert prices_at(place, at=evening_west, prompt_tokens=1)["input"] == Decimal(2)


@pytest.mark.parametrize(("prompt_tokens", "expected"), [(0, 1), (100, 1), (101, 2), (1000, 2), (1001, 3)])
def test_the_whole_call_moves_to_the_row_of_its_prompt_length(prompt_tokens: int, expected: int) -> None:
    place = endpoint(
        rate("output", 3, min_prompt_tokens=1000), rate("output", 1), rate("output", 2, min_prompt_tokens=100)
    )
    assert prices_at(place, at=NOON, prompt_tokens=prompt_tokens)["output"] == expected


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(21, 59, 1), (22, 0, 2), (0, 0, 2), (3, 59, 2), (4, 0, 1), (12, 0, 1)]
)
def test_a_window_is_half_open_and_wraps_midnight(hour: int, minute: int, expected: int) -> None:
    place = endpoint(rate("input", 2, utc_window=("2200", "0400")), rate("input", 1))
    at = datetime(2026, 11, 23, hour, minute, tzinfo=UTC)
    assert prices_at(place, at=at, prompt_tokens=1)["input"] == expected


def test_prompt_length_wins_over_the_window() -> None:
    place = endpoint(rate("input", 5, utc_window=("0000", "2359")), rate("input", 2, min_prompt_tokens=10))
    assert prices_at(place, at=NOON, prompt_tokens=11)["input"] == 2
    assert prices_at(place, at=NOON, prompt_tokens=10)["input"] == 5


def test_unknown_is_none_and_unlisted_is_absent() -> None:
    assert prices_at(endpoint(rate("input", None)), at=NOON, prompt_tokens=1) == {"input": None}


def test_batch_has_its_own_rows() -> None:
    place = endpoint(
        rate("input", 2),
        rate("output", 4),
        rate("cache_read", 1),
        rate("request", 0.5, per="call"),
        rate("input", 1, processing="batch"),
        rate("output", 2, processing="batch"),
    )
    prices = prices_at(place, at=NOON, prompt_tokens=1, processing="batch")
    assert prices == {"input": 1, "output": 2, "request": Decimal("0.5")}


def test_a_batch_fee_replaces_the_standard_fee() -> None:
    fees = [rate("request", 3, per="call", processing="batch"), rate("request", 5, per="call")]
    tokens = [rate("input", 1, processing="batch"), rate("output", 2, processing="batch")]
    prices = prices_at(endpoint(*fees, *tokens), at=NOON, prompt_tokens=1, processing="batch")
    assert prices["request"] == 3


@pytest.mark.parametrize("kind", ["input", "output"])
def test_a_quote_without_rows_of_its_own_is_an_error(kind: RateKind) -> None:
    other: RateKind = "output" if kind == "input" else "input"
    place = endpoint(rate("input", 2), rate("output", 4), rate(other, 1, processing="batch"))
    for _ in range(2):
        with pytest.raises(PriceUnknownError, match=f"{kind} with batch processing.*p/m"):
            prices_at(place, at=NOON, prompt_tokens=1, processing="batch")


def test_endpoints_of_one_name_are_not_mixed_up() -> None:
    for usd in range(1, 50):
        assert prices_at(endpoint(rate("input", usd)), at=NOON, prompt_tokens=1) == {"input": usd}


def test_a_caller_may_change_what_it_got() -> None:
    place = endpoint(rate("input", 1))
    prices_at(place, at=NOON, prompt_tokens=1)["input"] = Decimal(9)
    assert prices_at(place, at=NOON, prompt_tokens=1)["input"] == 1


def test_time_without_zone_and_negative_prompts_are_refused() -> None:
    place = endpoint(rate("input", 1))
    with pytest.raises(ValueError, match="with a time zone"):
        prices_at(place, at=datetime(2026, 11, 23), prompt_tokens=1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="expected >= 0, got -1"):
        prices_at(place, at=NOON, prompt_tokens=-1)


def test_the_dearest_price_looks_at_every_hour_and_length() -> None:
    place = endpoint(
        rate("input", 1),
        rate("input", 4, min_prompt_tokens=100),
        rate("input", 2, utc_window=("0100", "0200")),
        rate("input", 9, valid_from=date(2026, 12, 1)),
        rate("input", 8, processing="priority"),
        rate("output", 3),
        rate("output", None, utc_window=("0100", "0200")),
    )
    assert dearest_prices(place, NOON) == {"input": 4, "output": None}
    assert dearest_prices(place, NOON, max_prompt_tokens=100)["input"] == 2
    assert dearest_prices(place, NOON, max_prompt_tokens=101)["input"] == 4


_usd = st.decimals(min_value="0.01", max_value=100, places=3)
_rows = st.lists(
    st.builds(
        Rate,
        kind=st.sampled_from(["input", "output", "cache_read"]),
        usd=_usd,
        min_prompt_tokens=st.sampled_from([0, 1000, 100_000]),
        utc_window=st.sampled_from([None, ("0100", "0400"), ("2300", "0200")]),
        valid_from=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    ),
    min_size=1,
    max_size=12,
)
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(rows=_rows, at=_moments, prompt_tokens=st.integers(0, 200_000))
def test_no_price_is_above_the_dearest(rows: list[Rate], at: datetime, prompt_tokens: int) -> None:
    place = endpoint(*rows)
    dearest = dearest_prices(place, at, max_prompt_tokens=prompt_tokens)
    for kind, usd in prices_at(place, at=at, prompt_tokens=prompt_tokens).items():
        bound = dearest[kind]
        assert usd is not None
        assert bound is not None
        assert usd <= bound


@given(rows=_rows, at=_moments, prompt_tokens=st.integers(0, 200_000), seed=st.randoms())
def test_the_order_of_rows_of_different_conditions_does_not_matter(
    rows: list[Rate], at: datetime, prompt_tokens: int, seed: Any
) -> None:
    unique = list({(r.kind, r.min_prompt_tokens, r.utc_window, r.valid_from): r for r in rows}.values())
    shuffled = seed.sample(unique, len(unique))
    before = prices_at(endpoint(*unique), at=at, prompt_tokens=prompt_tokens)
    after = prices_at(endpoint(*shuffled), at=at, prompt_tokens=prompt_tokens)
    assert before == after


@given(
    prices=st.tuples(_usd, _usd),
    counts=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    more=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_the_cost_at_one_price_is_additive_and_monotone(
    prices: tuple[Decimal, Decimal], counts: tuple[int, int], more: tuple[int, int]
) -> None:
    place = endpoint(Rate(kind="input", usd=prices[0]), Rate(kind="output", usd=prices[1]))

    def cost(n_in: int, n_out: int) -> Decimal:
        held = prices_at(place, at=NOON, prompt_tokens=n_in)
        return call_cost_usd(Usage(input_tokens=n_in, output_tokens=n_out), held)

    whole = cost(counts[0] + more[0], counts[1] + more[1])
    assert whole == cost(*counts) + cost(*more)
    assert whole >= cost(*counts)
