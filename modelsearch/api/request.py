"""What a search was asked to do, as plain data: kept in the journal's header, so that a resumed run is the same run."""

import dataclasses
import json
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

import msgspec

from modelsearch.core.batch import DEADLINE_H, MIN_WIDE_CALLS, BatchMode, BatchPolicy
from modelsearch.core.errors import BudgetError, OptionError
from modelsearch.core.ids import Json
from modelsearch.taskfile.overrides import TaskOverrides


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """A search, by value.

    Attributes:
        task: path of a task spec, or None with `recorded`.
        recorded: folder of a recorded table, or None.
        is_emulated: serve the market from the emulator on loopback: the recorded table, or for a task a synthetic
            world with made-up models (the catalogue's real endpoints are then not called).
        is_inline: the task is given as an object; only the same Python program can resume such a run.
        emulator_url: an emulator that runs already, in place of one started for this search.
        baseline: candidate id: an endpoint, or `endpoint#prompt` where the task has several prompts; for a synthetic
            world "" means its own default.
        budget_usd, budget_share: exactly one; a share is of the recorded table's exhaustive spend.
        max_calls: hard limit of the calls that may be settled, in flight and unknown; None = no limit.
        baseline_outcomes: file with the baseline's known answers or scores.
        market: folder of catalogues to use in place of the installed ones.
        candidates: only these candidates, by id, beside the baseline; empty = all of the market.
        past: folders of recorded tables and finished runs to learn from; empty = from none; None = from the project's
            own finished runs, where real models are called. Replays and emulated searches then learn from none, so
            that the same seed gives the same search.
        is_code_allowed: programs that models write may be run, walled in, by scorers that need it.
        batch: never, wide (rounds of at least `batch_min_calls` calls) or always: what is bought in batches, at half
            the price and within hours; `batch_deadline_h` hours after the first batch no other is handed in.
    """

    baseline: str
    task: Path | None = None
    recorded: Path | None = None
    is_emulated: bool = False
    emulator_url: str | None = None
    is_inline: bool = False
    budget_usd: Decimal | None = None
    budget_share: float | None = None
    max_calls: int | None = None
    plan: str = "balanced"
    seed: int = 0
    overrides: TaskOverrides = field(default_factory=TaskOverrides)
    baseline_outcomes: Path | None = None
    market: Path | None = None
    candidates: tuple[str, ...] = ()
    past: tuple[Path, ...] | None = None
    is_code_allowed: bool = False
    batch: str = "never"
    batch_deadline_h: float = DEADLINE_H
    batch_min_calls: int = MIN_WIDE_CALLS

    @property
    def batch_policy(self) -> BatchPolicy:
        """Which rounds are bought in batches.

        Raises:
            OptionError: an option of batches is out of range.
        """
        mode = cast("BatchMode", self.batch)
        return BatchPolicy(mode=mode, deadline_h=self.batch_deadline_h, min_calls=self.batch_min_calls)

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything.

        Raises:
            OptionError, BudgetError: two sources, no source, two budgets, no budget, or one out of range.
        """
        if (self.task is not None) + (self.recorded is not None) + self.is_inline != 1:
            message = "search: give either a task spec or --recorded DIR, and not both"
            raise OptionError(message)
        if (self.budget_usd is None) == (self.budget_share is None):
            message = "search: give exactly one of --budget-usd and --budget-share (of a recorded table's whole cost)"
            raise BudgetError(message)
        if self.budget_share is not None and (self.recorded is None or not 0 < self.budget_share <= 1):
            message = f"--budget-share: needs --recorded and a share in (0, 1], got {self.budget_share}"
            raise BudgetError(message)
        if self.budget_usd is not None and not (self.budget_usd.is_finite() and self.budget_usd > 0):
            message = f"--budget-usd: must be a finite amount above 0, got {self.budget_usd}"
            raise BudgetError(message)
        if self.max_calls is not None and self.max_calls < 1:
            message = f"--max-calls: must be at least 1, or left out for no limit, got {self.max_calls}"
            raise BudgetError(message)
        _ = self.batch_policy

    def to_json(self) -> dict[str, Json]:
        """Plain JSON; paths absolute, so that a resume works from any folder."""
        plain: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            plain[item.name] = _resolved(value)
        return json.loads(_ENCODER.encode(plain))  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> "SearchRequest":
        """The inverse of `to_json`."""
        known = {item.name for item in dataclasses.fields(cls)}
        return msgspec.convert(
            {key: value for key, value in data.items() if key in known}, cls, strict=False, dec_hook=_typed
        )


def budget_of(text: str | float | Decimal | None) -> Decimal | None:
    """A budget as typed by somebody.

    Raises:
        BudgetError: it is no number.
    """
    if text is None:
        return None
    try:
        return Decimal(str(text))
    except InvalidOperation:
        message = f"--budget-usd: must be an amount in USD above 0, got {text!r}"
        raise BudgetError(message) from None


def _resolved(value: object) -> object:
    if isinstance(value, tuple):
        return [_resolved(part) for part in value]
    return str(value.resolve()) if isinstance(value, Path) else value


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value))


def _typed(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain, order="deterministic")
"""Sets sorted: their own order is another one in each process, and a resumed run must be the same by its text."""
