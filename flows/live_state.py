"""Where a search stands, counted from its events: cheap enough for thousands a second, and without a clock."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.events import (
    BatchClosed,
    BatchSent,
    CallReleased,
    CallReserved,
    CallSettled,
    CallUnknown,
    CandidateSplit,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    Warned,
)
from modelsearch.core.search import Move
from modelsearch.report.numbers import counted
from modelsearch.report.plain import short

MAX_NEWS = 40
MAX_NOTES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What does not change while a search runs.

    Attributes:
        title: task, plan and run, cleaned.
        n_candidates: of the starting pool.
        note: said beside the money, such as that none of it is real.
    """

    title: str = ""
    baseline_id: str = ""
    n_candidates: int = 0
    n_items: int = 0
    margin: float = 0.0
    budget_usd: Decimal | None = None
    note: str = ""


@dataclass(slots=True)
class Racer:
    """A candidate with outcomes: what the scored ones sum to, and whether it has left.

    Attributes:
        cost_usd: of all outcomes, whoever paid: its mean is what an item costs.
        n_unscored: outcomes without a score: errors, refusals that count as nothing.
    """

    name: str
    n_items: int = 0
    n_unscored: int = 0
    score_sum: float = 0.0
    cost_usd: Decimal = Decimal(0)
    is_dropped: bool = False


@dataclass(slots=True)
class PhaseLine:
    """A phase as far as it has come."""

    name: str
    state: str = "ahead"
    n_rounds: int = 0
    n_dropped: int = 0
    n_added: int = 0


@dataclass(slots=True)
class LiveState:
    """Everything that is shown; `take` is called with each event once it is durable.

    Attributes:
        unknown_usd: of calls that may have been billed, at most.
        news: what happened last, newest last; `n_news` counts all there ever were.
        notes: what the user should know, each once.
    """

    phases: list[PhaseLine] = field(default_factory=list)
    racers: dict[str, Racer] = field(default_factory=dict)
    n_outcomes: int = 0
    n_calls: int = 0
    n_dropped: int = 0
    n_added: int = 0
    spend_usd: Decimal = Decimal(0)
    unknown_usd: Decimal = Decimal(0)
    reserved: dict[str, Decimal] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)
    news: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=MAX_NEWS))
    notes: dict[str, None] = field(default_factory=dict)
    n_news: int = 0

    @property
    def phase(self) -> PhaseLine:
        """The one that runs, or ran last."""
        begun = [each for each in self.phases if each.state != "ahead"]
        return begun[-1] if begun else PhaseLine("")

    def expect(self, phases: Sequence[str]) -> None:
        """Name the phases of the plan before they begin; those that have begun stay as they are."""
        known = {each.name for each in self.phases}
        self.phases += [PhaseLine(short(name)) for name in phases if short(name) not in known]

    def take(self, event: Event) -> None:
        """Count an event in."""
        taker = _TAKERS.get(type(event))
        if taker is not None:
            taker(self, event)

    def tell(self, text: str) -> None:
        """Something for the list of what happened last."""
        self.n_news += 1
        self.news.append((self.n_news, text))

    def phase_started(self, event: PhaseStarted) -> None:
        """A phase begins; one that the plan did not name is put behind those that have begun."""
        name = short(event.phase)
        line = next((each for each in self.phases if each.name == name and each.state != "done"), None)
        if line is None:
            line = PhaseLine(name)
            self.phases.insert(sum(each.state != "ahead" for each in self.phases), line)
        line.state = "running"
        self.tell(f"{name} begins")

    def phase_closed(self, event: PhaseClosed) -> None:
        """A phase ends."""
        self.phase.state = "done"
        self.tell(f"{short(event.phase)} ends: {short(event.reason)}")

    def moved(self, move: Move) -> None:
        """A round is decided: who leaves, who joins."""
        line = self.phase
        line.n_rounds = move.round + 1
        line.n_dropped += len(move.drops)
        line.n_added += len(move.additions)
        self.n_dropped += len(move.drops)
        self.n_added += len(move.additions)
        for drop in move.drops:
            self._racer(drop.candidate_id).is_dropped = True
        for added in move.additions:
            self._racer(added.id).name = name_of(added)
        if move.drops:
            one = move.drops[0]
            others = f" and {len(move.drops) - 1} more" if len(move.drops) > 1 else ""
            self.tell(f"dropped {short(one.candidate_id)}{others}: {short(one.reason)}")
        if move.additions:
            n_more = len(move.additions) - 1
            others = f" and {counted(n_more, 'other')}" if n_more else ""
            self.tell(f"joined by {name_of(move.additions[0])}{others}")

    def scored(self, event: OutcomeScored) -> None:
        """An outcome is known."""
        outcome = event.outcome
        self.n_outcomes += 1
        racer = self._racer(outcome.candidate_id)
        racer.cost_usd += outcome.cost_usd
        if outcome.score is None:
            racer.n_unscored += 1
        else:
            racer.n_items += 1
            racer.score_sum += outcome.score

    def reserved_call(self, event: CallReserved) -> None:
        """A call is about to be sent."""
        self.reserved[event.call_id] = event.amount_usd

    def settled(self, event: CallSettled) -> None:
        """A call is paid."""
        self.n_calls += 1
        self.spend_usd += event.call.cost_usd
        self.reserved.pop(event.call.id, None)

    def released(self, event: CallReleased) -> None:
        """A call was surely not billed."""
        self.reserved.pop(event.call_id, None)

    def unknown(self, event: CallUnknown) -> None:
        """A call may have been billed."""
        self.unknown_usd += self.reserved.pop(event.call_id, Decimal(0))

    def split(self, event: CandidateSplit) -> None:
        """Another model answers for a candidate."""
        self.tell(f"{short(event.candidate_id)}: another model answers than before, {short(event.now)}")

    def batch_sent(self, event: BatchSent) -> None:
        """A batch is under way."""
        self.batches.add(event.batch_id)

    def batch_closed(self, event: BatchClosed) -> None:
        """A batch is back."""
        self.batches.discard(event.batch_id)

    def warned(self, event: Warned) -> None:
        """The user should know something."""
        note = f"{short(event.subject)}: {short(event.message)}"
        if len(self.notes) < MAX_NOTES:
            self.notes[note] = None
        self.tell(f"note: {note}")

    def _racer(self, candidate_id: str) -> Racer:
        racer = self.racers.get(candidate_id)
        if racer is None:
            racer = self.racers[candidate_id] = Racer(short(candidate_id))
        return racer


def name_of(candidate: Candidate) -> str:
    """How a candidate is shown: composites by their members, for their ids tell nothing."""
    if isinstance(candidate, Single):
        return short(candidate.id)
    members = getattr(candidate, "members", None)
    parts = members if members is not None else candidate.legs  # type: ignore[union-attr]
    joined = " + " if members is not None else " > "
    return short(joined.join(short(str(each.id).rpartition("/")[2]) for each in parts))


_TAKERS: Mapping[type, Callable[[LiveState, Any], None]] = {
    PhaseStarted: LiveState.phase_started,
    PhaseClosed: LiveState.phase_closed,
    Move: LiveState.moved,
    OutcomeScored: LiveState.scored,
    CallReserved: LiveState.reserved_call,
    CallSettled: LiveState.settled,
    CallReleased: LiveState.released,
    CallUnknown: LiveState.unknown,
    CandidateSplit: LiveState.split,
    BatchSent: LiveState.batch_sent,
    BatchClosed: LiveState.batch_closed,
    Warned: LiveState.warned,
}
