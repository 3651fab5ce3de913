"""Scores that take more than a scorer: calls of their own, or time beside the event loop.

A scorer reads an answer at once. Where the score has to be bought (a judge, an embedding) or waited for (code that is
run, somebody's own function), a grader finishes the outcome after its call, in the same worker, so that concurrency,
money and the journal stay where they are. It never turns a failure of its own into a score: the outcome is then
`unscored`, or `not_run` where it may be had later.
"""

from decimal import Decimal
from typing import Protocol

from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item


class Grader(Protocol):
    """Finishes outcomes that have an answer and no score."""

    @property
    def needs_baseline(self) -> bool:
        """Whether the baseline's answer to an item has to be known before another one is graded."""
        ...

    def bound_usd(self, item: Item) -> Decimal:
        """The most that grading one answer to an item can cost in USD."""
        ...

    async def graded(self, outcome: Outcome, item: Item) -> Outcome:
        """The outcome with its score, and what that has cost added to `spend_usd` and `call_ids`.

        Raises:
            StoppedError: the grader cannot go on; everything paid is booked.
        """
        ...


async def finished(grader: Grader | None, outcome: Outcome, item: Item) -> Outcome:
    """The outcome with its score; as it is without a grader, and where there is no answer to grade."""
    return outcome if grader is None or outcome.status is not Status.OK else await grader.graded(outcome, item)


def judging_usd(grader: Grader | None, item: Item) -> Decimal:
    """The most that grading an answer to an item can cost in USD."""
    return Decimal(0) if grader is None else grader.bound_usd(item)
