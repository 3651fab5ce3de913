"""Scorer `numeric`: the last number of the reply is the target, within a tolerance."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 20_000
MAX_DIGITS = 60
_NUMBER = re.compile(
    r"(?<![\w.])(?:(?<![\w)\]])[-+\u2212])?"  # a sign only where it is none of "3-5"
    r"(?:\d{1,3}(?:[,\u00a0\u202f_']\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,2})?(?![\d])"
    r"|(?<![\w.])[-+\u2212]?\.\d+"
)


@register(
    "scorer", "numeric", source="Cobbe et al. 2021, GSM8K, section 2 (final number), https://arxiv.org/abs/2110.14168"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Numeric:
    """The last number that the reply mentions against the target's.

    Thousands may be parted by comma, apostrophe, underscore or narrow space; currency and percent signs are passed
    over. The canonical form is the plain decimal without trailing zeros. A reply without a number holds no answer.

    Attributes:
        tolerance: absolute difference that still counts as equal, in the target's unit, >= 0.
        relative_tolerance: the same as a share of the target's size, >= 0; the wider of the two holds.
        scale: where given, > 0: a miss by d earns max(0, 1 - d / scale) instead of 0.
    """

    tolerance: float = 1e-9
    relative_tolerance: float = 0.0
    scale: float | None = None
    has_canonical_form: ClassVar[bool] = True
    reads_cut_replies: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("tolerance", "relative_tolerance"):
            if not 0.0 <= getattr(self, name) < float("inf"):
                raise PlanError(f"{name}: expected a number >= 0, got {getattr(self, name)}")
        if self.scale is not None and not 0.0 < self.scale < float("inf"):
            raise PlanError(f"scale: expected a number > 0, got {self.scale}")

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return _last_number(reply)

    def score(self, answer: str, item: Item) -> float:
        target = _last_number(str(item.target))
        found = _last_number(answer)
        if target is None or found is None:
            return 0.0
        miss = abs(Decimal(found) - Decimal(target))
        allowed = max(Decimal(str(self.tolerance)), Decimal(str(self.relative_tolerance)) * abs(Decimal(target)))
        if miss <= allowed:
            return 1.0
        return 0.0 if self.scale is None else max(0.0, 1.0 - float(miss) / self.scale)

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        is_number = isinstance(item.target, str | int | float) and not isinstance(item.target, bool)
        if is_number and len(_NUMBER.findall(str(item.target))) == 1:
            return ""
        return f"expected a number as target, got {item.target!r}"


def _last_number(text: str) -> str | None:
    """The last number as a plain decimal without trailing zeros; None without any."""
    # numbers of absurd length are no answers, and comparing them would take for ever
    found = [number for number in _NUMBER.findall(text[-MAX_REPLY_CHARS:]) if len(number) <= MAX_DIGITS]
    if not found:
        return None
    value = Decimal(re.sub(r"[,\u00a0\u202f_']", "", found[-1]).replace("\u2212", "-"))
    plain = format(value, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", "+0", ""} else plain
