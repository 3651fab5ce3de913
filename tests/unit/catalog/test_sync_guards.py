from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.catalog.load import load_market
from modelsearch.catalog.reconcile import reconciled
from modelsearch.catalog.sync_guards import Refused, checked, is_priced, largest_change, moved
from modelsearch.core.offering import CatalogState, Listing, Offering
from tests.unit.catalog.folders import write_catalog
from tests.unit.catalog.offers import EMPTY, HOUR, NOW, listed, offer, plain, rate, usd_of

N = 40
MANY = tuple(offer(f"m-{i}") for i in range(N))
BEFORE = reconciled([listed(*MANY)], EMPTY)


def taken(*offerings: Offering, before: CatalogState = BEFORE, is_released: bool = False) -> Listing:
    found = checked(listed(*offerings, at=NOW + HOUR), before, is_released=is_released)
    assert isinstance(found, Listing)
    return found


def refusal(*offerings: Offering, before: CatalogState = BEFORE) -> str:
    found = checked(listed(*offerings, at=NOW + HOUR), before)
    assert isinstance(found, Refused)
    assert found.source == "acme"
    return found.reason


def test_an_empty_listing_is_refused_even_when_a_person_has_looked() -> None:
    assert "nothing is listed" in refusal()
    assert "nothing is listed" in refusal(before=EMPTY)
    assert isinstance(checked(listed(), BEFORE, is_released=True), Refused)


def test_a_fifth_of_the_rows_may_go_and_no_more() -> None:
    assert len(taken(*MANY[8:]).offerings) == 32
    assert "31 rows, 40 before" in refusal(*MANY[9:])
    assert len(taken(*MANY[9:], is_released=True).offerings) == 31


def test_a_short_listing_may_lose_two() -> None:
    before = reconciled([listed(*MANY[:3])], EMPTY)
    assert len(taken(MANY[0], before=before).offerings) == 1


def test_a_fifth_of_the_prices_may_go_and_no_more() -> None:
    unpriced = [replace(each, rates=()) for each in MANY]
    assert taken(*unpriced[:8], *MANY[8:]).problems == ()
    assert "31 rows with prices, 40 before" in refusal(*unpriced[:9], *MANY[9:])


def test_a_slip_of_units_in_most_rows_refuses_the_source() -> None:
    slipped = [replace(each, rates=plain("0.005", "0.02")) for each in MANY]
    assert "unit of the source" in refusal(*slipped)
    few = taken(*slipped[:10], *MANY[10:])
    assert usd_of(few.offerings[0].rates) == {"input": 1, "output": 4}
    assert len(few.problems) == 10
    assert usd_of(taken(*slipped, is_released=True).offerings[0].rates)["input"] == Decimal("0.005")


def test_a_person_cannot_release_what_no_price_can_be() -> None:
    found = taken(offer("m-0", rates=plain("-1", "5000")), *MANY[1:], is_released=True)
    assert usd_of(found.offerings[0].rates) == {"input": 1, "output": 4}


def test_of_two_rows_of_one_endpoint_the_dearer_is_used_in_dispute() -> None:
    dear = offer("m-0", rates=plain("3", "4"))
    for pair in ((MANY[0], dear), (dear, MANY[0])):
        found = taken(*pair, *MANY[1:])
        assert len(found.offerings) == N
        assert usd_of(found.offerings[0].rates)["input"] == 3
        assert all(each.is_disputed for each in found.offerings[0].rates)
        assert "listed twice" in found.problems[0]
    assert taken(MANY[0], *MANY).problems == ()


def test_prices_of_the_catalogues_files_are_what_a_first_sync_is_held_against(tmp_path: Path) -> None:
    market = load_market(write_catalog(tmp_path), as_of=date(2026, 11, 20))
    endpoint = next(each for each in market.endpoints.values() if each.rates[0].usd)
    usd = endpoint.rates[0].usd
    assert usd is not None
    name = endpoint.id.removeprefix(f"{endpoint.provider_id}/")
    one = offer(name, source=endpoint.provider_id, provider=endpoint.provider_id)
    for factor, expected in ((Decimal("0.009"), 0), (Decimal(2), 1)):
        jumped = replace(one, rates=(replace(endpoint.rates[0], usd=usd * factor),))
        found = checked(listed(jumped, source=one.source), replace(EMPTY, observed_at=NOW), market=market)
        assert isinstance(found, Listing)
        assert len(found.offerings[0].rates) == expected


