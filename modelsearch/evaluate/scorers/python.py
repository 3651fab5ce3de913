"""Scorer `python`: a function of your own."""

import importlib
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from modelsearch.core.errors import PlanError, ScoringError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000
SIGNATURE = "(answer: str, item: dict with id, input and target) -> float in [0, 1], bool, or None = no score"


@register("scorer", "python", source="https://docs.python.org/3/reference/import.html")
@dataclass(frozen=True, slots=True, kw_only=True)
class Python:
    """The score that a function gives; the whole reply is the answer.

    The function is called as `function(answer, {"id": ..., "input": ..., "target": ...})`, one call at a time, in a
    thread beside the search. None leaves the answer without a score, which is not 0; so does an exception, which is
    told with the function and the item. Functions of the standard library are refused: a task file must not reach
    `exec` or `os.system` by naming it.

    Attributes:
        function: `package.module:function`, importable where the search runs.
    """

    function: str
    has_canonical_form: ClassVar[bool] = False
    is_slow: ClassVar[bool] = True

    def __post_init__(self) -> None:
        found(self.function)

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return reply[:MAX_REPLY_CHARS].strip() or None

    def score(self, answer: str, item: Item) -> float:
        """The function's score.

        Raises:
            ScoringError: it raised, or gave no number in [0, 1].
        """
        owner = f"scorer 'python': {self.function} on item {item.id!r}"
        try:
            given = found(self.function)(answer, {"id": item.id, "input": item.input, "target": item.target})
        except Exception as error:
            raise ScoringError(f"{owner} raised {type(error).__name__}: {error}") from error
        if given is None:
            raise ScoringError(f"{owner} gave None")
        score = float(given) if isinstance(given, int | float) else math.nan
        if not 0.0 <= score <= 1.0:
            raise ScoringError(f"{owner}: expected a number in [0, 1], got {given!r}")
        return score

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        return "expected a target, got an empty text" if item.target == "" else ""


@lru_cache(maxsize=64)
def found(function: str) -> Callable[..., Any]:
    """The function of a path.

    Raises:
        PlanError: it is no path of a function that may be called.
    """
    module_name, colon, name = function.partition(":") if isinstance(function, str) else ("", "", "")
    if not (module_name and colon and name):
        raise PlanError(f"function: expected `package.module:function`, got {function!r}")
    if module_name.split(".")[0] in sys.stdlib_module_names:
        raise PlanError(f"function: expected one of your own, not of the standard library, got {function!r}")
    try:
        value = getattr(importlib.import_module(module_name), name)
    except Exception as error:
        raise PlanError(f"function: {function!r} cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(value) or getattr(value, "__module__", module_name) in {"builtins", "posix", "nt"}:
        raise PlanError(f"function: expected a function {SIGNATURE}, got {function!r}, which is {value!r}")
    return value  # type: ignore[no-any-return]
