from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from modelsearch.catalog.reconcile import reconciled
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Offering
from tests.unit.catalog.offers import EMPTY, HOUR, NOW, listed, offer, plain, rate, usd_of

ONE, TWO = EndpointId("acme/one"), EndpointId("acme/two")
DEV, GENAI = "models.dev", "genai-prices"


def heard(name: str = "one", source: str = DEV, rates: tuple[Rate, ...] | None = None, **told: Any) -> Offering:
    return offer(name, source=source, rates=plain(source=source) if rates is None else rates, **told)


def synced(before: CatalogState, *offerings: Offering, sources: tuple[str, ...], hours: float = 0) -> CatalogState:
    """One sync of the named sources, each with its rows."""
    at = NOW + timedelta(hours=hours)
    return reconciled(
        [listed(*(o for o in offerings if o.source == name), source=name, at=at) for name in sources], before
    )


def test_no_listing_changes_nothing() -> None:
    assert reconciled([], EMPTY) is EMPTY


def test_each_field_is_told_by_who_knows_it_best() -> None:
    own = offer(rates=(), deprecated_on=date(2026, 12, 31), revision="r1", capabilities=frozenset({"tools"}))
    dev = heard(context_tokens=1000, released=date(2026, 1, 1), capabilities=frozenset({"json_schema"}), revision="x")
    told = synced(EMPTY, own, dev, sources=("acme", DEV))
    one = told.offerings[ONE]
    assert (one.source, one.deprecated_on, one.revision) == ("acme", date(2026, 12, 31), "r1")
    assert (one.context_tokens, one.released) == (1000, date(2026, 1, 1))
    assert one.capabilities == frozenset({"tools", "json_schema"})
    assert usd_of(one.rates) == {"input": 1, "output": 4}
    assert {name: each.n_rows for name, each in told.readings.items()} == {"acme": 1, DEV: 1}


def test_openrouter_tells_every_parameter_so_nothing_is_added() -> None:
    own = offer(source="openrouter", provider="openrouter", capabilities=frozenset({"seed"}))
    dev = heard(provider="openrouter", capabilities=frozenset({"tools"}))
    told = synced(EMPTY, own, dev, sources=("openrouter", DEV))
    assert told.offerings[EndpointId("openrouter/one")].capabilities == frozenset({"seed"})


def test_the_order_of_listings_does_not_matter() -> None:
    listings = [
        listed(offer(), offer("two")),
        listed(heard(rates=plain("2", "4", DEV)), source=DEV),
        listed(heard(source=GENAI), source=GENAI),
    ]
    states = {repr(reconciled(each, EMPTY)) for each in (listings, listings[::-1], listings[1:] + listings[:1])}
    assert len(states) == 1


def test_a_second_opinion_brings_nothing_into_being() -> None:
    assert synced(EMPTY, heard(source=GENAI), sources=(GENAI,)).offerings == {}


def test_only_the_very_same_id_is_the_same_endpoint() -> None:
    told = synced(EMPTY, offer("one", rates=()), heard("one-mini"), sources=("acme", DEV))
    assert told.offerings[ONE].rates == ()


def test_absent_once_stays_and_absent_twice_is_gone() -> None:
    first = synced(EMPTY, offer(), offer("two"), sources=("acme",))
    second = synced(first, offer(), sources=("acme",), hours=1)
    assert (second.absent, set(second.offerings)) == ({TWO: 1}, {ONE, TWO})
    third = synced(second, offer(), sources=("acme",), hours=2)
    assert (third.absent, set(third.offerings)) == ({}, {ONE})


def test_coming_back_begins_anew() -> None:
    state = synced(EMPTY, offer(), offer("two"), sources=("acme",))
    for hour in range(1, 7):
        present = [offer(), offer("two")] if hour % 2 == 0 else [offer()]
        state = synced(state, *present, sources=("acme",), hours=hour)
        assert TWO in state.offerings


def test_a_source_that_was_not_read_neither_removes_nor_reprices() -> None:
    state = synced(EMPTY, offer(rates=plain("2")), heard(rates=plain("2", "4", DEV)), sources=("acme", DEV))
    for hour in range(1, 60, 12):
        state = synced(state, heard(rates=plain("1", "4", DEV)), sources=(DEV,), hours=hour)
    assert usd_of(state.offerings[ONE].rates)["input"] == 2
    assert state.absent == {}


def test_what_its_provider_listed_once_is_gone_when_it_lists_it_no_more_whatever_others_say() -> None:
    state = synced(EMPTY, offer(rates=()), heard(), offer("two"), sources=("acme", DEV))
    for hour in (1, 2):
        state = synced(state, heard(), offer("two"), sources=("acme", DEV), hours=hour)
    assert set(state.offerings) == {TWO}


