"""Workers on one night: the same decisions as one alone, each job once, the money one budget."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.all_nights import NightsCall, run_nights
from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_work import NightWork
from modelsearch.api.publishing import publish_folder, refresh_nights, shared_folder
from modelsearch.api.shared_night import run_shared_night
from modelsearch.api.workers import open_shared
from modelsearch.core.errors import NightLockedError, OptionError, RunLockedError
from modelsearch.core.nights import Job, NightReport, TaskState
from modelsearch.settings import read_settings
from modelsearch.store.night_store import OPEN, RESULTS, STATE, NightStore
from tests.unit.api.bazaar import BASELINE, Bazaar, Killed, Models, told

LATE = {"late": 0.5, "weak": 0.3, "mild": 0.4, "dull": 0.2}


def together(bazaar: Bazaar, n_workers: int, n_nights: int = 1, **changes: Any) -> list[NightReport]:
    """The reports of workers that begin at once; a worker that is killed has none."""

    async def workers() -> list[Any]:
        with ExitStack() as stack:
            sides = [stack.enter_context(open_shared(bazaar.settings)) for _ in range(n_workers)]
            call = bazaar.call(n_nights, **changes)
            nights = (run_shared_night(bazaar.registered(), bazaar.settings, call, side) for side in sides)
            return await asyncio.gather(*nights, return_exceptions=True)

    found = asyncio.run(workers())
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, RuntimeError):
            raise each
    return [each for each in found if isinstance(each, NightReport)]


def opened(root: Path) -> Bazaar:
    """A bazaar after its first night, with newcomers."""
    Models.right |= {"mild": 0.9, "dull": 0.3}
    made = Bazaar(root)
    root.mkdir(exist_ok=True)
    made.write()
    made.night()
    for name, usd in LATE.items():
        made.add(name, usd)
    return made


def plain(report: NightReport) -> NightReport:
    """Without the names of runs, which are drawn."""
    results = (
        replace(result, run_id=None, standings=tuple(replace(each, run_id=None) for each in result.standings))
        for result in report.results
    )
    return replace(report, results=tuple(results))


def plain_state(bazaar: Bazaar) -> TaskState:
    state = bazaar.state
    return replace(state, standings={name: replace(each, run_id=None) for name, each in state.standings.items()})


@pytest.mark.parametrize("n_workers", [1, 3])
def test_workers_decide_what_one_alone_does_and_pay_for_it_once(bazaar: Bazaar, tmp_path: Path, n_workers: int) -> None:
    alone = opened(tmp_path / "alone")
    Models.asked.clear()
    expected = alone.night(1)
    asked = Counter(Models.asked)
    many = opened(tmp_path / "many")
    Models.asked.clear()
    reports = together(many, n_workers)
    assert len(told(expected)) == 6
    assert [plain(each) for each in reports] == [plain(expected)] * n_workers
    assert Counter(Models.asked) == asked
    assert plain_state(many) == plain_state(alone)
    assert not many.store.holds(OPEN)
    assert not many.store.holds(RESULTS)
    assert not together(many, 2)[0].results


def test_the_nights_budget_is_exactly_what_its_jobs_paid(bazaar: Bazaar, tmp_path: Path) -> None:
    many = opened(tmp_path / "many")
    names: list[str] = []

    async def runner(job: Job, work: NightWork, where: JobRun) -> JobDone:
        assert work.shared is not None
        names.append(str(many.store.read(OPEN, dict[str, Any])["token"]))  # type: ignore[index]
        return await run_job(job, work, where)

    (report, *_) = together(many, 2, runner=runner)
    with open_shared(many.settings) as shared:
        spend = shared.budget(f"night {names[0]}", Decimal(1)).spend()
    assert spend.settled_usd == report.spend_usd > 0
    assert spend.committed_usd == spend.settled_usd
    assert spend.n_calls == len(report.results)


def test_a_job_whose_worker_died_is_gone_on_with_in_its_run_by_another(bazaar: Bazaar, tmp_path: Path) -> None:
    expected = opened(tmp_path / "alone").night(1)
    many = opened(tmp_path / "many")
    Models.asked.clear()
    runs: list[tuple[str, str]] = []
    died: list[Job] = []

    async def runner(job: Job, work: NightWork, where: JobRun) -> JobDone:
        runs.append((job.key, str(where.run.run_id)))
        done = await run_job(job, work, where)
        if job.kind == "screen" and not died:
            died.append(job)
            message = "the worker is gone after its work and before it could say so"
            raise RuntimeError(message)
        return done

    first = together(many, 1, runner=runner)
    assert not first
    reports = together(many, 2, runner=runner)
    assert [plain(each) for each in reports] == [plain(expected)] * 2
    assert [key for key, _ in runs].count(died[0].key) == 2
    assert len({run for key, run in runs if key == died[0].key}) == 1
    assert not [cell for cell, n in Counter(Models.asked).items() if n > 1]


def test_a_kill_in_the_midst_of_calls_costs_no_call_twice(bazaar: Bazaar, tmp_path: Path) -> None:
    many = opened(tmp_path / "many")
    Models.asked.clear()
    Models.dies_at = 25
    with pytest.raises(Killed):
        together(many, 1)
    Models.dies_at = None
    reports = together(many, 2)
    assert reports[0].end == "done"
    assert max(Counter(Models.asked).values()) <= 2


def test_who_does_not_share_keeps_out_who_does_and_the_other_way_round(bazaar: Bazaar, tmp_path: Path) -> None:
    many = opened(tmp_path / "many")
    with many.store.lock(), pytest.raises(NightLockedError):
        together(many, 1)
    with many.store.lock(is_shared=True), pytest.raises(NightLockedError):
        many.night(1)
    with many.store.lock(is_shared=True):
        assert together(many, 1)[0].end == "done"


def test_money_that_another_has_set_aside_is_waited_for(bazaar: Bazaar, tmp_path: Path) -> None:
    """A night whose money holds one newcomer at a time is the same night with two workers."""
    registered = replace(bazaar.registered(), night_usd=Decimal("0.02"))
    alone, many = opened(tmp_path / "alone"), opened(tmp_path / "many")
    expected = alone.night(1, registered=registered)

    async def workers() -> list[NightReport]:
        with ExitStack() as stack:
            sides = [stack.enter_context(open_shared(many.settings)) for _ in range(2)]
            asked = replace(many.registered(), night_usd=Decimal("0.02"))
            nights = (run_shared_night(asked, many.settings, many.call(1), side) for side in sides)
            return list(await asyncio.gather(*nights))

    reports = asyncio.run(workers())
    assert sum((result.spend_usd for result in reports[0].results), Decimal(0)) <= Decimal("0.02")
    assert [str(each.job.candidate_id) for each in reports[0].results] == [
        str(each.job.candidate_id) for each in expected.results
    ]


def test_workers_of_two_homes_do_not_each_do_the_whole_night(bazaar: Bazaar, tmp_path: Path) -> None:
    here, there = opened(tmp_path / "here"), opened(tmp_path / "there")

    async def night(of: Bazaar) -> NightReport:
        with open_shared(here.settings) as shared:
            return await run_shared_night(of.registered(), of.settings, of.call(1), shared)

    assert asyncio.run(night(here)).end == "done"
    Models.asked.clear()
    with pytest.raises(OptionError, match="the same MODELSEARCH_HOME"):
        asyncio.run(night(there))
    assert not Models.asked


def test_settings_say_whether_nights_are_shared(bazaar: Bazaar) -> None:
    bazaar.register()
    shared = read_settings({**bazaar.environ, "MODELSEARCH_SHARE_NIGHTS": "1"})
    assert shared.is_night_shared
    assert not bazaar.settings.is_night_shared
    (report,) = asyncio.run(run_nights(shared, NightsCall(day=bazaar.call().day)))
    assert told(report) == [("search", BASELINE, "done")]
    assert (bazaar.root / "home" / "workers" / "workers.sqlite").exists()


class PublishedBazaar(Bazaar):
    """One whose runs and nights are published."""

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, "MODELSEARCH_STORAGE": str(self.root / "store")}


def test_a_shared_night_is_published_whole_as_one_alone_is(bazaar: Bazaar, tmp_path: Path) -> None:
    made = PublishedBazaar(tmp_path / "many")
    made.root.mkdir(exist_ok=True)
    made.write()
    together(made, 2)
    elsewhere = replace(made.settings, home=tmp_path / "elsewhere")
    refresh_nights(elsewhere)
    name = made.store.folder.name
    theirs = NightStore(elsewhere.nights / name)
    assert theirs.read(STATE, TaskState) == made.state
    assert theirs.history("nights") == made.store.history("nights") != []
    assert theirs.history("standings") == made.store.history("standings") != []
    assert not theirs.holds(OPEN)
    with shared_folder(elsewhere, elsewhere.nights / name):  # it was given back: any machine may take it
        theirs.write("note", "ours")
    with pytest.raises(RunLockedError, match="not put over it"):
        publish_folder(made.settings, made.store.folder)
    assert [each.end for each in together(made, 2, n_nights=2)] == ["done", "done"]
    assert made.store.read("note", str) == "ours"
