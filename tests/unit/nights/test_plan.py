from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from modelsearch.nights.after import after_night, first_state
from modelsearch.nights.night import NightRules
from modelsearch.nights.plan import plan_night
from modelsearch.stats.multiplicity import lifetime_level
from tests.unit.nights.played import ALPHA, BASE, DAY, GOOD, N_ITEMS, done, night, offer, searched, standing

BASELINE = offer("base", 10.0)


def _names(results: tuple[object, ...]) -> list[str]:
    return [job.candidate_id for job in results]  # type: ignore[attr-defined]


def test_the_first_night_searches_everybody_at_the_first_place() -> None:
    plan = plan_night(first_state("t", "r", BASE), night(BASELINE, offer("a")))  # type: ignore[arg-type]
    (job,) = plan.jobs
    assert (job.kind, job.candidate_id, job.place) == ("search", BASE, 1)
    assert job.level == lifetime_level(ALPHA, 1)
    assert job.budget_usd == Decimal(10)
    assert not plan.declined


def test_a_search_has_a_budget_of_its_own() -> None:
    tonight = replace(night(BASELINE, offer("a")), search_budget_usd=Decimal(50))
    (job,) = plan_night(first_state("t", "r", BASE), tonight).jobs  # type: ignore[arg-type]
    assert job.budget_usd == Decimal(50)


def test_samples_and_a_search_of_one_stage_share_the_searchs_money() -> None:
    state = searched(standing("a", GOOD), offers=[BASELINE, offer("a")])
    lost = night(BASELINE, offer("b"), day=1, rules=NightRules(drift_items=20))
    jobs = plan_night(state, replace(lost, search_budget_usd=Decimal(50))).jobs
    assert [job.kind for job in jobs] == ["drift", "search"]
    assert sum(job.budget_usd for job in jobs) == Decimal(50)


def test_nothing_new_means_nothing_to_do() -> None:
    state = searched(offers=[BASELINE, offer("a")])
    assert plan_night(state, night(BASELINE, offer("a"), day=1)).jobs == ()


def test_newcomers_are_tested_beside_each_other_each_at_its_own_place_and_order() -> None:
    state = searched(offers=[BASELINE])
    jobs = plan_night(state, night(BASELINE, offer("a"), offer("b", 2.0), day=1)).jobs
    assert [(job.kind, job.candidate_id, job.place) for job in jobs] == [("screen", "a", 2), ("screen", "b", 3)]
    assert [job.level for job in jobs] == [lifetime_level(ALPHA, 2), lifetime_level(ALPHA, 3)]
    assert jobs[0].seed != jobs[1].seed
    assert [job.max_cost_usd for job in jobs] == [pytest.approx(0.01)] * 2
    assert "test 2 of this task's life, at level 0.0076" in jobs[0].reason


def test_the_baselines_missing_items_come_before_newcomers() -> None:
    state = searched(offers=[BASELINE])
    short = replace(state, standings={BASE: replace(state.standings[BASE], n_items=40)})
    tonight = night(BASELINE, offer("a"), day=1)
    (first,) = plan_night(short, tonight).jobs
    assert (first.kind, first.candidate_id, first.place) == ("measure", BASE, 0)
    assert _names(plan_night(short, tonight, [done(first, standing("base"))]).jobs) == ["a"]
    assert plan_night(short, tonight, [done(first, end="out_of_money")]).jobs == ()


def test_incumbent_and_baseline_are_sampled_every_night() -> None:
    state = searched(standing("a", GOOD), offers=[BASELINE, offer("a")])
    tonight = night(BASELINE, offer("a"), day=1, rules=NightRules(drift_items=20))
    jobs = plan_night(state, tonight).jobs
    assert [(job.kind, job.candidate_id, job.n_items) for job in jobs] == [("drift", "a", 20), ("drift", BASE, 20)]
    assert plan_night(state, tonight, [done(job) for job in jobs]).jobs == ()


