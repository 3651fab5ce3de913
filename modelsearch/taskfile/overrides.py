"""What a command line may change in a task: margin, alpha and the requirements."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, get_args

from modelsearch.core.errors import OptionError
from modelsearch.core.market import PricingClass
from modelsearch.core.task import Requirements, TaskSpec
from modelsearch.taskfile.checks import check_sureness

MAX_REPEATS = 100
WEIGHTED = ("cost", "quality", "latency")


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
    n_repeats: int | None = None


def overridden(task: TaskSpec, overrides: TaskOverrides) -> TaskSpec:
    """The task with what is given replaced.

    Raises:
        OptionError: a value is out of range.
    """
    check_sureness(overrides)
    _check_requirements(overrides)
    given: dict[str, Any] = {
        field.name: getattr(overrides, field.name)
        for field in fields(overrides)
        if getattr(overrides, field.name) is not None
    }
    own = {name: given.pop(name) for name in ("margin", "alpha", "n_repeats") if name in given}
    requirements: Requirements = replace(task.requirements, **given)
    return replace(task, requirements=requirements, **own)


def _check_requirements(given: TaskOverrides) -> None:
    for name in ("max_cost_usd_per_1k", "max_latency_s", "min_context_tokens"):
        value = getattr(given, name)
        if value is not None and not 0 < value < float("inf"):
            raise OptionError(f"{name}: expected a number > 0, got {value}")
    if given.n_repeats is not None and not 1 <= given.n_repeats <= MAX_REPEATS:
        raise OptionError(f"repeats: expected a whole number from 1 to {MAX_REPEATS}, got {given.n_repeats}")
    for name in ("min_quality", "target_quality"):
        value = getattr(given, name)
        if value is not None and not 0 <= value <= 1:
            raise OptionError(f"{name}: expected a score in [0, 1], got {value}")
    _check_weights(given.weights or {"cost": 1.0})
    for pricing in given.pricing or ():
        if pricing not in get_args(PricingClass):
            raise OptionError(f"pricing: expected one of {', '.join(get_args(PricingClass))}, got {pricing!r}")


def _check_weights(weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        if name not in WEIGHTED:
            raise OptionError(f"weights: expected one of {', '.join(WEIGHTED)}, got {name!r}")
        if not 0 <= weight < float("inf"):
            raise OptionError(f"weights: {name}: expected a number >= 0, got {weight}")
    if not any(weights.values()):
        raise OptionError("weights: expected at least one above 0, got only zeros")
