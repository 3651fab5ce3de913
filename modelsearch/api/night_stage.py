"""One stage of a night: its jobs, those that batches or a dear hour hold up looked at again until they are done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelsearch.core.nights import Job, JobEnd
from modelsearch.core.ports import Clock
from modelsearch.evaluate.prices import utc_now
from modelsearch.providers.clock import SystemClock

FIRST_PAUSE_S, LAST_PAUSE_S, PAUSE_GROWTH = 1.0, 300.0, 2.0
"""Between looks at batches that several jobs wait for."""
CarryOut = Callable[[Job, float | None], Awaitable[JobEnd]]
CheaperFrom = Callable[[Job, datetime], datetime | None]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How long a night may wait, and by which clocks.

    Attributes:
        most_s: for batches and cheaper hours together; None = as long as they take, 0 = not at all.
        clock: what is waited by; `now`: what prices go by, with a time zone.
    """

    most_s: float | None = None
    clock: Clock = field(default_factory=SystemClock)
    now: Callable[[], datetime] = utc_now


async def run_stage(
    jobs: Sequence[Job], carry_out: CarryOut, cheaper_from: CheaperFrom, waiting: Waiting
) -> tuple[Job, ...]:
    """Carry out jobs one after the other; those that are still held up when the waiting is over.

    One after the other, for jobs side by side would each take the whole of a provider's limits. Where several wait for
    batches, each hands in its own before any is waited for.

    Args:
        jobs: of one stage.
        carry_out: carries out a job and waits for its batches for at most so many seconds (None = no limit).
        cheaper_from: when the job's calls would be cheaper than now; None where they would not.
        waiting: how long.
    """
    clock, pause_s = waiting.clock, FIRST_PAUSE_S
    end_s = None if waiting.most_s is None else clock.now_s() + waiting.most_s
    left = tuple(jobs)
    while left:
        held = []
        for job in left:
            rest_s = None if end_s is None else max(0.0, end_s - clock.now_s())
            is_dear = cheaper_from(job, waiting.now()) is not None
            if is_dear or await carry_out(job, rest_s if len(left) == 1 else 0.0) == "pending":
                held.append(job)
        left = tuple(held)
        if not left or (end_s is not None and clock.now_s() + pause_s > end_s):
            break
        await clock.sleep(pause_s)
        pause_s = min(LAST_PAUSE_S, pause_s * PAUSE_GROWTH)
    return left
