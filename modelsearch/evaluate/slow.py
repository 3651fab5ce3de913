"""Scores that take time: computed in threads, so that calls in flight go on."""

import asyncio
import os
from dataclasses import dataclass, field, replace
from decimal import Decimal

from modelsearch.core.errors import ScoringError
from modelsearch.core.events import Warned
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.ports import Recorder, Scorer
from modelsearch.core.task import Item


@dataclass(kw_only=True)
class SlowGrader:
    """A `Grader` around a scorer that runs code. What fails by itself leaves the outcome `unscored`, and is told once.

    Attributes:
        n_at_once: scores computed side by side.
    """

    scorer: Scorer
    recorder: Recorder
    n_at_once: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    _room: asyncio.Semaphore | None = field(default=None, repr=False)
    _has_warned: bool = field(default=False, repr=False)

    @property
    def needs_baseline(self) -> bool:
        """Never."""
        return False

    def bound_usd(self, item: Item) -> Decimal:  # noqa: ARG002 - the role's signature
        """Time is free."""
        return Decimal(0)

    async def graded(self, outcome: Outcome, item: Item) -> Outcome:
        """The outcome with its score."""
        self._room = self._room or asyncio.Semaphore(self.n_at_once)
        async with self._room:
            try:
                score = await asyncio.to_thread(self.scorer.score, outcome.answer or "", item)
            except ScoringError as error:
                self._warn(str(error))
                return replace(outcome, status=Status.UNSCORED)
        return replace(outcome, score=score)

    def _warn(self, message: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self.recorder.append(Warned(code="unscored", subject="scorer", message=f"{message}; no score, not 0"))
