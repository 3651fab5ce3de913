"""One night of all registered tasks: one after the other, one purse, and none that fails stops the others."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from modelsearch.api.night_job import fault_of, run_job
from modelsearch.api.night_open import NightCall, Runner
from modelsearch.api.night_stage import Waiting
from modelsearch.api.nights import run_night
from modelsearch.api.observing import observed_night
from modelsearch.api.publishing import refresh, shared_folder
from modelsearch.api.registered import registered_task
from modelsearch.api.shared_night import run_shared_night
from modelsearch.api.site import refresh_site
from modelsearch.api.wiring import Watch
from modelsearch.api.workers import open_shared
from modelsearch.core.errors import ModelsearchError, NightLockedError, RunLockedError
from modelsearch.core.ids import EndpointId, TaskId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Alarm, NightReport
from modelsearch.core.registered import RegisteredTask
from modelsearch.settings import Settings
from modelsearch.store.night_store import NightStore
from modelsearch.store.night_tables import lines_of
from modelsearch.taskfile.registration import SUFFIX, registrations


@dataclass(frozen=True, kw_only=True)
class NightsCall:
    """What a night of several tasks is asked for with.

    Attributes:
        names: of registered tasks; empty = all that are not paused.
        day: of the night.
        budget_usd: limit of all together; None = each task's own alone.
        only: a model that appeared between two nights: nothing but it is tested.
        waiting: for batches and cheaper hours, for each task.
        runner: carries out a job.
        watch: called with every event of a job's run once it is durable.
    """

    names: tuple[str, ...] = ()
    day: date = field(default_factory=lambda: datetime.now(UTC).date())
    budget_usd: Decimal | None = None
    only: EndpointId | None = None
    waiting: Waiting = field(default_factory=Waiting)
    runner: Runner = run_job
    watch: Watch | None = None


def night_names(settings: Settings, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Whose night it is, by name.

    Raises:
        OptionError: a task of that name is not registered.
        StorageError: the store that holds the tasks does not answer.
    """
    refresh(settings)
    for name in names:
        if not (settings.tasks / f"{name}{SUFFIX}").is_file():
            registered_task(settings, name)
    return tuple(names) or tuple(path.name.removesuffix(SUFFIX) for path in registrations(settings.tasks))


async def run_nights(
    settings: Settings, call: NightsCall, tell: Callable[[NightReport], None] = lambda _: None
) -> list[NightReport]:
    """The night of each task; a task that fails, or that somebody else works on, is told in its report.

    Args:
        settings: where everything is.
        call: what is asked for.
        tell: called with each report as soon as it is there.

    Raises:
        OptionError: a task that is named is not registered.
    """
    reports, left_usd = [], call.budget_usd
    for name in night_names(settings, call.names):
        report = await task_night(settings, name, call, left_usd)
        if report is not None:
            left_usd = None if left_usd is None else max(ZERO_USD, left_usd - report.spend_usd)
            reports.append(report)
            tell(report)
    if reports:
        refresh_site(settings)
    return reports


async def task_night(
    settings: Settings, name: str, call: NightsCall, budget_usd: Decimal | None = None
) -> NightReport | None:
    """The night of one task, whatever happens; None where it is paused and was not asked for by name."""
    with observed_night(settings, name, call.day.isoformat()) as told:
        report = await _task_night(settings, name, call, budget_usd)
        told(report)
        return report


async def _task_night(
    settings: Settings, name: str, call: NightsCall, budget_usd: Decimal | None
) -> NightReport | None:
    night = NightCall(
        day=call.day, budget_usd=budget_usd, only=call.only, waiting=call.waiting, runner=call.runner, watch=call.watch
    )
    try:
        registered: RegisteredTask = registered_task(settings, name)
        if registered.is_paused and not call.names:
            return None
        if not settings.is_night_shared:
            with shared_folder(settings, settings.nights / name):
                return await run_night(registered, settings, night)
        with open_shared(settings) as shared:
            return await run_shared_night(registered, settings, night, shared)
    except (NightLockedError, RunLockedError) as error:
        held = replace(_unusable(name, call.day, "night_locked", str(error)), end="held")
        return held if call.only is None else replace(held, alarms=())  # the night that is under way finds it too
    except ModelsearchError as error:
        return _failed(settings, name, call.day, str(error))
    except Exception as error:  # noqa: BLE001 - one task must not end the night of the others
        return _failed(settings, name, call.day, fault_of(error))


def _failed(settings: Settings, name: str, day: date, message: str) -> NightReport:
    """The report of a task whose night could not be begun; in its history too, as far as that can be written."""
    report = _unusable(name, day, "night_failed", message)
    with suppress(ModelsearchError):
        NightStore(settings.nights / name).append(lines_of(report))
    return report


def _unusable(name: str, day: date, code: str, message: str) -> NightReport:
    alarm = Alarm(code=code, subject=name, day=day, message=" ".join(message.split()))
    return NightReport(task_id=TaskId(name), day=day, end="failed", alarms=(alarm,))
