"""A night of a registered task, from its state to its state: stage by stage, taken up where a kill left it.

What is planned is on disk before the first job, what came of a job before the next: the same night run again does only
what is missing, in the same runs, and pays nothing twice. `nights` decides, `api.night_job` carries out.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from modelsearch.api.feedback import feedback_tonight
from modelsearch.api.night_between import LOST, reranked
from modelsearch.api.night_hours import cheaper_from
from modelsearch.api.night_job import JobDone, JobRun
from modelsearch.api.night_open import NightCall, OpenNight, Progress, planned_from
from modelsearch.api.night_request import ANEW
from modelsearch.api.night_results import spent_in
from modelsearch.api.night_stage import run_stage
from modelsearch.api.night_tidy import forget_pages, forget_samples
from modelsearch.api.night_work import Composites, Kept, NightWork, night_work, with_kept
from modelsearch.core.candidate import singles_of
from modelsearch.core.ids import EndpointId, RunId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Alarm, Job, JobEnd, JobResult, NightEnd, NightReport, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.nights.after import after_night
from modelsearch.nights.night import NightOutcome
from modelsearch.nights.plan import plan_night
from modelsearch.settings import Settings
from modelsearch.store.layout import RunDir, new_run_id
from modelsearch.store.night_store import OPEN, RESULTS, STATE, NightStore
from modelsearch.store.night_tables import lines_of, standing_lines

KEPT, COMPOSITES = "kept", "composites"


async def run_night(registered: RegisteredTask, settings: Settings, call: NightCall) -> NightReport:
    """A night of a task; one that was left open is ended first.

    Where jobs are held up for longer than may be waited, the night stays open (`held`): asked for again, it goes on.

    Raises:
        NightLockedError: somebody else works on a night of the task.
        InputError: task, catalogue, baseline or keys cannot be used; nothing was spent.
    """
    store = NightStore(settings.nights / registered.id)
    with store.lock():
        before = await _left_open(registered, settings, call, store)
        if before is not None and (before.end == "held" or before.day >= call.day):
            return before
        engine = await asyncio.to_thread(begun_night, registered, settings, call, store)
        if engine is None:
            return await asyncio.to_thread(reranked, registered, settings, call, store)
        return await engine.run()


async def _left_open(
    registered: RegisteredTask, settings: Settings, call: NightCall, store: NightStore
) -> NightReport | None:
    """End a night that a kill or a long wait left open; its report, None where there was none."""
    opened = store.read(OPEN, OpenNight)
    if opened is None:
        return None
    work = await asyncio.to_thread(night_work, registered, settings, opened.day, state=opened.state)
    report = await engine_of(work, store, opened, call).run()
    is_asked = opened.only == call.only or (call.only is None and opened.only == LOST)
    return report if report.end == "held" or is_asked else None


def begun_night(registered: RegisteredTask, settings: Settings, call: NightCall, store: NightStore) -> "Engine | None":
    """The engine of a new night, written down; None where that night is over already.

    Where something was lost since, a search for it is what is left of a night that is over.
    """
    state, work, night = planned_from(registered, settings, call, store)
    only = LOST if call.only is None and _is_over(state, call.day) else call.only
    if only is LOST:
        if _has_searched(store, call.day):
            return None
        night = replace(night, rules=replace(night.rules, drift_items=0))
    opened = OpenNight.of(new_name(), state, night, only)
    engine = engine_of(work, store, opened, call)
    if only is None or engine.next_jobs():
        store.write(OPEN, opened)
        return engine
    return None


def _has_searched(store: NightStore, day: date) -> bool:
    """Whether everybody was searched on a day: once is enough, also where that failed."""
    return any(line["kind"] == "search" and line["day"] == day.isoformat() for line in store.history("jobs"))


def _is_over(state: TaskState, day: date) -> bool:
    return state.last_night is not None and day <= state.last_night


def engine_of(work: NightWork, store: NightStore, opened: OpenNight, call: NightCall) -> "Engine":
    """What carries out an open night, with what is kept of earlier ones."""
    kept = store.read(KEPT, dict[EndpointId, Kept]) or {}
    composites = store.read(COMPOSITES, Composites) or Composites()
    work = replace(work, offers=opened.offers, watch=call.watch)
    work = with_kept(work, kept, composites, opened.state)
    return Engine(work, store, opened, call)


class Engine:
    """Carries out one open night, alone; `api.shared_night` with others."""

    def __init__(self, work: NightWork, store: NightStore, opened: OpenNight, call: NightCall) -> None:
        self.work, self._store, self.opened, self.call = work, store, opened, call
        before = store.read(RESULTS, Progress)
        is_ours = before is not None and before.token == opened.token
        self._progress = before if before is not None and is_ours else Progress(token=opened.token)
        self._state = opened.state if opened.only is None else replace(opened.state, last_night=None)

    def next_jobs(self) -> tuple[Job, ...]:
        """The next stage; of a night for one newcomer, only what that one needs."""
        jobs = plan_night(self._state, self.opened.night, self._progress.results).jobs
        only = self.opened.only
        if only is None:
            return jobs
        if only == LOST:
            return tuple(job for job in jobs if job.kind == "search")
        asked = plan_night(self._state, self.opened.night).waiting
        if not any(self._is_of(candidate_id, only) for candidate_id in asked):
            return ()
        rows = [job for job in jobs if job.kind == "measure" and job.candidate_id == self._state.baseline_id]
        return (*rows, *(job for job in jobs if self._is_of(job.candidate_id, only)))

    def _is_of(self, candidate_id: str, endpoint_id: EndpointId) -> bool:
        single = self.work.singles.get(candidate_id)  # type: ignore[call-overload]
        return single is not None and single.endpoint_id == endpoint_id

    async def run(self) -> NightReport:
        """To its end, or until everything that is left is held up for longer than may be waited."""
        while jobs := self.next_jobs():
            if await run_stage(jobs, self._carry_out, self.cheaper_from, self.call.waiting):
                return self.report("held")
        return self.closed()

    async def _carry_out(self, job: Job, wait_s: float | None) -> JobEnd:
        """One job, in the run that it was begun in; what came of it is on disk when this returns."""
        if job.key not in self._progress.runs:
            self._note(replace(self._progress, runs={**self._progress.runs, job.key: new_name()}))
        where = JobRun(
            run=self._run_dir(job.key),
            most_usd=self._most_usd(job),
            known_ids=frozenset(self._state.standings),
            wait_s=wait_s,
        )
        done = await self.call.runner(job, self.work, where)
        if done.result.end != "pending":
            self._keep(done)
            self._write_kept()
            self._note(replace(self._progress, results=(*self._progress.results, done.result)))
        return done.result.end

    async def carry_out(self, job: Job, where: JobRun) -> JobDone:
        """One job, of which nothing is written down here."""
        return await self.call.runner(job, self.work, replace(where, known_ids=frozenset(self._state.standings)))

    def take(self, done: Sequence[JobDone]) -> None:
        """What jobs have come to, in the order of the plan; nothing is written down here."""
        for each in done:
            self._keep(each)
        self._progress = replace(self._progress, results=(*self._progress.results, *(each.result for each in done)))

    def limit_usd(self, job: Job) -> Decimal:
        """What all jobs of its kind may cost tonight."""
        night = self.opened.night
        wide_usd = night.search_budget_usd if job.kind == "search" else None
        return night.budget_usd if wide_usd is None else wide_usd

    def _most_usd(self, job: Job) -> Decimal:
        """What a job that begins now may cost: the night's limit, and what all tasks have left, less what is gone.

        Jobs that are held up count with what they have taken, in whichever life.
        """
        done = {result.job.key: result.spend_usd for result in self._progress.results}
        limit_usd = self.limit_usd(job)
        if self.call.budget_usd is not None:
            limit_usd = min(limit_usd, self.call.budget_usd)
        held = [name for name in self._progress.runs if name != job.key and name not in done]
        gone = [*done.values(), *(spent_in(self._run_dir(name)).committed_usd for name in held)]
        return max(ZERO_USD, limit_usd - sum(gone, ZERO_USD))

    def _run_dir(self, key: str) -> RunDir:
        return RunDir(self.work.settings.runs, self._progress.runs[key])

    def _note(self, progress: Progress) -> None:
        self._progress = progress
        self._store.write(RESULTS, progress)

    def _keep(self, done: JobDone) -> None:
        """What later nights need of a job: hosts and revisions of whom it called, what a composite is made of."""
        work = self.work
        called = {name: host for name, host in done.hosts.items() if not name.endswith(ANEW)}
        new = {
            name: Kept(revision=work.revisions.get(name, ""), host=host)
            for name, host in called.items()
            if name not in work.kept
        }
        known = {name: replace(kept, host=called.get(name, kept.host)) for name, kept in work.kept.items()}
        self.work = replace(work, kept={**known, **new}, composites=work.composites.joined(done.made))

    def _write_kept(self) -> None:
        self._store.write(KEPT, self.work.kept)
        self._store.write(COMPOSITES, self.work.composites)

    def cheaper_from(self, job: Job, now: datetime) -> datetime | None:
        """When the job is cheaper; one that is begun goes on."""
        candidate = self.work.candidate(job.candidate_id)
        is_begun = job.key in self._progress.runs and self._run_dir(job.key).exists
        if candidate is None or is_begun:
            return None
        return cheaper_from((self.work.market.endpoints[s.endpoint_id] for s in singles_of(candidate)), now)

    def closed(self) -> NightReport:
        """What the night has come to, in the history, then in the state; then it is over."""
        self._write_kept()
        outcome = after_night(self._state, self.opened.night, self._progress.results)
        results = self._progress.results
        is_short = any(result.end == "out_of_money" for result in results)
        is_failed = bool(results) and all(result.end == "failed" for result in results)
        end: NightEnd = "failed" if is_failed else "out_of_money" if is_short else "done"
        report = self.report(end, outcome)
        state = outcome.state
        self._store.append({**lines_of(report), **standing_lines(state, report, self.work.task.margin)})
        if self.opened.only is not None:  # the day's own night is still to come, or was there already
            state = replace(state, last_night=self.opened.state.last_night)
        self._store.write(STATE, state)
        self._store.remove(OPEN, RESULTS)
        forget_samples(self.work.settings, self._store, self.opened.day)
        forget_pages(self.work.settings, self._store, self.opened.day)
        return report

    def report(self, end: NightEnd, outcome: NightOutcome | None = None) -> NightReport:
        """The night as it is now."""
        results, night = self._progress.results, self.opened.night
        plain = NightReport(
            task_id=self._state.task_id,
            day=night.day,
            end=end,
            results=results,
            spend_usd=sum((result.spend_usd for result in results), ZERO_USD),
            waiting=self._state.waiting,
        )
        if outcome is None:
            return plain
        told = feedback_tonight(self.work.settings, self._state, night.day)
        alarms = (
            *outcome.alarms,
            *told.alarms,
            *(_failed(result, night.day) for result in results if result.end == "failed"),
        )
        return replace(
            plain,
            moves=outcome.moves,
            alarms=alarms,
            waiting=outcome.state.waiting,
            declined=outcome.declined,
            feedback=told.weights,
        )


def _failed(result: JobResult, day: date) -> Alarm:
    job = result.job
    message = f"{job.kind} of {job.candidate_id} failed, and is tried again the next night: {result.error}"
    return Alarm(code="job_failed", subject=job.task_id, day=day, message=message)


def new_name() -> RunId:
    """A name of its own, for a run or a night."""
    return new_run_id(datetime.now(UTC), random.Random())
