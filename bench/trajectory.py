"""The trajectory of a run as its journal tells it, made comparable: within a round outcomes have no order."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.outcome import Outcome
from modelsearch.core.search import Move
from modelsearch.store.journal import Journal

Fact = tuple[object, ...]
_SHOWN_CHARS = 400


@dataclass(kw_only=True)
class RoundFacts:
    """One round: its move, whole, and what was bought in it."""

    move: Move
    outcomes: frozenset[Fact] = frozenset()


@dataclass(kw_only=True)
class Trajectory:
    """Phases with their budgets and reasons, and rounds, in order."""

    phases: list[Fact] = field(default_factory=list)
    rounds: list[RoundFacts] = field(default_factory=list)
    n_closed: int = 0

    @property
    def n_rounds(self) -> int:
        """Rounds closed."""
        return self.n_closed

    @property
    def n_moves(self) -> int:
        """Moves appended."""
        return len(self.rounds)

    @property
    def n_outcomes(self) -> int:
        """Outcomes of all rounds."""
        return sum(len(each.outcomes) for each in self.rounds)


def trajectory_of(journal: Path) -> Trajectory:
    """Read a journal."""
    found = Trajectory()
    for event in Journal.read(journal)[1]:
        _take(found, event)
    return found


def difference(ours: Trajectory, theirs: Trajectory) -> Iterator[str]:
    """Everything in which two trajectories differ, a line each."""
    for mine, other in zip_longest(ours.phases, theirs.phases):
        if mine != other:
            yield f"phase: {mine} against {other}"
    for number, (left, right) in enumerate(zip_longest(ours.rounds, theirs.rounds)):
        if left is None or right is None:
            yield f"round {number}: only in {'the second' if left is None else 'the first'}"
            continue
        if left.move != right.move:
            yield f"round {number} ({left.move.phase}): moves differ: {_short(left.move)} against {_short(right.move)}"
        if left.outcomes != right.outcomes:
            lines = sorted(map(str, left.outcomes ^ right.outcomes))
            yield f"round {number} ({left.move.phase}): {len(lines)} outcomes differ, first {lines[0]}"


def _take(found: Trajectory, event: Event) -> None:
    if isinstance(event, PhaseStarted):
        found.phases.append((event.phase, event.spend_usd))
    elif isinstance(event, PhaseClosed):
        found.phases.append((event.phase, event.reason))
    elif isinstance(event, Move):
        found.rounds.append(RoundFacts(move=event))
    elif isinstance(event, RoundClosed):
        found.n_closed += 1
    elif isinstance(event, OutcomeScored) and found.rounds:
        found.rounds[-1].outcomes |= {_fact(event.outcome)}


def _fact(outcome: Outcome) -> Fact:
    """Everything but the names of calls and of who served them, which are each run's own."""
    return (
        outcome.candidate_id, outcome.item_id, outcome.repeat, outcome.status, outcome.answer, outcome.score,
        outcome.cost_usd, outcome.spend_usd, None if math.isnan(outcome.latency_s) else outcome.latency_s,
    )  # fmt: skip


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "..."
