"""Where in the work this piece of code is: what log lines and spans say of themselves, whatever room they come from.

Context variables, because many items are asked at once: each worker of the evaluator is an asyncio task with its own.
"""

from contextvars import ContextVar
from typing import NamedTuple

from modelsearch.core.ids import CandidateId, ItemId, RunId, TaskId


class Run(NamedTuple):
    """The search under way."""

    run_id: RunId
    task_id: TaskId


Cell = tuple[CandidateId, ItemId, int]
"""Candidate, item and repeat."""

RUN: ContextVar[Run | None] = ContextVar("modelsearch_run", default=None)
"""None outside a search."""
ASKED: ContextVar[Cell | None] = ContextVar("modelsearch_asked", default=None)
"""What is being asked; None where the work is about no one item."""
