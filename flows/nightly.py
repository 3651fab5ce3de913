"""The night of all registered tasks under Prefect: a subflow per task, a task run per job, artifacts, events."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import msgspec
from prefect import State, flow, get_run_logger, runtime, tags
from prefect.states import Completed

from flows.announce import announce_alarm, announce_move
from flows.come_back import COME_BACK_S, again_at, patience_s
from flows.names import night_told, nightly_told
from modelsearch.api.all_nights import NightsCall, night_names, task_night
from modelsearch.api.night_asked import day_of, usd_of
from modelsearch.api.night_stage import Waiting
from modelsearch.api.registered import registered_task
from modelsearch.core.errors import ModelsearchError
from modelsearch.core.ids import EndpointId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import NightReport
from modelsearch.report.artifacts import night_told as nights_told
from modelsearch.report.nights import night_lines
from modelsearch.settings import Settings, read_settings
from tasks.nights import renew_site, run_job_shown, show_night, show_task_night

HELD = "HeldUp"
"""State of a run whose jobs wait for batches or cheaper hours: nothing has failed, another run goes on."""


def _night_name() -> str:
    given = runtime.flow_run.parameters
    return night_told(given.get("name"), given.get("day"), given.get("only"))


@flow(name="night", flow_run_name=_night_name, validate_parameters=False)
async def night(name: str, day: str, budget_usd: str = "", only: str = "") -> dict[str, Any] | None:
    """The night of one task: a task run per job. None where the task is paused.

    Args:
        name: of the registered task.
        day: of the night, as YYYY-MM-DD.
        budget_usd: limit besides the task's own; "" = none.
        only: an endpoint that appeared: nothing but it is tested.
    """
    settings = read_settings()
    call = NightsCall(
        day=day_of(day),
        only=EndpointId(only) if only else None,
        waiting=Waiting(most_s=patience_s()),
        runner=run_job_shown,
    )
    report = await task_night(settings, name, call, Decimal(budget_usd) if budget_usd else None)
    if report is None:
        return None
    for line in night_lines(report):
        get_run_logger().info(line)
    await show_task_night(report)
    for move in report.moves:
        announce_move(move)
    for alarm in report.alarms:
        announce_alarm(alarm)
    data = msgspec.to_builtins(report, str_keys=True)
    told: Any = Completed(message=nights_told([report]), data=data)
    # a state that a flow returns is how its run ends; whoever awaits it gets the data
    return cast("dict[str, Any]", told)


async def nights_of(
    settings: Settings, names: tuple[str, ...], day: date, *, budget: str, only: str
) -> list[NightReport]:
    """The night of each task as a subflow, one after the other, out of one purse."""
    reports: list[NightReport] = []
    left_usd = usd_of(budget)
    for name in night_names(settings, names):
        with tags(*_tags(settings, name)):
            plain = await night(name, day.isoformat(), "" if left_usd is None else str(left_usd), only)
        if plain is None:
            continue
        report = msgspec.convert(plain, NightReport, strict=False)
        left_usd = None if left_usd is None else max(ZERO_USD, left_usd - report.spend_usd)
        reports.append(report)
    return reports


def _tags(settings: Settings, name: str) -> tuple[str, ...]:
    """The task's own, for routing; a registration that cannot be read is told in its report."""
    try:
        return (f"task:{name}", *registered_task(settings, name).tags)
    except ModelsearchError:
        return (f"task:{name}",)


def _run_name() -> str:
    given = runtime.flow_run.parameters
    return nightly_told(given.get("day") or datetime.now(UTC).date(), given.get("task"), given.get("budget_usd"))


@flow(name="nightly", flow_run_name=_run_name, validate_parameters=False)
async def nightly(task: str = "", day: str = "", budget_usd: str = "") -> list[dict[str, Any]]:
    """The night of all registered tasks, or of one; a day that is done is not done again.

    Args:
        task: name of a registered task; "" = all that are not paused.
        day: as YYYY-MM-DD; "" = today in UTC.
        budget_usd: hard limit of all tasks together, besides their own; "" = none.

    Returns:
        The night of each task. Where jobs are held up, a final state that says so: another run of the deployment is
        scheduled to go on.
    """
    settings, on = read_settings(), day_of(day)
    reports = await nights_of(settings, (task,) if task else (), on, budget=budget_usd, only="")
    await show_night(f"{on.isoformat()}, {task or 'all tasks'}", reports)
    await renew_site()
    again = {"task": task, "day": on.isoformat(), "budget_usd": budget_usd}
    return cast("list[dict[str, Any]]", await ended(reports, again))


async def ended(reports: list[NightReport], again: dict[str, Any]) -> State[Any]:
    """How a flow over tasks ends; `again` are the parameters of the run that goes on where something is held up.

    Raises:
        ModelsearchError: every task failed.
    """
    failed = [alarm.message for report in reports if report.end == "failed" for alarm in report.alarms]
    if reports and all(report.end == "failed" for report in reports):
        raise ModelsearchError("; ".join(failed))
    held = [str(report.task_id) for report in reports if report.end == "held"]
    if held and runtime.deployment.id:
        message = f"{', '.join(held)}: batches or cheaper hours are waited for"
        return await again_at(again, message, state_name=HELD, in_s=COME_BACK_S)
    data = [msgspec.to_builtins(report, str_keys=True) for report in reports]
    return Completed(message=nights_told(reports), data=data)
