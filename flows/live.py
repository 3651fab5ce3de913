"""Progress for people, from the events of a search: lines in a log, one line that moves in a terminal."""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from rich.console import Console
from rich.status import Status as Spinner

from modelsearch.core.events import (
    BatchClosed,
    BatchSent,
    CallSettled,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
    Warned,
)
from modelsearch.core.search import Move
from modelsearch.report.numbers import counted

REFRESH_S = 0.2


@dataclass
class Progress:
    """Watches a search; give `watch` to `Opening.watch`."""

    budget_usd: Decimal | None = None
    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    _phase: str = ""
    _round: int = 0
    _n_outcomes: int = 0
    _n_dropped: int = 0
    _n_added: int = 0
    _batches: set[str] = field(default_factory=set)
    _spend_usd: Decimal = Decimal(0)
    _shown_s: float = 0.0
    _spinner: Spinner | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._spinner = self.console.status("opening")
            self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._spinner is not None:
            self._spinner.stop()

    def say(self, text: str) -> None:
        """One line that stays."""
        self.console.print(text, markup=False, soft_wrap=True)

    def restore(self, events: Iterable[Event]) -> None:
        """Take in what an earlier life of the search did, without a word."""
        for event in events:
            self._count(event)

    def watch(self, event: Event) -> None:
        """Take in an event that is durable, and show where the search is."""
        self._count(event)
        if isinstance(event, Warned):
            self.say(f"  note: {event.subject}: {event.message}")
        elif isinstance(event, BatchSent) and len(self._batches) == 1:
            self.say("  batches go out; stop at any moment, `modelsearch resume` collects what is back by then")
        self._show(event)

    def _count(self, event: Event) -> None:
        if isinstance(event, PhaseStarted):
            self._phase, self._round, self._n_dropped, self._n_added = event.phase, 0, 0, 0
        elif isinstance(event, Move):
            self._round = event.round
            self._n_dropped += len(event.drops)
            self._n_added += len(event.additions)
        elif isinstance(event, CallSettled):
            self._spend_usd += event.call.cost_usd
        elif isinstance(event, OutcomeScored):
            self._n_outcomes += 1
        elif isinstance(event, BatchSent):
            self._batches.add(event.batch_id)
        elif isinstance(event, BatchClosed):
            self._batches.discard(event.batch_id)

    def _show(self, event: Event) -> None:
        if isinstance(event, PhaseClosed) and (self._n_outcomes or self._n_dropped):
            self.say(f"  {self._phase}: {self._told()}; {event.reason}")
        elif self._spinner is not None and time.monotonic() - self._shown_s > REFRESH_S:
            self._shown_s = time.monotonic()
            self._spinner.update(f"{self._phase}, round {self._round}: {self._told()}")
        elif self._spinner is None and isinstance(event, RoundClosed) and self._round % 5 == 4:
            self.say(f"  {self._phase}, round {self._round}: {self._told()}")

    def _told(self) -> str:
        of = "" if self.budget_usd is None else f" of ${self.budget_usd:.4f}"
        parts = [
            counted(self._n_outcomes, "outcome"),
            f"${self._spend_usd:.4f}{of} spent",
            f"{self._n_dropped} dropped",
        ]
        if self._n_added:
            parts.append(f"{counted(self._n_added, 'ensemble')} added")
        if self._batches:
            parts.append(f"{len(self._batches)} batches under way")
        return ", ".join(parts)
