"""A scorer's name and parameters become the scorer, or one clear error."""

import inspect
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

from modelsearch.core import registry
from modelsearch.core.errors import PlanError, RegistryError, TaskFileError
from modelsearch.core.ids import Json
from modelsearch.core.ports import Scorer
from modelsearch.core.task import ScorerSpec


def build_scorer(spec: ScorerSpec, labels: Sequence[str] = (), *, owner: str = "task") -> Scorer:
    """The registered scorer with its parameters; the task's labels are handed to scorers that take `labels`.

    Args:
        spec: name and parameters.
        labels: of the task.
        owner: who asks, for messages.

    Raises:
        TaskFileError: unknown name, unknown parameter, or a value that the scorer refuses.
    """
    cls = _scorer_class(spec.name, owner)
    parameters = inspect.signature(cls).parameters
    allowed = tuple(parameters)
    for name, value in spec.params.items():
        if name not in allowed:
            raise TaskFileError(
                f"{owner}: scorer {spec.name!r}: unknown parameter {name!r}{did_you_mean(name, allowed)}: "
                f"expected one of {', '.join(allowed) or '(none)'}"
            )
        expected = _kind_of(parameters[name].default)
        if expected is not None and not (isinstance(value, expected[0]) and isinstance(value, bool) == expected[1]):
            raise TaskFileError(f"{owner}: scorer {spec.name!r}: {name}: expected {expected[2]}, got {value!r}")
    params: dict[str, Any] = {name: _frozen(value) for name, value in spec.params.items()}
    if "labels" in allowed:
        params.setdefault("labels", tuple(labels))
    try:
        return cast("Scorer", cls(**params))
    except (PlanError, TaskFileError, TypeError, ValueError) as error:
        raise TaskFileError(f"{owner}: scorer {spec.name!r}: {error}") from error


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`, did you mean 'x'?` for a near miss, else nothing."""
    close = get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _scorer_class(name: str, owner: str) -> type:
    try:
        return registry.lookup("scorer", name).cls
    except RegistryError as error:
        raise TaskFileError(f"{owner}: {error}{did_you_mean(name, registry.names('scorer'))}") from error


def _kind_of(default: object) -> tuple[type | tuple[type, ...], bool, str] | None:
    """(type, whether it is a boolean, its name) that a parameter with this default takes; None = anything."""
    if isinstance(default, bool):
        return bool, True, "true or false"
    if isinstance(default, int | float):
        return (int, float), False, "a number"
    return None


def _frozen(value: Json) -> object:
    """Lists as tuples, so that a scorer is hashable and its repr rebuilds it."""
    if isinstance(value, list):
        return tuple(_frozen(element) for element in value)
    return dict(value) if isinstance(value, Mapping) else value