def test_money_that_newcomers_did_not_need_goes_to_the_next_in_line() -> None:
    state = searched(offers=[BASELINE])
    offers = [BASELINE, *(offer(f"m{n}", 1.0) for n in range(5))]  # 0.3 USD reserved for each
    tonight = night(*offers, day=1, budget_usd="0.7")
    first = plan_night(state, tonight).jobs
    assert _names(first) == ["m0", "m1"]
    results = [done(job, standing(str(job.candidate_id)), spend_usd="0.02") for job in first]
    assert _names(plan_night(state, tonight, results).jobs) == ["m2", "m3"]


def test_who_does_not_fit_waits_and_is_first_tomorrow() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a", 2.0), day=1, budget_usd="0.7")
    results = [done(job, standing("a"), spend_usd="0.5") for job in plan_night(state, tonight).jobs]
    more = night(BASELINE, offer("a", 2.0), offer("b", 1.9), day=2, budget_usd="0.7")
    state = after_night(after_night(state, tonight, results).state, more, []).state
    assert state.waiting == ("b",)
    newer = night(BASELINE, offer("a", 2.0), offer("b", 1.9), offer("c", 0.1), day=3, budget_usd="0.6")
    assert plan_night(state, newer).jobs[0].candidate_id == "b"


def test_who_needs_more_than_a_night_gets_a_whole_one_when_first_in_line() -> None:
    state = searched(offers=[BASELINE])
    (job,) = plan_night(state, night(BASELINE, offer("a", 9.0), day=1, budget_usd="0.5")).jobs
    assert job.budget_usd == Decimal("0.5")


def test_a_test_that_is_not_over_goes_on_at_its_place() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a"), offer("b"), day=1)
    first, second = plan_night(state, tonight).jobs
    results = [done(first, end="pending"), done(second, standing("b"))]
    after = after_night(state, tonight, results).state
    (job,) = plan_night(after, night(BASELINE, offer("a"), offer("b"), day=2)).jobs
    assert (job.candidate_id, job.place, job.seed) == ("a", 2, first.seed)


def test_a_test_begun_on_another_revision_begins_anew() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a"), day=1)
    results = [done(job, end="pending") for job in plan_night(state, tonight).jobs]
    after = after_night(state, tonight, results).state
    (job,) = plan_night(after, night(BASELINE, offer("a", revision="2"), day=2)).jobs
    assert job.place == 3


def test_a_night_without_money_does_nothing() -> None:
    state = searched(offers=[BASELINE])
    tonight = replace(night(BASELINE, offer("a"), day=1), budget_usd=Decimal(0))
    assert plan_night(state, tonight).jobs == ()
    assert plan_night(state, tonight).waiting == ("a",)


def test_without_the_baseline_on_sale_nobody_is_bought_and_its_row_serves() -> None:
    state = searched(offers=[BASELINE])
    jobs = plan_night(state, night(offer("a"), day=1)).jobs
    assert [job.kind for job in jobs] == ["screen"]
    assert state.standings[BASE].n_items == N_ITEMS


def test_an_incumbent_certified_on_few_items_is_asked_the_others_once() -> None:
    state = searched(standing("a", GOOD, n_items=30), offers=[BASELINE, offer("a")])
    tonight = night(BASELINE, offer("a"), day=1, rules=NightRules(drift_items=20))
    row = next(job for job in plan_night(state, tonight).jobs if job.kind == "measure")
    assert (row.candidate_id, row.place, row.reason[:8]) == ("a", 0, "70 items")
    assert not [job for job in plan_night(state, tonight, [done(row)]).jobs if job.kind == "measure"]
    after = after_night(state, tonight, [done(row, standing("a"))]).state
    assert [job.kind for job in plan_night(after, replace(tonight, day=DAY + timedelta(days=2))).jobs] == ["drift"] * 2
    assert plan_night(state, night(BASELINE, offer("a"), day=1)).jobs == ()  # nobody asks for samples
