"""Scorer `code`: the reply's Python passes the item's tests, run walled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item
from modelsearch.evaluate.sandbox import Limits, run_program

MAX_REPLY_CHARS = 100_000
_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_PYTHON = frozenset({"", "python", "py", "python3"})


@register("scorer", "code", source="Chen et al. 2021, HumanEval, section 2, https://arxiv.org/abs/2107.03374")
@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """1 where the program that the reply gives comes to the end of its tests, else 0: error, timeout, memory, exit.

    The target is the tests as Python text, or an object with `test` and, where the tests define `check(candidate)` as
    HumanEval's do, `entry_point`. The program is the longest fenced block of Python, else the whole reply; where it
    does not define the entry point and the input has a `prompt`, it completes that. Runs only where the search was
    started with `--allow-code-execution`.

    Attributes:
        timeout_s: of all tests of an item together.
        memory_mb: of the program.
    """

    timeout_s: float = 10.0
    memory_mb: int = 1024
    has_canonical_form: ClassVar[bool] = False
    is_slow: ClassVar[bool] = True
    runs_code: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 600:
            raise PlanError(f"timeout_s: expected seconds in (0, 600], got {self.timeout_s}")
        if not (isinstance(self.memory_mb, int) and 64 <= self.memory_mb <= 65_536):
            raise PlanError(f"memory_mb: expected a whole number from 64 to 65536, got {self.memory_mb!r}")

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        reply = reply[:MAX_REPLY_CHARS]
        blocks = [body for language, body in _FENCE.findall(reply) if language.casefold() in _PYTHON]
        found = max(blocks, key=len) if blocks else reply
        return found.strip("\n").rstrip() or None if found.strip() else None

    def score(self, answer: str, item: Item) -> float:
        limits = Limits(wall_s=self.timeout_s, memory_mb=self.memory_mb)
        return float(run_program(program_of(answer, item), limits).end == "passed")

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        tests, entry_point = _tests(item)
        if not tests.strip():
            return f"expected tests as text, or an object with `test` and `entry_point`, got {item.target!r}"
        if entry_point and not entry_point.isidentifier():
            return f"entry_point: expected the name of a function, got {entry_point!r}"
        try:
            compile(tests, "<tests>", "exec")
        except (SyntaxError, ValueError) as error:
            return f"the tests are no Python: {error}"
        return ""


def program_of(answer: str, item: Item) -> str:
    """The program with its tests behind it."""
    tests, entry_point = _tests(item)
    prompt = item.input.get("prompt") if isinstance(item.input, Mapping) else None
    is_completion = entry_point and not re.search(rf"^[ \t]*(?:async\s+)?def\s+{entry_point}\b", answer, re.MULTILINE)
    parts = [str(prompt)] if is_completion and prompt else []
    parts += [answer, tests]
    parts += [f"check({entry_point})"] if entry_point and re.search(r"^def\s+check\b", tests, re.MULTILINE) else []
    return "\n\n".join(parts) + "\n"


def _tests(item: Item) -> tuple[str, str]:
    """The tests, and the function that they are about; "" where there are none."""
    target = item.target
    if isinstance(target, Mapping):
        return str(target.get("test") or ""), str(target.get("entry_point") or "")
    return (target, "") if isinstance(target, str) else ("", "")