def state_with(*offerings: Offering) -> CatalogState:
    return CatalogState(
        observed_at=NOW, offerings={each.endpoint_id: each for each in offerings}, readings=BEFORE.readings
    )


@pytest.mark.parametrize("n", [10, 11])
def test_more_than_ten_and_15_percent_are_held(n: int) -> None:
    small = state_with(*MANY)
    for after in (
        state_with(*(replace(each, rates=plain("1.06")) for each in MANY[:n]), *MANY[n:]),
        state_with(*MANY[n:]),
        state_with(*MANY, *(offer(f"new-{i}") for i in range(n))),
        state_with(*(replace(each, is_live=False) for each in MANY[:n]), *MANY[n:]),
    ):
        found = moved(small, after)
        assert found.n_moved == n
        assert found.is_too_much == (n > 10)


def test_15_percent_of_a_large_catalogue() -> None:
    large = tuple(offer(f"m-{i}") for i in range(200))
    before = state_with(*large)
    assert not moved(before, state_with(*large[30:])).is_too_much
    held = moved(before, state_with(*large[31:]))
    assert held.is_too_much
    assert held.reason.startswith("31 of 200 endpoints move at once (0 appear, 31 go, ")


def test_small_changes_other_models_and_new_sources() -> None:
    before = state_with(*MANY)
    assert moved(before, state_with(*(replace(each, rates=plain("1.049")) for each in MANY))).n_moved == 0
    old = state_with(*(replace(each, revision="a") for each in MANY))
    assert moved(old, state_with(*(replace(each, revision="b") for each in MANY))).n_other == N
    assert moved(before, state_with(*(replace(each, revision="b") for each in MANY))).n_moved == 0
    new_source = tuple(offer(f"x-{i}", source="other", provider="other") for i in range(N))
    assert moved(before, state_with(*MANY, *new_source)).n_moved == 0
    assert moved(EMPTY, before).n_moved == 0


def test_a_price_that_waits_counts_when_it_is_first_listed() -> None:
    cut = [replace(each, rates=plain("0.5", "2")) for each in MANY]
    after = reconciled([listed(*cut, at=NOW + HOUR)], BEFORE)
    assert usd_of(after.offerings[MANY[0].endpoint_id].rates) == {"input": 1, "output": 4}
    assert moved(BEFORE, after).n_repriced == N


def test_the_largest_change_is_a_share_and_unknown_is_a_whole_one() -> None:
    assert largest_change(plain("1"), plain("1.1")) == Decimal("0.1")
    assert largest_change(plain("1"), plain("0.5", "5")) == Decimal("0.5")
    assert largest_change(plain("1"), plain(None)) == 1
    assert largest_change(plain("1"), (*plain("1"), rate("cache_read", "0.1"))) == 1
    assert largest_change((), plain()) == largest_change(plain(), ()) == 0


def test_priced_is_who_has_a_price_for_both_ways() -> None:
    assert is_priced(offer())
    assert not is_priced(offer(rates=plain(None)))
    assert not is_priced(offer(rates=(rate("input", "1"), rate("output", "1", processing="batch"))))


def test_many_last_days_at_once_are_held_and_one_long_past_is_not_believed() -> None:
    soon = tuple(replace(each, deprecated_on=date(2026, 11, 21)) for each in MANY)
    found = moved(state_with(*MANY), state_with(*soon))
    assert (found.n_ending, found.is_too_much) == (N, True)
    assert moved(state_with(*soon), state_with(*MANY)).n_moved == 0
    past = taken(replace(MANY[0], deprecated_on=date(2026, 10, 19)), *soon[1:])
    assert past.offerings[0].deprecated_on is None
    assert past.offerings[1].deprecated_on == date(2026, 11, 21)
    assert "not believed" in past.problems[0]


def test_rows_that_answer_no_more_are_lost_rows() -> None:
    off = [replace(each, is_live=False) for each in MANY]
    assert "31 rows, 40 before" in refusal(*off[:9], *MANY[9:])
    assert "nothing is listed" in refusal(*off)
