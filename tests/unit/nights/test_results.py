from dataclasses import replace

from modelsearch.core.nights import Standing
from modelsearch.core.result import Verdict
from modelsearch.nights.after import after_night
from modelsearch.nights.night import NightRules
from modelsearch.nights.plan import plan_night
from modelsearch.nights.results import is_begun
from tests.unit.nights.played import BAD, BASE, GOOD, N_ITEMS, OPEN, done, night, offer, searched, standing

BASELINE = offer("base", 10.0)


def test_a_job_without_a_call_was_not_begun() -> None:
    (job,) = plan_night(searched(offers=[BASELINE]), night(BASELINE, offer("a"), day=1)).jobs
    nothing = replace(done(job), n_calls=0)
    assert not is_begun(nothing)
    assert is_begun(done(job))
    assert is_begun(replace(nothing, end="failed"))
    assert is_begun(replace(nothing, standings=(standing("a"),)))


def test_what_the_engine_left_open_is_filled_in() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a"), day=1)
    (job,) = plan_night(state, tonight).jobs
    found = after_night(state, tonight, [done(job, standing("a"))]).state.standings
    assert (found["a"].revision, found["a"].place, found["a"].rated_usd) == ("a|bf16|1", 2, 0.001)  # type: ignore[index]


def test_a_standing_without_items_says_nothing() -> None:
    state = searched(offers=[BASELINE])
    tonight = night(BASELINE, offer("a"), day=1)
    (job,) = plan_night(state, tonight).jobs
    after = after_night(state, tonight, [done(job, standing("a", n_items=0))]).state
    assert "a" not in after.standings
    assert after.seen["a"].is_final  # type: ignore[index]


def test_a_measured_baseline_is_kept_also_in_part() -> None:
    state = searched(offers=[BASELINE])
    state = replace(state, standings={BASE: replace(state.standings[BASE], n_items=10)})
    tonight = night(BASELINE, offer("a"), day=1)
    (job,) = plan_night(state, tonight).jobs
    part = done(job, standing("base", n_items=60), end="out_of_money")
    assert after_night(state, tonight, [part]).state.standings[BASE].n_items == 60


def test_newcomers_during_a_long_search_wait_for_their_own_test() -> None:
    state = searched(standing("a"), offers=[BASELINE, offer("a"), offer("b", 2.0)])
    lost = night(BASELINE, offer("b", 2.0), offer("c", 2.0), day=1)
    (job,) = plan_night(state, lost).jobs
    state = after_night(state, lost, [done(job, end="pending")]).state
    assert "c" in state.seen
    later = night(BASELINE, offer("b", 2.0), offer("c", 2.0), offer("d", 2.0), day=2)
    (again,) = plan_night(state, later).jobs
    assert (again.kind, again.place, again.seed) == ("search", job.place, job.seed)
    state = after_night(state, later, [done(again, standing("base", usd_per_1k=10.0))]).state
    assert state.waiting == ("d",)


def _row_bought(verdict: Verdict, *, n_baseline: int) -> Standing:
    """The incumbent's standing after its missing items were bought and found like this."""
    state = searched(standing("a", GOOD, n_items=30), offers=[BASELINE, offer("a")])
    state = replace(state, standings={**state.standings, BASE: replace(state.standings[BASE], n_items=n_baseline)})
    tonight = night(BASELINE, offer("a"), day=1, rules=NightRules(drift_items=20))
    row = next(job for job in plan_night(state, tonight).jobs if job.candidate_id == "a" and job.kind == "measure")
    found = replace(standing("a", verdict), quality=0.7, gap=-0.1)
    return after_night(state, tonight, [done(row, found)]).state.standings[row.candidate_id]


def test_items_bought_for_no_test_leave_the_certificate_as_it_was() -> None:
    for found in (_row_bought(OPEN, n_baseline=N_ITEMS), _row_bought(BAD, n_baseline=N_ITEMS - 1)):
        assert (found.verdict, found.place, found.gap) == (GOOD, 1, 0.01)
        assert (found.n_items, found.quality) == (N_ITEMS, 0.7)


def test_whole_rows_that_say_the_contrary_end_a_certificate() -> None:
    found = _row_bought(BAD, n_baseline=N_ITEMS)
    assert (found.verdict, found.gap) == (BAD, -0.1)
