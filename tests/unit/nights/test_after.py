from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from modelsearch.core.nights import Alarm
from modelsearch.nights.after import after_night, first_state, rerank
from modelsearch.nights.plan import plan_night
from tests.unit.nights.played import BAD, BASE, DAY, GOOD, OPEN, done, night, offer, searched, standing

BASELINE = offer("base", 10.0)
OFFERS = [BASELINE, offer("a", 1.0), offer("b", 2.0)]


def test_a_new_task_is_served_by_its_baseline() -> None:
    state = first_state("t", "r", BASE)  # type: ignore[arg-type]
    assert (state.incumbent_id, state.n_tested, state.last_night) == (BASE, 0, None)


def test_the_first_search_moves_to_the_cheapest_certified() -> None:
    state = first_state("t", "r", BASE)  # type: ignore[arg-type]
    first = night(*OFFERS)
    (job,) = plan_night(state, first).jobs
    found = [standing("base", usd_per_1k=10.0), standing("a", OPEN), standing("b", usd_per_1k=2.0)]
    outcome = after_night(state, first, [done(job, *found, spend_usd="3.5")])
    (move,) = outcome.moves
    assert (move.from_id, move.to_id) == (BASE, "b")
    assert move.reason == (
        "b costs 2 USD per 1,000 items (-80.0% to base); certified: gap +0.0100 to the baseline on 100 items, test 1"
    )
    assert move.evidence["place"] == 1.0
    assert (outcome.state.incumbent_id, outcome.state.n_tested) == ("b", 1)
    assert outcome.state.spend_usd == Decimal("3.5")
    assert outcome.state.last_night == first.day


@pytest.mark.parametrize("verdict", [BAD, OPEN])
def test_without_a_certificate_nothing_moves(verdict: object) -> None:
    assert searched(standing("a", verdict), offers=OFFERS).incumbent_id == BASE  # type: ignore[arg-type]


def test_a_limit_that_is_broken_stands_above_a_certificate() -> None:
    assert searched(replace(standing("a"), is_feasible=False), offers=OFFERS).incumbent_id == BASE


def test_a_newcomer_that_is_certified_and_cheaper_takes_over() -> None:
    state = searched(standing("b", usd_per_1k=2.0), offers=OFFERS)
    tonight = night(*OFFERS, offer("c", 1.0), day=1)
    (job,) = plan_night(state, tonight).jobs
    outcome = after_night(state, tonight, [done(job, standing("c", usd_per_1k=1.0))])
    assert [move.to_id for move in outcome.moves] == ["c"]
    assert outcome.state.waiting == ()


@pytest.mark.parametrize("usd_per_1k", [1.99, 3.0])
def test_one_that_is_not_cheaper_by_enough_is_runner_up(usd_per_1k: float) -> None:
    state = searched(standing("b", usd_per_1k=2.0), offers=OFFERS)
    tonight = night(*OFFERS, offer("c", 1.0), day=1)
    (job,) = plan_night(state, tonight).jobs
    outcome = after_night(state, tonight, [done(job, standing("c", usd_per_1k=usd_per_1k))])
    assert outcome.moves == ()
    assert outcome.state.standings["c"].verdict is GOOD  # type: ignore[index]


def test_a_price_that_rises_moves_to_the_runner_up_free_of_charge() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    outcome = rerank(state, night(BASELINE, offer("a", 5.0), offer("b", 2.0), day=1))
    assert [(move.from_id, move.to_id) for move in outcome.moves] == [("a", "b")]
    assert outcome.state.standings["a"].cost_usd == pytest.approx(0.005)  # type: ignore[index]
    assert outcome.state.last_night == DAY
    assert outcome.alarms == ()


def test_the_baseline_serves_again_when_it_is_cheapest() -> None:
    state = searched(standing("a"), offers=OFFERS)
    outcome = rerank(state, night(offer("base", 0.5), *OFFERS[1:], day=1))
    assert outcome.state.incumbent_id == BASE
    assert outcome.moves[0].reason.endswith("it is the baseline")


def test_an_incumbent_that_is_gone_is_followed_at_once_and_everybody_is_searched() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    tonight = night(BASELINE, offer("b", 2.0), day=1)
    assert [job.kind for job in plan_night(state, tonight).jobs] == ["search"]
    outcome = rerank(state, tonight)
    assert outcome.state.incumbent_id == "b"
    (alarm,) = outcome.alarms
    assert (alarm.code, alarm.subject) == ("incumbent_gone", "a")
    assert "b takes over" in alarm.message


