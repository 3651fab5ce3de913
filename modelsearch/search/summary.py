"""Events -> the funnel: one line for each phase."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.result import PhaseSummary
from modelsearch.core.search import Move


@dataclass
class _Tally:
    """What is counted of one phase."""

    phase: str
    n_started: int
    drops: Counter[str] = field(default_factory=Counter)
    n_added: int = 0
    n_rounds: int = 0
    n_outcomes: int = 0
    spend_usd: Decimal = Decimal(0)
    reason: str = "under way"

    @property
    def n_left(self) -> int:
        return self.n_started + self.n_added - sum(self.drops.values())

    def take(self, event: Event) -> None:
        if isinstance(event, Move):
            self.drops.update(drop.strategy for drop in event.drops)
            self.n_added += len(event.additions)
        elif isinstance(event, RoundClosed):
            self.n_rounds += 1
        elif isinstance(event, OutcomeScored):
            self.n_outcomes += 1
            self.spend_usd += event.outcome.spend_usd
        elif isinstance(event, PhaseClosed):
            self.reason = event.reason


def phase_summaries(events: Iterable[Event], n_candidates: int) -> tuple[PhaseSummary, ...]:
    """The funnel.

    Args:
        events: of the journal, in order.
        n_candidates: size of the starting pool, the baseline included.
    """
    tallies: list[_Tally] = []
    for event in events:
        if isinstance(event, PhaseStarted):
            if tallies and tallies[-1].phase == event.phase:
                tallies.pop()  # killed before its first move and begun again
            tallies.append(_Tally(event.phase, tallies[-1].n_left if tallies else n_candidates))
        elif tallies:
            tallies[-1].take(event)
    return tuple(
        PhaseSummary(
            phase=t.phase,
            n_started=t.n_started,
            n_left=t.n_left,
            n_added=t.n_added,
            n_rounds=t.n_rounds,
            n_outcomes=t.n_outcomes,
            spend_usd=t.spend_usd,
            drops_by_strategy=dict(t.drops),
            reason=t.reason,
        )
        for t in tallies
    )
