"""A night that several workers carry out together: every job has one owner, and whoever dies is stood in for.

All workers plan the same stages from the same open night and the same results, so nobody leads. A stage's jobs are
claimed one by one; its results count in the order of the plan, whoever had them first, so the night decides what it
would with one worker. The night's money is one budget that all draw on, a reservation a job.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from secrets import token_hex

from modelsearch.api.night_between import LOST, reranked
from modelsearch.api.night_job import JobDone, JobRun
from modelsearch.api.night_open import NightCall, OpenNight
from modelsearch.api.night_request import job_search
from modelsearch.api.night_results import spent_in
from modelsearch.api.night_stage import FIRST_PAUSE_S, LAST_PAUSE_S, PAUSE_GROWTH
from modelsearch.api.night_work import Composites, NightWork, night_work
from modelsearch.api.nights import Engine, begun_night, engine_of, new_name
from modelsearch.api.publishing import publish_folder, shared_folder
from modelsearch.api.workers import Shared
from modelsearch.core.claims import Claim
from modelsearch.core.errors import (
    ClaimLostError,
    LedgerError,
    ModelsearchError,
    OptionError,
    OverbilledError,
    RunLockedError,
)
from modelsearch.core.ids import CallId, EndpointId, RunId, TaskId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Job, JobResult, NightReport
from modelsearch.core.registered import RegisteredTask
from modelsearch.settings import Settings
from modelsearch.store.layout import RunDir
from modelsearch.store.lock import RunLock
from modelsearch.store.night_store import OPEN, NightStore, from_json, to_json

LOOK_S = 0.25
"""Who has nothing to do looks so often what the others have done."""
MONEY_WAIT_S = 900.0
"""For money that others have set aside and may not need; then a job makes do with what is left."""
_ANY_USD = Decimal(10**9)
_OPENING, _CLOSING, _HOME = "open", "close", "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What workers tell each other of a job that is done."""

    result: JobResult
    hosts: Mapping[EndpointId, str | None]
    made: Composites


async def run_shared_night(
    registered: RegisteredTask, settings: Settings, call: NightCall, shared: Shared
) -> NightReport:
    """A night of a task beside other workers, who get the same report; one that was left open is ended first.

    Raises:
        NightLockedError: somebody who does not share works on a night of the task.
        InputError: task, catalogue, baseline or keys cannot be used; nothing was spent.
    """
    store = NightStore(settings.nights / registered.id)
    with store.lock(is_shared=True):
        while True:
            opened = store.read(OPEN, OpenNight)
            if opened is None:
                opened, report = await _opened(registered, settings, call, shared)
                if report is not None:
                    return report
            if opened is None:
                await call.waiting.clock.sleep(LOOK_S)
                continue
            work = await asyncio.to_thread(night_work, registered, settings, opened.day, state=opened.state)
            report = await _SharedEngine(engine_of(replace(work, shared=shared), store, opened, call), shared).run()
            is_asked = opened.only == call.only or (call.only is None and opened.only == LOST)
            if report.end == "held" or (is_asked and opened.day >= call.day):
                return report


async def _opened(
    registered: RegisteredTask, settings: Settings, call: NightCall, shared: Shared
) -> tuple[OpenNight | None, NightReport | None]:
    """The night that we or another began, None while another is at it; or the report where there is none to begin."""
    store = NightStore(settings.nights / registered.id)
    claim = await asyncio.to_thread(shared.claims.take, f"task {registered.id}", _OPENING)
    if claim is None:
        return None, None
    try:
        with shared_folder(settings, store.folder):  # what other machines have published of it comes first
            await asyncio.to_thread(_check_home, registered.id, store, shared)
            if not store.holds(OPEN):
                engine = await asyncio.to_thread(begun_night, registered, settings, call, store)
                if engine is None:
                    return None, await asyncio.to_thread(reranked, registered, settings, call, store)
            return store.read(OPEN, OpenNight), None
    finally:
        await asyncio.to_thread(shared.claims.give_back, claim)


