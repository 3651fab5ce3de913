"""Scorer `contains`: the reply has what the target asks for somewhere in it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000
MODES = ("all", "any", "share")


@register("scorer", "contains", source="Zhou et al. 2023, IFEval, table 1 (keywords), https://arxiv.org/abs/2311.07911")
@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """Looks for the target, or for each text of a list of them, in the reply; white space is collapsed in both.

    The reply as a whole is the answer, so there is nothing that a vote could count.

    Attributes:
        mode: 1 where `all` are there, where `any` is, or the `share` of them that is.
        casefold: upper and lower case are the same.
    """

    mode: Literal["all", "any", "share"] = "all"
    casefold: bool = True
    has_canonical_form: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise PlanError(f"mode: expected one of {', '.join(MODES)}, got {self.mode!r}")

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return self._normalised(reply[:MAX_REPLY_CHARS]) or None

    def score(self, answer: str, item: Item) -> float:
        wanted = self._wanted(item)
        found = [text in answer for text in wanted]
        if self.mode == "share":
            return sum(found) / len(found) if found else 0.0
        return float(any(found) if self.mode == "any" else bool(found) and all(found))

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        wanted = self._wanted(item)
        return "" if wanted and all(wanted) else f"expected a text or a list of texts as target, got {item.target!r}"

    def _wanted(self, item: Item) -> tuple[str, ...]:
        parts = item.target if isinstance(item.target, list | tuple) else (item.target,)
        return tuple(self._normalised(str(part)) for part in parts)

    def _normalised(self, text: str) -> str:
        text = " ".join(text.split())
        return text.casefold() if self.casefold else text
