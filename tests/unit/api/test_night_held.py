"""Nights that batches or dear hours hold up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_stage import Waiting
from modelsearch.api.night_work import NightWork
from modelsearch.core.nights import Job, JobResult
from modelsearch.store.night_store import OPEN
from tests.unit.api.bazaar import BASELINE, Bazaar, Models, history, told

PEAK = [
    {"input_mtok": 0.5, "output_mtok": 2.0, "observed_at": "2026-11-01", "source": "made up"},
    {"input_mtok": 1.0, "output_mtok": 4.0, "observed_at": "2026-11-01", "source": "made up", "utc": ["0100", "0400"]},
]


async def pending(job: Job, _work: NightWork, where: JobRun) -> JobDone:
    """Every job waits for its batches."""
    return JobDone(result=JobResult(job=job, end="pending", error="2 batches are under way", run_id=where.run.run_id))


def test_a_night_that_is_held_up_is_open_until_it_is_asked_for_again(bazaar: Bazaar) -> None:
    held = bazaar.night(runner=pending)
    assert (held.end, held.results) == ("held", ())
    assert bazaar.store.holds(OPEN)
    assert history(bazaar, "nights") == []
    assert bazaar.night(1, runner=pending).day == held.day
    report = bazaar.night()
    assert told(report) == [("search", BASELINE, "done")]
    assert history(bazaar, "nights") == ["2026-11-24"]
    assert not bazaar.store.holds(OPEN)


def test_jobs_that_need_no_batch_are_done_while_others_are_held_up(bazaar: Bazaar) -> None:
    bazaar.night()
    bazaar.add("late", 0.5)
    bazaar.add("weak", 0.3)

    async def runner(job: Job, work: NightWork, where: JobRun) -> JobDone:
        return await (pending if job.candidate_id == "weak/m" else run_job)(job, work, where)

    held = bazaar.night(1, runner=runner)
    assert held.end == "held"
    assert ("screen", "late/m", "done") in told(held)
    n_late = bazaar.asked["late/m"]
    report = bazaar.night(1)
    assert {("screen", "late/m", "done"), ("screen", "weak/m", "done")} <= set(told(report))
    assert bazaar.asked["late/m"] == n_late


def test_a_model_is_not_tested_in_its_dear_hours(bazaar: Bazaar) -> None:
    bazaar.night()
    late = bazaar.add("late", 0.5, prices=PEAK)
    at = [datetime(2026, 11, 25, 2, 30, tzinfo=UTC)]
    waiting = Waiting(most_s=0.0, now=lambda: at[0])
    held = bazaar.night(1, waiting=waiting)
    assert held.end == "held"
    assert not bazaar.asked[late]
    at[0] += timedelta(hours=2)
    report = bazaar.night(1, waiting=replace(waiting))
    assert ("screen", late, "done") in told(report)
    assert 0 < bazaar.asked[late] <= len(Models.asked)
