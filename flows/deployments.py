"""Deployments as `prefect.yaml` declares them, for `modelsearch serve`: one truth for a pool and for one process."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from modelsearch.core.errors import OptionError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

_HERE = Path(__file__).resolve().parent
_SCHEDULE_KEYS = frozenset({"cron", "timezone", "day_or", "slug", "active", "parameters"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One deployment of the file, as written there.

    Attributes:
        entrypoint: `package.module.flow`; the path form would put flows/ first on sys.path.
        concurrency_limit: `limit` and `collision_strategy`; empty = none.
    """

    name: str
    entrypoint: str
    description: str = ""
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schedules: Sequence[Mapping[str, Any]] = ()
    triggers: Sequence[Mapping[str, Any]] = ()
    concurrency_limit: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what Prefect would take and later do otherwise than meant."""
        if "/" in self.entrypoint or ":" in self.entrypoint or "." not in self.entrypoint:
            self._refuse("entrypoint", "package.module.flow", self.entrypoint)
        for schedule in self.schedules:
            if not {"cron", "timezone", "slug"} <= set(schedule) <= _SCHEDULE_KEYS:
                # without a slug a redeploy leaves the old schedule beside the new one
                self._refuse("schedules", "cron, timezone and slug", ", ".join(map(str, schedule)))
        if any(trigger.get("type", "event") != "event" for trigger in self.triggers):
            self._refuse("triggers", "type: event", str(self.triggers))

    def _refuse(self, what: str, allowed: str, got: str) -> None:
        message = f"deployment {self.name!r}: {what} expected {allowed}, got {got or 'nothing'}"
        raise OptionError(message)


def own_deployments() -> Path:
    """The file that comes with the package: inside it when installed from a wheel, beside it in a checkout."""
    inside = _HERE / "prefect.yaml"
    return inside if inside.is_file() else _HERE.parent / "prefect.yaml"


def read_deployments(path: Path) -> tuple[Declared, ...]:
    """The deployments of a `prefect.yaml`.

    Raises:
        OptionError: it cannot be read, or declares something that would not run as meant.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = list(content["deployments"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        message = (
            f"deployments {path}: expected a prefect.yaml with `deployments`, got {type(error).__name__}: {reason}"
        )
        raise OptionError(message) from error
    return tuple(_declared(entry, path) for entry in entries)


def _declared(entry: Mapping[str, Any], path: Path) -> Declared:
    if not isinstance(entry, Mapping) or not {"name", "entrypoint"} <= set(entry):
        message = f"deployments {path}: each needs `name` and `entrypoint`, got {entry!r}"
        raise OptionError(message)
    return Declared(
        name=str(entry["name"]),
        entrypoint=str(entry["entrypoint"]),
        description=str(entry.get("description", "")),
        tags=tuple(entry.get("tags") or ()),
        parameters=entry.get("parameters") or {},
        schedules=entry.get("schedules") or (),
        triggers=entry.get("triggers") or (),
        concurrency_limit=entry.get("concurrency_limit") or {},
    )


def runner_deployment(declared: Declared) -> "RunnerDeployment":
    """The same as what Prefect's own runner takes. Imports Prefect and the flow.

    Raises:
        OptionError: there is no such flow.
    """
    from prefect.deployments.runner import RunnerDeployment  # noqa: PLC0415 - 2 s that reading need not wait
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

    return RunnerDeployment.from_flow(
        _flow(declared),
        name=declared.name,
        description=declared.description or None,
        tags=list(declared.tags),
        parameters=dict(declared.parameters),
        schedules=_schedules(declared) or None,
        triggers=_triggers(declared),
        concurrency_limit=_concurrency(declared),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def _flow(declared: Declared) -> Any:
    module, _, name = declared.entrypoint.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        message = f"deployment {declared.name!r}: there is no flow {declared.entrypoint!r} ({error})"
        raise OptionError(message) from error


def _schedules(declared: Declared) -> list[Any]:
    from prefect.client.schemas.actions import DeploymentScheduleCreate  # noqa: PLC0415
    from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415

    return [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=each["cron"], timezone=each["timezone"], day_or=each.get("day_or", True)),
            slug=each["slug"],
            active=each.get("active", True),
            parameters=each.get("parameters") or {},
        )
        for each in declared.schedules
    ]


def _triggers(declared: Declared) -> list[Any]:
    from prefect.events import DeploymentEventTrigger  # noqa: PLC0415

    return [
        DeploymentEventTrigger.model_validate({"name": f"{declared.name}__automation_{number}", **each})
        for number, each in enumerate(declared.triggers, start=1)
    ]


def _concurrency(declared: Declared) -> Any:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig  # noqa: PLC0415

    return ConcurrencyLimitConfig(**declared.concurrency_limit) if declared.concurrency_limit else None
