"""What the commands of nights do: under Prefect where a server is named, else in this process alone."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from flows.prefect_env import prepare
from flows.reach import VARIABLE, check_server
from modelsearch.api.all_nights import NightsCall, night_names, run_nights
from modelsearch.api.night_asked import day_of, usd_of
from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_open import NightCall, planned_from
from modelsearch.api.night_stage import Waiting
from modelsearch.api.night_work import NightWork
from modelsearch.api.registered import registered_task, registered_tasks, task_id_of
from modelsearch.core.batch import BatchMode
from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.core.ids import TaskId
from modelsearch.core.nights import Job, NightReport, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.nights.plan import plan_night
from modelsearch.report.nights import job_line, night_lines, planned_lines, task_line, task_lines
from modelsearch.report.numbers import counted
from modelsearch.settings import Settings, read_settings
from modelsearch.store.night_store import OPEN, STATE, NightStore

UNWELL = 3
"""Exit code of a night that a person should look at."""


@dataclass(frozen=True, kw_only=True)
class NightlyOptions:
    """The options of `modelsearch nightly`, as typed."""

    names: tuple[str, ...] = ()
    day: str = ""
    budget_usd: str = ""
    is_waiting: bool = True


@dataclass(frozen=True, slots=True)
class NightlyDone:
    """What came of the night: of each task, in lines, and as the command's exit code."""

    reports: tuple[NightReport, ...]
    lines: list[str]
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNight:
    """What a task's night would begin with.

    Attributes:
        standing: planned; done = the night was done already; refused = it cannot be begun, `error` says why.
        is_gone_on_with: a night that was left open.
    """

    task: str
    day: date
    standing: Literal["planned", "done", "refused"]
    error: str = ""
    n_offers: int = 0
    budget_usd: Decimal | None = None
    is_gone_on_with: bool = False
    jobs: tuple[Job, ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A registered task and what it has come to; None before its first night."""

    task: RegisteredTask
    state: TaskState | None


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A registered task with its last nights and moves, as the history has them."""

    task: RegisteredTask
    state: TaskState | None
    nights: tuple[Mapping[str, Any], ...]
    moves: tuple[Mapping[str, Any], ...]


def run_nightly(given: NightlyOptions) -> NightlyDone:
    """The night of every task that is asked for."""
    settings = read_settings()
    names = night_names(settings, given.names)
    if not names:
        return NightlyDone((), [_none_yet(settings)], 0)
    day, budget_usd = day_of(given.day), usd_of(given.budget_usd)
    if os.environ.get(VARIABLE):
        reports = asyncio.run(_by_flow(settings, given))
        told = "moves and alarms are sent to the Prefect server as events"
    else:
        waiting = Waiting() if given.is_waiting else Waiting(most_s=0.0)
        call = NightsCall(names=given.names, day=day, budget_usd=budget_usd, waiting=waiting, runner=_told_job)
        reports = asyncio.run(run_nights(settings, call))
        told = f"no events are sent: no Prefect server is named ({VARIABLE})"
    lines = [line for report in reports for line in night_lines(report)]
    lines += [told] if any(report.moves or report.alarms for report in reports) else []
    if any(report.end == "held" for report in reports):
        lines.append("held up: run `modelsearch nightly` again later; it goes on, and pays nothing twice")
    is_failed = any(report.end == "failed" for report in reports)
    return NightlyDone(tuple(reports), lines or ["every registered task is paused"], UNWELL if is_failed else 0)


async def _by_flow(settings: Settings, given: NightlyOptions) -> list[NightReport]:
    prepare(settings.prefect_home)
    await check_server()
    from flows.nightly import nightly

    reports: list[NightReport] = []
    for name in given.names or ("",):
        plain = await nightly(name, given.day, given.budget_usd)
        reports += [msgspec.convert(each, NightReport, strict=False) for each in plain]
    return reports


async def _told_job(job: Job, work: NightWork, where: JobRun) -> JobDone:
    """A job, told when it begins and when it has ended."""
    sys.stderr.write(f"{job.task_id}: {job.kind} {job.candidate_id}: {job.reason}\n")
    done = await run_job(job, work, where)
    sys.stderr.write(f"  {job_line(done.result)}\n")
    return done


def planned_nights(given: NightlyOptions) -> list[PlannedNight]:
    """What each task's night would begin with; nothing is called and nothing is written."""
    settings = read_settings()
    call = NightCall(day=day_of(given.day), budget_usd=usd_of(given.budget_usd))
    return [_planned(settings, name, call) for name in night_names(settings, given.names)]


def dry_run_lines(planned: Sequence[PlannedNight]) -> list[str]:
    """The same in words."""
    return [line for night in planned for line in _planned_lines(night)] or [_none_yet(read_settings())]


def _planned(settings: Settings, name: str, call: NightCall) -> PlannedNight:
    store = NightStore(settings.nights / name)
    try:
        state, _, night = planned_from(registered_task(settings, name), settings, call, store)
    except ModelsearchError as error:
        return PlannedNight(task=name, day=call.day, standing="refused", error=str(error))
    if state.last_night is not None and call.day <= state.last_night:
        return PlannedNight(task=name, day=call.day, standing="done")
    plan = plan_night(state, night)
    return PlannedNight(
        task=name, day=call.day, standing="planned", n_offers=len(night.offers), budget_usd=night.budget_usd,
        is_gone_on_with=store.holds(OPEN), jobs=tuple(plan.jobs), waiting=tuple(map(str, plan.waiting)),
    )  # fmt: skip


def _planned_lines(night: PlannedNight) -> list[str]:
    if night.standing == "refused":
        return [f"{night.task}, {night.day}: cannot be begun: {night.error}"]
    if night.standing == "done":
        return [f"{night.task}, {night.day}: done already"]
    told = ", goes on with the night that was left open" if night.is_gone_on_with else ""
    first = f"{night.task}, {night.day}: {night.n_offers} candidates on offer, at most ${night.budget_usd:.4f}{told}"
    return [first, *planned_lines(night.jobs, night.waiting)]


def _none_yet(settings: Settings) -> str:
    return f"no registered tasks in {settings.tasks}: add one with `modelsearch tasks add`"


def registration_of(given: Mapping[str, Any]) -> RegisteredTask:
    """The registration that the options of `tasks add` amount to.

    Raises:
        InputError: an option is out of range.
    """
    path = Path(given["task"]).resolve()
    night_usd = usd_of(given["night_usd"], "--night-usd")
    if night_usd is None:
        message = "--night-usd: must be an amount in USD above 0, got nothing"
        raise OptionError(message)
    outcomes = given["baseline_outcomes"]
    return RegisteredTask(
        id=TaskId(given["name"] or task_id_of(path)),
        task=str(path),
        baseline=given["baseline"],
        night_usd=night_usd,
        search_usd=usd_of(given["search_usd"] or "", "--search-usd"),
        life_usd=usd_of(given["life_usd"] or "", "--life-usd"),
        monthly_items=given["monthly_items"],
        plan=str(Path(given["plan"]).resolve()) if given["plan"].endswith((".yaml", ".yml")) else given["plan"],
        baseline_outcomes=None if outcomes is None else str(Path(outcomes).resolve()),
        batch=_batch(given["batch"]),
        tags=tuple(given["tag"] or ()),
        rules=dict(_rule(text) for text in given["rule"] or ()),
    )


def _batch(text: str) -> BatchMode:
    if text not in ("never", "wide", "always"):
        message = f"--batch: expected one of never, wide, always, got {text!r}"
        raise OptionError(message)
    return cast("BatchMode", text)


def _rule(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        message = f"--rule: expected name=number, such as drift_items=20, got {text!r}"
        raise OptionError(message) from None


def listed_tasks() -> list[ListedTask]:
    """Every registered task, by name."""
    settings = read_settings()
    return [ListedTask(task, _state(settings, task)) for task in registered_tasks(settings)]


def listed_lines(found: Sequence[ListedTask]) -> list[str]:
    """A line for each registered task."""
    return [task_line(each.task, each.state) for each in found] or [_none_yet(read_settings())]


def shown_task(name: str, n_nights: int) -> ShownTask:
    """Everything about a registered task, the last nights and moves among it.

    Raises:
        OptionError: there is none of that name.
    """
    settings = read_settings()
    task = registered_task(settings, name)
    store = NightStore(settings.nights / task.id)
    nights = store.history("nights")[-n_nights:] if n_nights else []
    moves = store.history("moves")[-n_nights:] if n_nights else []
    return ShownTask(task, _state(settings, task), tuple(nights), tuple(moves))


def shown_lines(found: ShownTask) -> list[str]:
    """The same in words."""
    told = [
        f"{line['day']}: {line['end']}, {counted(line['n_jobs'], 'job')}, {counted(line['n_calls'], 'call')}, "
        f"${float(line['spend_usd']):.4f}"
        for line in found.nights
    ]
    moves = [f"  moved on {m['day']}: {m['from_id']} -> {m['to_id']}: {m['reason']}" for m in found.moves]
    return [*task_lines(found.task, found.state, told), *moves]


def _state(settings: Settings, task: RegisteredTask) -> TaskState | None:
    return NightStore(settings.nights / task.id).read(STATE, TaskState)