def test_an_alias_that_its_provider_never_lists_lives_as_long_as_others_know_it() -> None:
    state = synced(EMPTY, offer("two"), heard(), sources=("acme", DEV))
    for hour in (1, 2, 3):
        state = synced(state, offer("two"), heard(), sources=("acme", DEV), hours=hour)
    assert state.offerings[ONE].source == DEV
    for hour in (4, 5):
        state = synced(state, offer("two"), heard("other"), sources=("acme", DEV), hours=hour)
    assert ONE not in state.offerings


def test_a_cut_of_the_provider_wins_over_sources_that_still_tell_the_old_price() -> None:
    state = synced(EMPTY, offer(rates=plain("2")), heard(rates=plain("2", "4", DEV)), sources=("acme", DEV))
    for hour in (1, 25, 26):
        cut = offer(rates=plain("1"))
        state = synced(state, cut, heard(rates=plain("2", "4", DEV)), sources=("acme", DEV), hours=hour)
    assert usd_of(state.offerings[ONE].rates)["input"] == 1
    assert not any(each.is_disputed for each in state.offerings[ONE].rates)


def test_a_dispute_of_others_keeps_the_higher_and_is_told() -> None:
    rows = (heard(rates=plain("0.5", "4", DEV)), heard(source=GENAI, rates=plain("2", "4", GENAI)))
    state = synced(EMPTY, *rows, sources=(DEV, GENAI))
    assert usd_of(state.offerings[ONE].rates)["input"] == 2
    assert state.problems == ("acme/one: input: models.dev 0.5, genai-prices 2: the higher is used",)
    alone = synced(state, rows[0], sources=(DEV,), hours=48)
    assert usd_of(alone.offerings[ONE].rates)["input"] == 2


def test_without_any_price_today_the_old_one_stays() -> None:
    state = synced(EMPTY, offer(), sources=("acme",))
    later = synced(state, offer(rates=()), sources=("acme",), hours=48)
    assert later.offerings[ONE].rates == state.offerings[ONE].rates


def test_an_own_last_day_that_is_taken_back_is_gone_and_other_facts_stay() -> None:
    state = synced(EMPTY, offer(deprecated_on=date(2026, 12, 1), revision="r", context_tokens=5), sources=("acme",))
    later = synced(state, offer(), sources=("acme",), hours=1)
    one = later.offerings[ONE]
    assert (one.deprecated_on, one.revision, one.context_tokens) == (None, "r", 5)


def test_facts_of_the_provider_stay_while_it_is_not_read() -> None:
    own = offer(rates=(), deprecated_on=date(2026, 12, 1), is_live=False)
    state = synced(EMPTY, own, heard(), sources=("acme", DEV))
    later = synced(state, heard(rates=plain("3", "4", DEV)), sources=(DEV,), hours=48)
    one = later.offerings[ONE]
    assert (one.source, one.deprecated_on, one.is_live) == ("acme", date(2026, 12, 1), False)
    assert usd_of(one.rates)["input"] == 3


def test_batch_prices_come_from_the_second_opinion() -> None:
    cheap = (rate("input", "0.5", GENAI, processing="batch"), rate("output", "2", GENAI, processing="batch"))
    state = synced(
        EMPTY,
        offer(rates=()),
        heard(),
        heard(source=GENAI, rates=(*plain(source=GENAI), *cheap)),
        sources=("acme", DEV, GENAI),
    )
    assert usd_of(state.offerings[ONE].rates)["input batch"] == Decimal("0.5")


def test_the_same_listings_again_are_the_same_state_but_for_the_time() -> None:
    rows = (offer(), heard(rates=plain("2", "4", DEV)), heard(source=GENAI), offer("two", rates=()))
    first = synced(EMPTY, *rows, sources=("acme", DEV, GENAI))
    again = synced(first, *rows, sources=("acme", DEV, GENAI), hours=100)
    assert replace(again, observed_at=first.observed_at) == first
    assert again.observed_at == NOW + 100 * HOUR


def test_what_is_told_and_what_is_in_force_differ_while_a_change_is_young() -> None:
    state = synced(EMPTY, offer(rates=plain("1")), sources=("acme",))
    later = synced(state, offer(rates=plain("2")), sources=("acme",), hours=1)
    assert usd_of(later.offerings[ONE].rates)["input"] == 2
    assert usd_of(later.settled()[ONE].rates)["input"] == 1