def _check_home(task_id: TaskId, store: NightStore, shared: Shared) -> None:
    """All workers that share a database go by one state of the task: each on its own would do the whole night.

    Raises:
        OptionError: the nights of the task that the database knows are another home's.
    """
    own, known = store.read(_HOME, str), shared.claims.result(_HOME, task_id)
    claim = None if known is not None else shared.claims.take(_HOME, task_id)
    if claim is not None:
        known = own = own or token_hex(8)
        store.write(_HOME, own)
        shared.claims.done(claim, own)
    if own != known:
        raise OptionError(
            f"task {task_id!r}: the database knows its nights from another home than {store.folder.parent.parent}; "
            f"workers of one night need the same MODELSEARCH_HOME, on a file system that all see: give all of them the "
            f"same, or name another database"
        )


class _SharedEngine:
    """Carries out one open night with others."""

    def __init__(self, engine: Engine, shared: Shared) -> None:
        self._engine, self._opened, self._call = engine, engine.opened, engine.call
        self._claims, self._token = shared.claims, engine.opened.token
        limits = (self._opened.budget_usd, self._opened.search_budget_usd or ZERO_USD)
        self._budget = shared.budget(f"night {self._token}", max(limits))

    async def run(self) -> NightReport:
        """To its end, or until everything that is left is held up for longer than may be waited."""
        while jobs := self._engine.next_jobs():
            found = await self._stage(jobs)
            self._engine.take([found[job.key] for job in jobs if job.key in found])
            if len(found) < len(jobs):
                return self._engine.report("held")
        return await self._closed()

    async def _stage(self, jobs: Sequence[Job]) -> dict[str, JobDone]:
        """What the jobs of a stage have come to, by key; without those that are held up for too long."""
        waiting, pause_s = self._call.waiting, FIRST_PAUSE_S
        end_s = None if waiting.most_s is None else waiting.clock.now_s() + waiting.most_s
        found: dict[str, JobDone] = {}
        while True:
            found |= await asyncio.to_thread(self._told, [job.key for job in jobs if job.key not in found])
            left = [job for job in jobs if job.key not in found]
            if not left:
                return found
            rest_s = None if end_s is None else max(0.0, end_s - waiting.clock.now_s())
            n_done, n_others = await self._pass(left, rest_s if len(left) == 1 else 0.0, found)
            if n_others == 0 and n_done == 0 and end_s is not None and waiting.clock.now_s() + pause_s > end_s:
                return found
            if n_done == 0:
                await waiting.clock.sleep(LOOK_S if n_others else pause_s)
                pause_s = pause_s if n_others else min(LAST_PAUSE_S, pause_s * PAUSE_GROWTH)

    async def _pass(self, left: Sequence[Job], wait_s: float | None, found: dict[str, JobDone]) -> tuple[int, int]:
        """Go through jobs once and do those that are free; how many are done, and how many are others'."""
        n_done = n_others = 0
        for job in left:
            if self._engine.cheaper_from(job, self._call.waiting.now()) is not None:
                continue
            claim = await asyncio.to_thread(self._claims.take, self._token, job.key)
            if claim is None:
                n_others += 1
                continue
            done = await self._carried_out(claim, job, wait_s)
            if done is not None:
                found[job.key] = done
                n_done += 1
        return n_done, n_others

    async def _carried_out(self, claim: Claim, job: Job, wait_s: float | None) -> JobDone | None:
        """One job that is ours; None where it is held up, or was taken from us."""
        run = RunDir(self._engine.work.settings.runs, RunId(claim.note or new_name()))
        if claim.note and _is_open(run):  # whoever had it lives after all
            await asyncio.to_thread(self._claims.give_back, claim)
            await self._call.waiting.clock.sleep(LOOK_S)
            return None
        with suppress(ClaimLostError):
            await asyncio.to_thread(self._claims.note, claim, str(run.run_id))
            most_usd, is_open = await self._money(job)
            done = await self._engine.carry_out(job, JobRun(run=run, most_usd=most_usd, wait_s=wait_s))
            if done.result.end == "pending":
                await asyncio.to_thread(self._claims.give_back, claim)
                return None
            if is_open:
                await asyncio.to_thread(self._settle, job, run)
            await asyncio.to_thread(self._claims.done, claim, _text_of(done))
            return done
        return None

    async def _money(self, job: Job) -> tuple[Decimal, bool]:
        """What the job may cost, set aside, and whether it is to be settled; what an owner before had set aside first.

        Where others have set aside what is missing, they are waited for: most jobs need less than they may take.
        """
        work, call_id, clock = self._engine.work, CallId(job.key), self._call.waiting.clock
        adopted = await asyncio.to_thread(self._budget.adopt, call_id)
        if adopted is not None:
            return adopted, True
        wanted = await asyncio.to_thread(_wanted_usd, job, work)
        until_s = clock.now_s() + MONEY_WAIT_S
        while True:
            spend = await asyncio.to_thread(self._budget.spend)
            amount = min(wanted, self._engine.limit_usd(job) - spend.committed_usd)
            if amount == wanted or spend.reserved_usd == 0 or clock.now_s() > until_s:
                if amount <= 0:
                    return ZERO_USD, False
                try:
                    if await asyncio.to_thread(self._budget.reserve, call_id, amount):
                        return amount, True
                except LedgerError:  # settled, and its owner died before it said that it is done
                    return amount, False
            await clock.sleep(LOOK_S)

    def _settle(self, job: Job, run: RunDir) -> None:
        """Book what a job has spent, by its own journal."""
        spend = spent_in(run)
        with suppress(OverbilledError):  # it is booked, and the run itself has told of it
            unknown_usd = spend.unknown_usd + spend.reserved_usd
            self._budget.close(CallId(job.key), settled_usd=spend.settled_usd, unknown_usd=unknown_usd)

    def _told(self, keys: Sequence[str]) -> dict[str, JobDone]:
        """What is done by now, by whomever."""
        texts = {key: self._claims.result(self._token, key) for key in keys}
        return {key: _done_of(text) for key, text in texts.items() if text is not None}

    async def _closed(self) -> NightReport:
        """The night's end, written by one worker."""
        while (text := await asyncio.to_thread(self._claims.result, self._token, _CLOSING)) is None:
            claim = await asyncio.to_thread(self._claims.take, self._token, _CLOSING)
            if claim is not None:
                with suppress(ClaimLostError):
                    report = self._engine.closed()
                    await asyncio.to_thread(self._claims.done, claim, to_json(report).decode())
                    await asyncio.to_thread(self._publish)
                    return report
            await self._call.waiting.clock.sleep(LOOK_S)
        return from_json(text.encode(), NightReport, Path(_CLOSING))

    def _publish(self) -> None:
        """The night's folder, as a night with one worker leaves it; by whoever closed it, for all share the disk."""
        work = self._engine.work
        publish_folder(work.settings, work.settings.nights / work.registered.id)


def _wanted_usd(job: Job, work: NightWork) -> Decimal:
    """What a job may cost where money is no matter."""
    try:
        return job_search(job, work, _ANY_USD).request.budget_usd or job.budget_usd
    except ModelsearchError:  # whatever it is, carrying out the job tells it
        return job.budget_usd


def _is_open(run: RunDir) -> bool:
    """Whether a process of this machine has a run open."""
    if not run.path.is_dir():
        return False
    try:
        RunLock(run.path).release()
    except RunLockedError:
        return True
    return False


def _text_of(done: JobDone) -> str:
    return to_json(_Told(result=done.result, hosts=done.hosts, made=done.made)).decode()


def _done_of(text: str) -> JobDone:
    told = from_json(text.encode(), _Told, Path("claims"))
    return JobDone(result=told.result, hosts=dict(told.hosts), made=told.made)