def test_one_that_ends_soon_is_followed_by_the_runner_up() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    ends = DAY + timedelta(days=20)
    outcome = rerank(state, night(BASELINE, offer("a", 1.0, ends=ends), offer("b", 2.0), day=1))
    assert outcome.moves[0].reason.startswith("a ends on 2026-01-21; b costs")
    assert [alarm.code for alarm in outcome.alarms] == ["incumbent_ends"]


def test_one_that_ends_soon_without_a_runner_up_serves_till_its_last_days() -> None:
    state = searched(standing("a"), offers=[BASELINE, offer("a")])
    ending = offer("a", 1.0, ends=DAY + timedelta(days=10))
    soon = after_night(state, night(BASELINE, ending, day=1), [])
    assert (soon.moves, [alarm.code for alarm in soon.alarms]) == ((), ["incumbent_ends"])
    assert after_night(soon.state, night(BASELINE, ending, day=2), []).alarms == ()
    last = after_night(soon.state, night(BASELINE, ending, day=9), [])
    assert last.state.incumbent_id == BASE


def test_a_baseline_that_is_gone_is_told_once() -> None:
    state = searched(standing("a"), offers=OFFERS)
    gone = after_night(state, night(*OFFERS[1:], day=1), [])
    assert [alarm.code for alarm in gone.alarms] == ["baseline_gone"]
    assert gone.state.incumbent_id == "a"
    assert after_night(gone.state, night(*OFFERS[1:], day=2), []).alarms == ()


def test_an_incumbent_that_is_not_what_it_was_stays_until_it_is_measured_anew() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    tonight = night(BASELINE, offer("a", 1.0, revision="2"), offer("b", 2.0), day=1)
    (job,) = plan_night(state, tonight).jobs
    assert (job.kind, job.candidate_id, job.revision, job.place) == ("screen", "a", "a|bf16|2", 2)
    waits = after_night(state, tonight, [done(job, end="pending")])
    assert (waits.moves, [alarm.code for alarm in waits.alarms]) == ((), ["incumbent_changed"])
    stays = after_night(state, tonight, [done(job, standing("a"))])
    assert stays.moves == ()
    leaves = after_night(state, tonight, [done(job, standing("a", BAD))])
    (move,) = leaves.moves
    assert move.to_id == "b"
    assert "a, measured anew, is inferior (gap +0.0100 to the baseline on 100 items, test 2)" in move.reason


def test_another_baseline_voids_every_certificate_and_searches_everybody() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    tonight = night(offer("base", 10.0, revision="2"), *OFFERS[1:], day=1)
    (job,) = plan_night(state, tonight).jobs
    assert (job.kind, job.place) == ("search", 2)
    assert "is not what it was: 'base|bf16|1' then, 'base|bf16|2' now" in job.reason
    found = [standing("base", usd_per_1k=10.0), standing("b", usd_per_1k=2.0)]
    outcome = after_night(state, tonight, [done(job, *found)])
    assert set(outcome.state.standings) == {BASE, "b"}
    assert outcome.state.waiting == ("a",)
    assert outcome.moves == ()  # until it is measured against the new baseline
    assert "a has no certificate any more; it is measured anew" in outcome.alarms[0].message


def test_a_test_that_fails_night_after_night_is_given_up_with_an_alarm() -> None:
    state = searched(offers=[BASELINE])
    alarms: list[Alarm] = []
    for day in range(1, 9):
        tonight = night(BASELINE, offer("a"), day=day)
        results = [replace(done(job, end="failed"), error="401") for job in plan_night(state, tonight).jobs]
        outcome = after_night(state, tonight, results)
        state, alarms = outcome.state, [*alarms, *outcome.alarms]
    assert [alarm.code for alarm in alarms] == ["test_given_up"]
    assert alarms[0].message == "a: its test 2 was given up after 7 nights: 401"
    assert (state.n_tested, state.waiting) == (2, ())


def test_whoever_left_before_its_first_call_used_no_place() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a"), day=1)
    (job,) = plan_night(state, tonight).jobs
    outcome = after_night(state, tonight, [replace(done(job, spend_usd="0"), n_calls=0, error="no key")])
    assert outcome.state.n_tested == 1
    assert outcome.state.seen["a"].reason == "not tested: no key"  # type: ignore[index]
    assert outcome.alarms == ()
