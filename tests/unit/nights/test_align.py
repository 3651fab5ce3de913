from dataclasses import replace
from datetime import timedelta

import pytest

from modelsearch.core.ids import CandidateId
from modelsearch.nights.align import aligned
from modelsearch.nights.night import NightRules
from tests.unit.nights.played import BAD, BASE, DAY, GOOD, night, offer, searched, standing

BASELINE = offer("base", 10.0)


def test_twice_is_once() -> None:
    state = searched(standing("a"), offers=[BASELINE, offer("a")])
    tonight = night(BASELINE, offer("a", revision="2"), offer("b"), offer("dear", 99.0), day=1)
    once = aligned(state, tonight)
    again = aligned(once.state, tonight)
    assert again.state == once.state
    assert set(once.declined) == {"dear"}
    assert not again.declined


def test_whoever_is_too_dear_is_told_so_with_numbers_and_asked_again_when_it_is_not() -> None:
    state = searched(standing("a", usd_per_1k=2.0), offers=[BASELINE, offer("a", 2.0)])
    tonight = night(BASELINE, offer("a", 2.0), offer("b", 5.0), day=1)
    found = aligned(state, tonight)
    assert found.state.waiting == ()
    assert found.declined["b"].reason == (  # type: ignore[index]
        "expected at 5 USD per 1,000 items, not below 4: 2 times what a costs"
    )
    cheaper = aligned(found.state, night(BASELINE, offer("a", 2.0), offer("b", 3.0), day=2))
    assert cheaper.state.waiting == ("b",)
    assert "b" not in cheaper.state.seen


def test_list_prices_are_scaled_by_what_was_billed() -> None:
    others = [standing(f"m{n}", BAD, usd_per_1k=10.0) for n in range(20)]
    state = searched(*others, offers=[BASELINE, *(offer(f"m{n}", 1.0) for n in range(20))])
    found = aligned(state, night(BASELINE, offer("b", 5.0), *(offer(f"m{n}", 1.0) for n in range(20)), day=1))
    assert found.declined["b"].cost_usd > 0.03  # type: ignore[index, operator]


@pytest.mark.parametrize(
    ("newcomer", "reason"),
    [
        (offer("b", None), "its price is unknown"),
        (offer("b", ends=DAY + timedelta(days=20)), "its service ends on 2026-01-21, within 30 days"),
    ],
)
def test_others_who_are_not_worth_a_test_are_told_why(newcomer: object, reason: str) -> None:
    state = searched(offers=[BASELINE])
    found = aligned(state, night(BASELINE, newcomer, day=1))  # type: ignore[arg-type]
    assert reason in found.declined["b"].reason  # type: ignore[index]


def test_whoever_is_billed_by_the_second_is_tested_whatever_a_list_says() -> None:
    state = searched(offers=[BASELINE])
    timed = replace(offer("b", None), is_timed=True)
    assert aligned(state, night(BASELINE, timed, day=1)).state.waiting == ("b",)


def test_the_pool_of_the_first_search_is_not_new() -> None:
    state = searched(offers=[BASELINE, offer("a"), offer("dear", 99.0)])
    tonight = night(BASELINE, offer("a"), offer("dear", 1.0), day=1)
    assert state.seen["a"].is_final  # type: ignore[index]
    assert aligned(state, tonight).state.waiting == ("dear",)  # it was too dear then


def test_another_revision_is_another_model() -> None:
    state = searched(standing("a", BAD), offers=[BASELINE, offer("a"), offer("b")])
    found = aligned(state, night(BASELINE, offer("a", revision="2"), offer("b", revision="2"), day=1))
    assert set(found.state.waiting) == {"a", "b"}
    back = aligned(found.state, night(BASELINE, offer("a"), offer("b", revision="2"), day=2))
    assert back.state.waiting == ("b",)


def test_a_source_that_forgets_a_part_changes_nothing_and_the_part_is_kept() -> None:
    state = searched(standing("a"), offers=[BASELINE, offer("a")])
    silent = replace(offer("a"), revision="a||")
    found = aligned(state, night(BASELINE, silent, day=1))
    assert found.state.waiting == ()
    assert found.state.standings["a"].revision == "a|bf16|1"  # type: ignore[index]


def test_the_line_is_the_incumbent_then_the_certified_then_the_oldest_then_the_most_promising() -> None:
    offers = [BASELINE, offer("a", 1.0), offer("b", 2.0)]
    state = searched(standing("a", GOOD), standing("b", GOOD, usd_per_1k=2.0), offers=offers)
    state = replace(state, waiting=(CandidateId("old"),))
    tonight = night(
        BASELINE,
        offer("a", revision="2"),
        offer("b", 1.5, revision="2"),
        offer("old", 1.9),
        offer("c", 0.9),
        offer("d", 0.1),
        replace(offer("e", 0.1), p_good=0.1),
        day=1,
    )
    assert aligned(state, tonight).state.waiting == ("a", "b", "old", "d", "e", "c")


def test_who_is_gone_leaves_the_line() -> None:
    state = replace(searched(offers=[BASELINE]), waiting=(CandidateId("a"), CandidateId("b")))
    assert aligned(state, night(BASELINE, offer("b"), day=1)).state.waiting == ("b",)
    assert BASE not in aligned(state, night(BASELINE, day=1)).state.waiting


def test_the_slack_is_a_rule() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a", 12.0), day=1, rules=NightRules(slack=1.0, drift_items=0))
    assert set(aligned(state, tonight).declined) == {"a"}
