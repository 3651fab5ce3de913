"""What a command line may change in a task: margin, alpha and the requirements."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from modelsearch.core.task import Requirements, TaskSpec
from modelsearch.taskfile.checks import check_sureness


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOverrides:
    """Task-level options, named as in `TaskSpec` and `Requirements`; None = what the task file says."""

    margin: float | None = None
    alpha: float | None = None
    max_cost_usd_per_1k: Decimal | None = None
    max_latency_s: float | None = None
    min_quality: float | None = None
    target_quality: float | None = None
    weights: dict[str, float] | None = None
    min_context_tokens: int | None = None
    providers: frozenset[str] | None = None
    pricing: frozenset[str] | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    needs: frozenset[str] | None = None
    is_kind_strict: bool | None = None


def overridden(task: TaskSpec, overrides: TaskOverrides) -> TaskSpec:
    """The task with what is given replaced.

    Raises:
        OptionError: a value is out of range.
    """
    check_sureness(overrides)
    given: dict[str, Any] = {
        field.name: getattr(overrides, field.name)
        for field in fields(overrides)
        if getattr(overrides, field.name) is not None
    }
    own = {name: given.pop(name) for name in ("margin", "alpha") if name in given}
    requirements: Requirements = replace(task.requirements, **given)
    return replace(task, requirements=requirements, **own)
