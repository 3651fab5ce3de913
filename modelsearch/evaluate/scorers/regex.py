"""Scorer `regex`: the part of the reply that a pattern finds is the target."""

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 10_000
"""Patterns with several open repeats in a row take time that grows with a power of the length."""


@register("scorer", "regex", source="Gao et al. 2021, lm-evaluation-harness (regex filter), doi:10.5281/zenodo.5371628")
@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """1 where the group of the last (or first) match equals the target, white space trimmed; no match, no answer.

    A pattern with an open repeat inside an open repeat, like `(a+)+`, is refused: it can run for ever.

    Attributes:
        pattern: a Python regular expression, searched in the first 10,000 characters of the reply.
        group: number or name of the group that is the answer; 0 = the whole match. Without it: 1 if there is one.
        ignore_case: in the pattern, and in comparing with the target.
        use_first: the first match instead of the last.
    """

    pattern: str
    group: int | str | None = None
    ignore_case: bool = False
    use_first: bool = False
    _compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)
    has_canonical_form: ClassVar[bool] = True
    reads_cut_replies: ClassVar[bool] = True

    def __post_init__(self) -> None:
        try:
            compiled = re.compile(self.pattern, re.MULTILINE | (re.IGNORECASE if self.ignore_case else 0))
        except (re.error, TypeError, OverflowError, RecursionError) as error:
            raise PlanError(f"pattern: expected a regular expression, got {self.pattern!r}: {error}") from error
        if _has_nested_repeat(self.pattern):
            raise PlanError(f"pattern: an open repeat inside an open repeat can run for ever, got {self.pattern!r}")
        known = [*range(compiled.groups + 1), *compiled.groupindex]
        if self.group is not None and self.group not in known:
            raise PlanError(f"group: expected one of {', '.join(map(str, known))}, got {self.group!r}")
        object.__setattr__(self, "_compiled", compiled)

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        group = self.group if self.group is not None else min(1, self._compiled.groups)
        found: str | None = None
        for match in self._compiled.finditer(reply[:MAX_REPLY_CHARS]):
            text = self._normalised(match.group(group) or "")
            found = text or found
            if found and self.use_first:
                break
        return found

    def score(self, answer: str, item: Item) -> float:
        return float(answer == self._normalised(str(item.target)))

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        return "" if self._normalised(str(item.target)) else "target is empty"

    def _normalised(self, text: str) -> str:
        text = " ".join(text.split())
        return text.casefold() if self.ignore_case else text


def _has_nested_repeat(pattern: str) -> bool:
    parser = importlib.import_module("re._parser")  # the standard library's own reading; it has no public name
    return _nested(parser.parse(pattern), is_inside=False, open_end=parser.MAXREPEAT)


def _nested(tokens: Iterable[Any], *, is_inside: bool, open_end: int) -> bool:
    """Whether an open repeat lies inside another. Tokens are (opcode, argument) with token lists inside arguments."""
    for token in tokens:
        is_open = isinstance(token, tuple) and str(token[0]) in {"MAX_REPEAT", "MIN_REPEAT"} and token[1][1] == open_end
        if is_open and is_inside:
            return True
        inner = token[1] if isinstance(token, tuple) else token
        if _is_list(inner) and _nested(inner, is_inside=is_inside or is_open, open_end=open_end):
            return True
    return False


def _is_list(value: object) -> bool:
    # the parser's own list has __getitem__ but no __iter__
    return hasattr(value, "__getitem__") and not isinstance(value, str | bytes)
