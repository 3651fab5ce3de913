"""What a log of another tool holds, whichever tool it was: items, outcomes, and what the tool itself says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.core.task import ScorerSpec


class Turn(NamedTuple):
    """A message as it was sent."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedItem:
    """One example.

    Attributes:
        fields: the parts of its input by name; `{"input": text}` where the tool has a single one.
        target: None = the log has none.
        turns: what was sent for it before the answer; empty = not logged.
        options: what it lets choose from, shown as A, B, C, ...; empty = free answers.
    """

    id: str
    fields: Mapping[str, Json]
    target: Json = None
    turns: tuple[Turn, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOutcome:
    """A model's answer to an item, the `repeat`-th (from 0).

    Attributes:
        status: how the call ended; what failed has neither answer nor score.
        answer: the reply as it came.
        score: as the tool gave it, in [0, 1]; None = it gave none.
        cost_usd, latency_s, input_tokens, output_tokens: None = the log does not say.
    """

    model: str
    item_id: str
    repeat: int = 0
    status: Status = Status.OK
    answer: str | None = None
    score: float | None = None
    cost_usd: Decimal | None = None
    latency_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A figure that the tool itself prints, and the same figure made again from what was imported.

    Attributes:
        recomputed: None = it cannot be made again here.
        why: they differ, or it cannot be made again; "" where they are equal.
    """

    model: str
    metric: str
    value: float
    recomputed: float | None
    why: str = ""

    @property
    def is_equal(self) -> bool:
        """To nine digits: sums of floats depend on their order."""
        return self.recomputed is not None and abs(self.value - self.recomputed) <= 1e-9


class LeftOut(NamedTuple):
    """What was not imported: how many of what, and why."""

    n: int
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredWith:
    """How the tool scored.

    Attributes:
        name: as the tool calls it.
        equals: scorers of ours that should give the same, best first; each is held against the tool's scores.
        is_model: a model was asked for the score.
    """

    name: str = ""
    equals: tuple[ScorerSpec, ...] = ()
    is_model: bool = False


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything that was read.

    Attributes:
        tool: whose log it is, with its version where that is told.
        name: of the task.
        kind: of our task kinds, where the tool leaves no doubt.
        settings: temperature, max_output_tokens, as far as they are logged.
        notes: what the user should know, a sentence each.
        is_traffic: production traffic: nobody scored it for an evaluation.
    """

    tool: str
    name: str
    items: Sequence[LoggedItem]
    outcomes: Sequence[LoggedOutcome]
    scored_with: ScoredWith = field(default_factory=ScoredWith)
    reported: Sequence[Reported] = ()
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()
    kind: str = ""
    settings: Mapping[str, float] = field(default_factory=dict)
    is_traffic: bool = False

    @property
    def models(self) -> tuple[str, ...]:
        """By name, sorted."""
        return tuple(sorted({outcome.model for outcome in self.outcomes}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asked for beyond the files.

    Attributes:
        task: of a log with several.
        score: which of several scores counts.
        model: of a log that does not name its model.
        columns: of a table, by what they hold.
        n_sampled, seed: of production traffic: at most so many items, drawn with this seed.
        is_liked_target: of production traffic: an answer that people gave full marks is the item's target.
    """

    task: str = ""
    score: str = ""
    model: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    n_sampled: int = 400
    seed: int = 0
    is_liked_target: bool = False
