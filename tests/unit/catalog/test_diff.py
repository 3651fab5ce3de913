from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from hypothesis import given

from modelsearch.catalog.diff import MOVABLE, blended_usd, changes, condition, fingerprint_of, price_table
from modelsearch.core.ids import EndpointId, canonical_json
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, ModelChange, Offering
from tests.unit.catalog.offerings import DAY, NOW, STATES, offering, rates, state

Told = dict[EndpointId, dict[str, Any]]


def told_of(state: CatalogState) -> Told:
    """What a state says of what is live, in the words of facts."""
    return {i: _told(each) for i, each in state.offerings.items() if each.is_live}


def _told(each: Offering) -> dict[str, Any]:
    prices = {name: None if usd is None else f"{usd.normalize():f}" for name, usd in price_table(each.rates).items()}
    deprecated_on = None if each.deprecated_on is None else each.deprecated_on.isoformat()
    moving = {name: getattr(each, name) or None for name in MOVABLE}
    return {"prices": prices, "deprecated_on": deprecated_on, **moving}


def applied(told: Told, found: tuple[ModelChange, ...]) -> Told:
    """The state that changes lead to, from their facts alone."""
    after = {endpoint_id: dict(facts) for endpoint_id, facts in told.items()}
    for change in found:
        facts = cast("Mapping[str, Any]", change.facts)
        if change.kind == "gone":
            del after[change.endpoint_id]
        elif change.kind == "appeared":
            known = {name: facts[name] or None for name in ("quantization", "region", "revision")}
            kept = {"prices": facts["prices"], "deprecated_on": facts["deprecated_on"]}
            after[change.endpoint_id] = kept | known | {"model_id": change.model_id}
        elif change.kind == "alias_moved":
            after[change.endpoint_id] |= facts["after"]
        else:
            name = {"repriced": "prices", "deprecated": "deprecated_on"}[change.kind]
            after[change.endpoint_id][name] = facts[name]
    return after


def known_anyway(told: Told, before: Told) -> Told:
    """Of endpoints that were there before: what is not told now stays, and what was never known before is no news
    (but for prices and last days, which matter the first time they are told).
    """
    after = {i: dict(each) for i, each in told.items()}
    for endpoint_id in after.keys() & before.keys():
        for name, old in before[endpoint_id].items():
            is_news = bool(old) or name in {"prices", "deprecated_on"}
            after[endpoint_id][name] = after[endpoint_id][name] or old if is_news else old
    return after


@given(STATES)
def test_nothing_happens_between_equal_states(one: CatalogState) -> None:
    assert changes(one, one, DAY) == ()
    assert changes(one, replace(one, observed_at=NOW + timedelta(hours=1)), DAY) == ()


@given(STATES, STATES)
def test_the_changes_tell_the_whole_way_from_one_state_to_the_other(one: CatalogState, other: CatalogState) -> None:
    before = told_of(one)
    assert applied(before, changes(one, other, DAY)) == known_anyway(told_of(other), before)


@given(STATES, STATES)
def test_the_same_change_has_the_same_id_and_no_two_have_one(one: CatalogState, other: CatalogState) -> None:
    found = changes(one, other, DAY)
    later = replace(other, observed_at=NOW + timedelta(hours=5), offerings=dict(reversed([*other.offerings.items()])))
    assert [change.id for change in changes(one, later, DAY)] == [change.id for change in found]
    assert len({change.id for change in found}) == len(found)
    assert all(canonical_json(change.facts) for change in found)


def test_another_day_is_another_change() -> None:
    one, other = state(), state(offering())
    ids = {changes(one, other, DAY + timedelta(days=n))[0].id for n in range(3)}
    assert len(ids) == 3


def test_each_kind_is_told_with_its_facts() -> None:
    before = state(
        offering("acme/cut"), offering("acme/ends"), offering("acme/moves", revision="a-0101", quantization="fp8"),
        offering("acme/old"), offering("acme/same"),
    )  # fmt: skip
    after = state(
        offering("acme/cut", rates=rates("0.5", "1.5")), offering("acme/ends", deprecated_on=date(2026, 12, 24)),
        offering("acme/moves", revision="a-0202", quantization="int4"), offering("acme/new"),
        offering("acme/same", source="another", is_open_weights=True),
    )  # fmt: skip
    found = {change.endpoint_id: change for change in changes(before, after, DAY)}
    assert {i: c.kind for i, c in found.items()} == {
        "acme/cut": "repriced", "acme/ends": "deprecated", "acme/moves": "alias_moved", "acme/new": "appeared",
        "acme/old": "gone",
    }  # fmt: skip
    assert found[EndpointId("acme/cut")].facts == {
        "prices_before": {"input": "1", "output": "3"}, "prices": {"input": "0.5", "output": "1.5"}, "rise_share": -0.5,
    }  # fmt: skip
    assert found[EndpointId("acme/moves")].facts["moved"] == ["quantization", "revision"]
    assert found[EndpointId("acme/ends")].facts == {"deprecated_on": "2026-12-24", "deprecated_on_before": None}


def test_an_offering_that_answers_no_more_is_gone_and_comes_back() -> None:
    up, down = state(offering()), state(offering(is_live=False))
    assert [change.kind for change in changes(up, down, DAY)] == ["gone"]
    assert [change.kind for change in changes(down, up, DAY)] == ["appeared"]
    assert changes(down, state(), DAY) == ()


def test_what_is_not_told_is_no_change_but_a_first_price_is() -> None:
    full = state(offering(revision="a", deprecated_on=DAY))
    empty = state(offering(rates=(), revision="", deprecated_on=None))
    assert changes(full, empty, DAY) == ()
    assert [change.kind for change in changes(empty, full, DAY)] == ["repriced", "deprecated"]
    assert changes(empty, full, DAY)[0].facts["rise_share"] is None


def test_conditions_are_told_in_words() -> None:
    rate = Rate(
        kind="output", usd=Decimal(1), processing="batch", min_prompt_tokens=200_000, utc_window=("0100", "0400")
    )
    assert condition(rate) == "output batch over 200000 utc 0100-0400"
    newer = replace(rate, usd=Decimal(2), valid_from=DAY)
    assert price_table((newer, rate)) == {condition(rate): Decimal(2)}
    assert blended_usd({"input": Decimal(1), "output": Decimal(5)}) == 2
    assert blended_usd({"input": Decimal(1)}) is None


@given(STATES, STATES)
def test_states_with_one_fingerprint_say_the_same(one: CatalogState, other: CatalogState) -> None:
    later = replace(one, observed_at=NOW + timedelta(hours=1), absent={EndpointId("acme/m-1"): 1})
    assert fingerprint_of(later) == fingerprint_of(one)
    if changes(one, other, DAY):
        assert fingerprint_of(one) != fingerprint_of(other)
