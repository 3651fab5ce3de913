import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_open import planned_from
from modelsearch.api.night_work import Composites, NightWork, with_kept
from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId, RunId, TaskId
from modelsearch.core.nights import Job, JobKind, JobResult
from modelsearch.core.result import Verdict
from modelsearch.store.layout import RunDir
from tests.unit.api.bazaar import BASELINE, N_ITEMS, Bazaar, Models

MEMBERS = tuple(Single(endpoint_id=EndpointId(f"{name}/m")) for name in ("twin", "poor", "dear"))
VOTE = Ensemble(members=MEMBERS)
CASCADE = Cascade(legs=MEMBERS[:2], thresholds=(0.5,))


def work_of(bazaar: Bazaar, *composites: Candidate) -> NightWork:
    """Tonight, with composites that a search recommended once."""
    state, work, _ = planned_from(bazaar.registered(), bazaar.settings, bazaar.call(), bazaar.store)
    known = Composites()
    for composite in composites:
        known = known.with_candidate(composite)
    return with_kept(work, {}, known, state)


def done(bazaar: Bazaar, work: NightWork, kind: JobKind, candidate_id: str, n_items: int = 0) -> JobDone:
    """One job, in a run of its own."""
    job = Job(
        kind=kind, task_id=TaskId("colours"), candidate_id=CandidateId(candidate_id), level=0.0,
        budget_usd=Decimal(1), reason="", n_items=n_items, place=7 if kind == "screen" else 0,
    )  # fmt: skip
    job = replace(job, level=0.01) if kind == "screen" else job
    run = RunDir(work.settings.runs, RunId(f"run-{kind}-{len(candidate_id)}-{len(Models.asked)}"))
    return asyncio.run(run_job(job, work, JobRun(run=run, most_usd=Decimal(1), wait_s=0.0)))


def result(bazaar: Bazaar, work: NightWork, kind: JobKind, candidate_id: str, n_items: int = 0) -> JobResult:
    found = done(bazaar, work, kind, candidate_id, n_items).result
    assert found.end == "done", found.error
    return found


def test_a_row_is_measured_once_and_then_known(bazaar: Bazaar) -> None:
    work = work_of(bazaar)
    first = result(bazaar, work, "measure", BASELINE, 20)
    assert (first.n_calls, first.standings[0].n_items) == (20, 20)
    second = result(bazaar, work, "measure", BASELINE)
    assert (second.n_calls, second.standings[0].n_items) == (N_ITEMS - 20, N_ITEMS)
    third = result(bazaar, work, "measure", BASELINE)
    assert (third.n_calls, third.spend_usd, third.standings[0].n_items) == (0, Decimal(0), N_ITEMS)
    assert third.standings[0].tokens_in == 100


def test_a_vote_is_measured_by_its_members_and_sampled_anew_by_them(bazaar: Bazaar) -> None:
    work = work_of(bazaar, VOTE)
    measured = result(bazaar, work, "measure", VOTE.id)
    (standing,) = measured.standings
    assert (standing.candidate_id, standing.n_items) == (VOTE.id, N_ITEMS)
    assert {str(use.endpoint_id): (use.tokens_in, use.tokens_out) for use in standing.uses} == {
        str(member.endpoint_id): (100.0, 5.0) for member in MEMBERS
    }
    assert bazaar.asked == {str(member.endpoint_id): N_ITEMS for member in MEMBERS}
    Models.right["twin"] = Models.right["dear"] = 0.0
    drift = result(bazaar, work, "drift", VOTE.id, 15)
    assert len(drift.samples) == 15
    assert {old for _, old, _ in drift.samples} == {1.0}
    assert {new for _, _, new in drift.samples} == {0.0}
    assert {name: n for name, n in bazaar.asked.items() if name.endswith("@anew")} == {
        f"{member.endpoint_id}@anew": 15 for member in MEMBERS
    }


def test_a_cascade_counts_the_legs_that_are_called(bazaar: Bazaar) -> None:
    work = work_of(bazaar, CASCADE)
    (standing,) = result(bazaar, work, "measure", CASCADE.id).standings
    assert [use.tokens_in for use in standing.uses] == [100.0, 100.0]
    drift = result(bazaar, work, "drift", CASCADE.id, 10)
    assert len(drift.samples) == 10
    assert all(old == pytest.approx(new) for _, old, new in drift.cost_samples)


def test_a_screen_tells_of_the_newcomer_alone(bazaar: Bazaar) -> None:
    work = work_of(bazaar)
    result(bazaar, work, "measure", BASELINE)
    found = result(bazaar, work, "screen", "twin/m")
    (standing,) = found.standings
    assert (standing.candidate_id, standing.verdict) == ("twin/m", Verdict.NON_INFERIOR)
    assert bazaar.asked[BASELINE] == N_ITEMS
    assert (standing.revision, standing.place) == ("", 0)


def test_a_job_whose_calls_cost_up_to_far_more_than_expected_is_carried_out(bazaar: Bazaar) -> None:
    work = work_of(bazaar)
    result(bazaar, work, "measure", BASELINE)
    job = Job(
        kind="drift", task_id=TaskId("colours"), candidate_id=CandidateId(BASELINE), level=0.0,
        budget_usd=Decimal("1e-6"), reason="", n_items=10,
    )  # fmt: skip
    where = JobRun(run=RunDir(work.settings.runs, RunId("tight")), most_usd=Decimal(1))
    assert len(asyncio.run(run_job(job, work, where)).result.samples) == 10
    broke = replace(where, run=RunDir(work.settings.runs, RunId("broke")), most_usd=Decimal("1e-6"))
    ended = asyncio.run(run_job(job, work, broke)).result
    assert (ended.end, len(ended.samples), ended.spend_usd) == ("out_of_money", 0, Decimal(0))


def test_without_money_nothing_is_begun(bazaar: Bazaar) -> None:
    work = work_of(bazaar)
    job = Job(
        kind="measure", task_id=TaskId("colours"), candidate_id=CandidateId(BASELINE), level=0.0,
        budget_usd=Decimal(1), reason="",
    )  # fmt: skip
    where = JobRun(run=RunDir(work.settings.runs, RunId("none")), most_usd=Decimal(0))
    ended = asyncio.run(run_job(job, work, where)).result
    assert (ended.end, ended.run_id, ended.n_calls) == ("out_of_money", None, 0)
    assert not where.run.path.exists()


def test_whom_nobody_knows_any_more_is_told(bazaar: Bazaar) -> None:
    ended = done(bazaar, work_of(bazaar), "drift", "vote-000000000000", 5).result
    assert ended.end == "failed"
    assert "nobody knows" in ended.error


def test_a_search_hands_on_what_its_certified_composites_are_made_of(bazaar: Bazaar) -> None:
    """Two that are wrong apart and right together, and the baseline far dearer."""
    for name, right in (("one", 0.93), ("two", 0.92), ("three", 0.91)):
        Models.right[name] = right
        bazaar.add(name, 0.3)
    del bazaar.offers["twin"]
    bazaar.write()
    (bazaar.root / "catalogs" / "providers" / "twin.yaml").unlink()
    report = bazaar.night(registered=bazaar.registered(plan="balanced"))
    certified = {s.candidate_id for s in report.results[0].standings if s.verdict is Verdict.NON_INFERIOR}
    made = bazaar.store.read("composites", Composites)
    assert made is not None
    assert {c for c in certified if c.startswith(("vote-", "cascade-"))} <= {*made.ensembles, *made.cascades}
    assert all(str(c) in ("dear/m", *(f"{n}/m" for n in Models.right)) or made.find(c) for c in certified)
