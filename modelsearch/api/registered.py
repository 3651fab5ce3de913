"""The folder of registered tasks: what is in it, and how a registration gets in and out."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from modelsearch.api.market import market_in_force
from modelsearch.api.source import read_task
from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import TaskId
from modelsearch.core.registered import RegisteredTask
from modelsearch.nights.night import NightRules
from modelsearch.settings import Settings
from modelsearch.store.layout import write_whole
from modelsearch.taskfile.registration import (
    SUFFIX,
    check_name,
    read_registration,
    registration_text,
    registrations,
)


def registered_tasks(settings: Settings) -> list[RegisteredTask]:
    """All of them, by name.

    Raises:
        TaskFileError: a file cannot be used.
    """
    return [read_registration(path) for path in registrations(settings.tasks)]


def registered_task(settings: Settings, name: str) -> RegisteredTask:
    """The one of a name.

    Raises:
        OptionError: there is none.
        TaskFileError: its file cannot be used.
    """
    path = settings.tasks / f"{name}{SUFFIX}"
    if path.is_file():
        return read_registration(path)
    known = [path.name.removesuffix(SUFFIX) for path in registrations(settings.tasks)]
    near = get_close_matches(name, known, 3, 0.3) or known[:5]
    told = f"nearest: {', '.join(near)}" if near else "there are none yet: add one with `modelsearch tasks add`"
    raise OptionError(f"registered task {name!r}: no such task in {settings.tasks}; {told}")


def register(task: RegisteredTask, settings: Settings) -> Path:
    """Check a registration as a night would, and write its file.

    Raises:
        OptionError: the name is taken, or a rule is unknown or out of range.
        InputError: task spec, plan or baseline cannot be used.
    """
    check_name(task.id)
    _check_own(settings)
    path = settings.tasks / f"{task.id}{SUFFIX}"
    if path.exists():
        raise OptionError(f"registered task {task.id!r}: is there already ({path}): edit the file, or give --name")
    check_registration(task, settings)
    write_whole(path, registration_text(task).encode())
    return path


def check_registration(task: RegisteredTask, settings: Settings) -> None:
    """Refuse what no night could use.

    Raises:
        InputError: task spec, plan, baseline or rules cannot be used.
    """
    rules_of(task)
    market = market_in_force(settings, datetime.now(UTC).date())
    read_task(Path(task.task), market)
    read_plan(task.plan, settings.plan_folder(task.plan))
    _check_baseline(task, sorted(str(endpoint_id) for endpoint_id in market.endpoints))


def unregister(name: str, settings: Settings) -> Path:
    """Take a task out; what its nights have come to is kept.

    Raises:
        OptionError: there is none of that name.
    """
    _check_own(settings)
    path = settings.tasks / f"{registered_task(settings, name).id}{SUFFIX}"
    path.unlink()
    return path


def task_id_of(path: Path) -> TaskId:
    """The name that a task spec gets by default: that of its file."""
    return TaskId(path.name.split(".")[0])


def rules_of(task: RegisteredTask) -> NightRules:
    """The night's rules, with those that the task has of its own.

    Raises:
        OptionError: an unknown rule, or one out of range.
    """
    kinds: dict[str, type] = {name: type(value) for name, value in dataclasses.asdict(NightRules()).items()}
    unknown = sorted(set(task.rules) - set(kinds))
    if unknown:
        raise OptionError(
            f"registered task {task.id!r}: rules: expected some of {', '.join(kinds)}, got {unknown[0]!r}"
        )
    given: Mapping[str, Any] = {name: kinds[name](value) for name, value in task.rules.items()}
    try:
        return NightRules(**given)
    except ValueError as error:
        raise OptionError(f"registered task {task.id!r}: rules: {error}") from None


def _check_baseline(task: RegisteredTask, known: list[str]) -> None:
    endpoint = task.baseline.split("#")[0]
    if endpoint in known:
        return
    near = get_close_matches(endpoint, known, 3, 0.4) or known[:3]
    raise OptionError(
        f"registered task {task.id!r}: baseline: expected one of {len(known)} endpoints, got {task.baseline!r}; "
        f"near it: {', '.join(near)} (`modelsearch catalog list` shows all)"
    )


def _check_own(settings: Settings) -> None:
    if settings.tasks_url is not None:
        message = (
            f"tasks are kept in {settings.tasks_url}: put the registration and its task spec there, or remove them"
        )
        raise OptionError(message)
