from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.catalog.price import prices_at
from modelsearch.catalog.price_rows import Condition, condition_of, dated_rates, in_force, new_rows
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Rate, RateKind
from modelsearch.core.offering import CatalogState, PriceRow
from tests.unit.catalog.offerings import DAY, RATES, STATES, offering, rates, state

ID = EndpointId("acme/m-1")
OWN = rates("1", "3", observed_at=date(2026, 9, 1), source="file")


def endpoint(own: tuple[Rate, ...], rows: list[PriceRow]) -> Endpoint:
    return Endpoint(
        id=ID, model_id=ModelId("m-1"), provider_id=ProviderId("acme"), wire_name="m-1", rates=dated_rates(own, rows)
    )


def paid(one: Endpoint, day: date, prompt_tokens: int = 10) -> dict[str, Decimal | None]:
    prices = prices_at(one, at=datetime.combine(day, time(12), UTC), prompt_tokens=prompt_tokens)
    return {str(kind): usd for kind, usd in prices.items()}


def history(*states: CatalogState) -> list[PriceRow]:
    """The rows of states that were seen a day apart."""
    known: list[PriceRow] = []
    for n, each in enumerate(states):
        known += new_rows(known, each, DAY + timedelta(days=n))
    return known


def listing(**prices: str) -> CatalogState:
    """One endpoint at plain prices by kind."""
    kinds = cast("dict[RateKind, str]", prices)
    listed = (Rate(kind=kind, usd=Decimal(usd), source="list") for kind, usd in kinds.items())
    return state(offering(rates=tuple(listed)))


@settings(max_examples=50, deadline=None)
@given(st.lists(STATES, max_size=4))
def test_a_state_that_is_known_appends_nothing_and_old_rows_stay(states: list[CatalogState]) -> None:
    known = history(*states)
    for n in range(len(states) + 1):
        assert known[: len(history(*states[:n]))] == history(*states[:n])
    if states:
        assert new_rows(known, states[-1], DAY + timedelta(days=9)) == ()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(RATES, max_size=4, unique_by=condition_of), min_size=1, max_size=4))
def test_what_is_listed_is_what_holds_that_day_and_earlier_days_keep_their_price(lists: list[list[Rate]]) -> None:
    states = [state(offering(rates=tuple(listed))) for listed in lists]
    told = dated_rates(OWN, history(*states))
    assert told[: len(OWN)] == OWN
    for n, listed in enumerate(lists):
        day = DAY + timedelta(days=n)
        held = in_force(told, day)
        assert {key: held[key].usd for key in map(condition_of, listed)} == {condition_of(r): r.usd for r in listed}
        assert in_force(told, DAY - timedelta(days=1)) == in_force(OWN, DAY)
        until = dated_rates(OWN, history(*states[: n + 1]))
        assert in_force(until, day) == held


def test_a_cut_holds_from_its_day_on() -> None:
    one = endpoint(OWN, history(listing(input="1", output="3"), listing(input="0.5", output="3")))
    assert paid(one, DAY)["input"] == 1
    assert paid(one, DAY + timedelta(days=1)) == {"input": Decimal("0.5"), "output": Decimal(3)}
    assert len(one.rates) == 3


def test_two_changes_of_one_day_leave_the_later_one() -> None:
    known = [*new_rows((), listing(input="9", output="9"), DAY)]
    known += new_rows(known, listing(input="2", output="9"), DAY)
    one = endpoint(OWN, known)
    assert paid(one, DAY) == {"input": Decimal(2), "output": Decimal(9)}
    assert [rate.usd for rate in one.rates if rate.valid_from == DAY] == [2, 9]


def test_a_condition_that_is_listed_no_more_falls_back_and_follows() -> None:
    long = (*rates("1", "3"), *rates("2", "6", min_prompt_tokens=200_000))
    plain = listing(input="1", output="3")
    one = endpoint((), history(state(offering(rates=long)), plain, listing(input="5", output="3")))
    assert paid(one, DAY, 300_000)["input"] == 2
    assert paid(one, DAY + timedelta(days=1), 300_000) == {"input": Decimal(1), "output": Decimal(3)}
    assert paid(one, DAY + timedelta(days=2), 300_000)["input"] == 5


def test_kinds_that_are_listed_no_more_cost_what_stands_in_for_them() -> None:
    full = listing(input="1", output="3", cache_read="0.1", reasoning="4", request="0.01")
    one = endpoint((), history(full, listing(input="1", output="3"), listing(output="3")))
    after = paid(one, DAY + timedelta(days=1))
    assert after == {"input": 1, "output": 3, "cache_read": 1, "reasoning": 3, "request": 0}
    assert paid(one, DAY + timedelta(days=2))["input"] is None


def test_other_processing_that_is_listed_no_more_is_of_unknown_price() -> None:
    both = state(offering(rates=(*rates("2", "6"), *rates("1", "3", processing="batch"))))
    one = endpoint((), history(both, state(offering(rates=rates("2", "6")))))
    held = in_force(one.rates, DAY + timedelta(days=1))
    assert held[Condition("input", "batch")].usd is None


def test_what_only_the_files_state_rises_with_the_listed_price_and_never_falls() -> None:
    own = (*OWN, *rates("0.5", "1.5", processing="batch"), Rate(kind="cache_read", usd=Decimal("0.1")))
    one = endpoint(own, history(listing(input="2", output="3"), listing(input="0.2", output="3")))
    held = in_force(one.rates, DAY)
    assert held[Condition("input", "batch")].usd == 1
    assert held[Condition("output", "batch")].usd == Decimal("1.5")
    assert held[Condition("cache_read")].usd == Decimal("0.2")
    later = in_force(one.rates, DAY + timedelta(days=1))
    assert later[Condition("input", "batch")].usd == Decimal("0.5")
    assert later[Condition("cache_read")].usd == Decimal("0.1")


def test_a_discount_for_some_hours_that_no_source_tells_any_more_is_not_counted_on() -> None:
    own = (*OWN, *rates("0.5", "9", utc_window=("1600", "2000")))
    held = in_force(endpoint(own, history(listing(input="1", output="3"))).rates, DAY)
    assert held[Condition("input", utc_window=("1600", "2000"))].usd == 1
    assert held[Condition("output", utc_window=("1600", "2000"))].usd == 9


def test_an_offering_without_prices_or_that_answers_no_more_says_nothing_of_them() -> None:
    known = history(listing(input="1", output="3"))
    assert new_rows(known, state(offering(rates=())), DAY) == ()
    assert new_rows(known, state(offering(rates=rates("7", "7"), is_live=False)), DAY) == ()
    assert new_rows(known, state(), DAY) == ()


def test_a_dispute_is_news_and_prices_of_days_to_come_are_not_in_force() -> None:
    known = history(listing(input="1", output="3"))
    disputed = state(offering(rates=rates("1", "3", is_disputed=True)))
    assert [row.rate.is_disputed for row in new_rows(known, disputed, DAY)] == [True, True]
    later = replace(OWN[0], usd=Decimal(9), valid_from=DAY + timedelta(days=30))
    assert new_rows(known, state(offering(rates=(*rates(), later))), DAY) == ()
