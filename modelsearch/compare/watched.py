"""A fold that stops at shares of the money: what would be said there is written down, then the search goes on."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from modelsearch.compare.metrics import makespan_s
from modelsearch.core.events import Event, RoundClosed
from modelsearch.core.outcome import Outcome
from modelsearch.core.search import Setting
from modelsearch.search.fold import Fold


class WatchedFold(Fold):
    """Calls `on_stop(place)` just before the outcome that would pass the next of `limits_usd`.

    A search with that limit as its budget would have had everything up to there, and at most its last cents more.
    """

    def __init__(self, setting: Setting, limits_usd: Sequence[Decimal], on_stop: Callable[[int], None]) -> None:
        super().__init__(setting)
        self._limits_usd = limits_usd
        self._on_stop = on_stop
        self.n_stopped = 0
        self.n_calls = 0
        self.n_rounds = 0
        self._closed_s = 0.0
        self._latencies_s: list[float] = []

    def take(self, outcome: Outcome) -> None:
        """Take in one outcome, after what has to be said before it."""
        if outcome.spend_usd:
            self.stop_before(self.spend_usd + outcome.spend_usd)
            self.n_calls += 1
            self._latencies_s.append(outcome.latency_s)
        super().take(outcome)

    def watch(self, event: Event) -> None:
        """Keep time by closed rounds: a round's calls are in flight together, rounds follow each other."""
        if isinstance(event, RoundClosed):
            self._closed_s += makespan_s(self._latencies_s)
            self._latencies_s = []
            self.n_rounds += 1

    def stop_before(self, spend_usd: Decimal) -> None:
        """Say what is due before so much is spent."""
        while self.n_stopped < len(self._limits_usd) and spend_usd > self._limits_usd[self.n_stopped]:
            self.n_stopped += 1
            self._on_stop(self.n_stopped - 1)

    def finish(self) -> None:
        """The search is over: what is due at the remaining limits is what is known now."""
        while self.n_stopped < len(self._limits_usd):
            self.n_stopped += 1
            self._on_stop(self.n_stopped - 1)

    @property
    def elapsed_s(self) -> float:
        """Seconds that the calls so far would have taken, 32 in flight; NaN where a latency is unknown."""
        return math.fsum((self._closed_s, makespan_s(self._latencies_s)))
