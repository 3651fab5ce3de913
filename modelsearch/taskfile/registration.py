"""Registrations of tasks: one YAML file each in a folder that the nights look at."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from modelsearch.core.batch import DEADLINE_H, MIN_WIDE_CALLS
from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import TaskId
from modelsearch.core.registered import RegisteredTask
from modelsearch.taskfile.scorer import did_you_mean
from modelsearch.taskfile.yaml_text import read_yaml

SUFFIX = ".yaml"
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_HEAD = "# A task that `modelsearch nightly` looks after; paths are relative to this file.\n"
_Usd = Annotated[Decimal, Field(gt=0)]


class RegistrationFile(BaseModel):
    """A task that is looked after every night. Paths are relative to this file."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    task: str = Field(min_length=1, description="path of the task spec")
    baseline: str = Field(min_length=1, description="what serves it today: an id of `modelsearch catalog list`")
    night_usd: _Usd = Field(description="hard limit of what a night may spend, in USD")
    search_usd: _Usd | None = Field(None, description="of a night on which everybody is searched; else as any other")
    life_usd: _Usd | None = Field(None, description="of all nights together; no limit unless given")
    monthly_items: Annotated[int, Field(gt=0)] | None = Field(
        None, description="items that the task serves a month; what a saving is worth by"
    )
    plan: str = Field("balanced", description="cheap, balanced, thorough, or the path of a plan")
    seed: int = Field(0, description="of the item order and every random choice")
    baseline_outcomes: str | None = Field(None, description="file with the baseline's known answers or scores")
    batch: Literal["never", "wide", "always"] = Field("wide", description="which rounds are bought in batches")
    batch_deadline_h: Annotated[float, Field(gt=0, le=720)] = Field(
        DEADLINE_H, description="hours after the first batch in which others may be handed in"
    )
    batch_min_calls: Annotated[int, Field(gt=0)] = Field(MIN_WIDE_CALLS, description="calls that make a round wide")
    tags: list[str] = Field([], description="for routing notifications")
    rules: dict[str, float] = Field({}, description="of the night's rules, those that differ (docs/nights.md)")
    is_paused: bool = Field(False, description="registered, and left alone")

    @field_validator("night_usd", "search_usd", "life_usd", mode="before")
    @classmethod
    def _decimal_text(cls, value: Any) -> Any:
        # YAML hands over a float; its shortest text is what the user wrote
        return str(value) if isinstance(value, float) else value


def read_registration(path: Path) -> RegisteredTask:
    """The registration of a file; its paths made absolute.

    Raises:
        TaskFileError: the file cannot be used.
    """
    raw = read_yaml(path, "registered task")
    if not isinstance(raw, dict):
        raise TaskFileError(f"registered task {path}: expected a mapping with task, baseline, night_usd")
    check_name(path.name.removesuffix(SUFFIX))
    try:
        row = RegistrationFile.model_validate(raw)
    except ValidationError as error:
        raise TaskFileError(f"registered task {path}: {_first_problem(error)}") from None
    return RegisteredTask(
        **{
            **row.model_dump(),
            "id": TaskId(path.name.removesuffix(SUFFIX)),
            "task": _absolute(row.task, path.parent),
            "plan": _plan(row.plan, path.parent),
            "baseline_outcomes": None
            if row.baseline_outcomes is None
            else _absolute(row.baseline_outcomes, path.parent),
            "tags": tuple(row.tags),
        }
    )


def registration_text(task: RegisteredTask) -> str:
    """The file of a registration; what is as by default is left out."""
    row = RegistrationFile(
        **{name: getattr(task, name) for name in RegistrationFile.model_fields if name != "tags"}, tags=[*task.tags]
    )
    plain = row.model_dump(exclude_defaults=True, mode="json")
    return _HEAD + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def registrations(folder: Path) -> Iterator[Path]:
    """The files of a folder, by name; none where there is no folder."""
    if folder.is_dir():
        yield from sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file())


def check_name(name: str) -> None:
    """Refuse what would be no name of a folder.

    Raises:
        TaskFileError: other characters than letters, digits, `.`, `_`, `-`, or more than 100.
    """
    if NAME.fullmatch(name) is None:
        raise TaskFileError(
            f"registered task {name!r}: expected a name of at most 100 letters, digits, `.`, `_` and `-` that begins "
            "with a letter or digit: name the file so, or give --name"
        )


def _absolute(text: str, folder: Path) -> str:
    return str((folder / text).resolve())


def _plan(text: str, folder: Path) -> str:
    return _absolute(text, folder) if text.endswith((".yaml", ".yml")) else text


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where, known = ".".join(str(part) for part in first["loc"]), tuple(RegistrationFile.model_fields)
    if first["type"] == "extra_forbidden":
        return f"unknown key {where!r}{did_you_mean(where, known)}: expected one of {', '.join(known)}"
    if first["type"] == "missing":
        return f"{where}: is missing: every registration needs task, baseline and night_usd"
    got = repr(first["input"])
    return f"{where}: {first['msg']}, got {got if len(got) <= 80 else got[:77] + '...'}"
