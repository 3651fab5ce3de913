from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from modelsearch.api.night_stage import Waiting, run_stage
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.nights import Job, JobEnd

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def job(name: str) -> Job:
    return Job(
        kind="screen", task_id=TaskId("t"), candidate_id=CandidateId(name), level=0.01, budget_usd=Decimal(1), reason=""
    )


class Clock:
    """Time that only waiting makes go by."""

    def __init__(self) -> None:
        self.s = 0.0

    def now_s(self) -> float:
        return self.s

    async def sleep(self, seconds: float) -> None:
        self.s += seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.s)


class Carried:
    """Jobs that need some visits each before they are done; `done`: in which order."""

    def __init__(self, **n_visits: int) -> None:
        self._left = dict(n_visits)
        self.visits: list[tuple[str, float | None]] = []
        self.done: list[str] = []

    async def __call__(self, job: Job, wait_s: float | None) -> JobEnd:
        self.visits.append((job.candidate_id, wait_s))
        self._left[job.candidate_id] -= 1
        if self._left[job.candidate_id] > 0:
            return "pending"
        self.done.append(job.candidate_id)
        return "done"


def never(_job: Job, _now: datetime) -> None:
    """No hour is cheaper."""


async def run(carried: Carried, names: Sequence[str], waiting: Waiting) -> tuple[str, ...]:
    return tuple(j.candidate_id for j in await run_stage([job(n) for n in names], carried, never, waiting))


async def test_all_hand_in_their_batches_before_any_is_waited_for() -> None:
    carried, clock = Carried(a=2, b=3, c=1), Clock()
    assert await run(carried, "abc", Waiting(clock=clock, now=clock.now)) == ()
    assert carried.visits[:3] == [("a", 0.0), ("b", 0.0), ("c", 0.0)]
    assert carried.done == ["c", "a", "b"]
    assert carried.visits[-1] == ("b", None)


async def test_one_alone_waits_for_itself() -> None:
    carried, clock = Carried(a=1), Clock()
    await run(carried, "a", Waiting(most_s=90.0, clock=clock, now=clock.now))
    assert carried.visits == [("a", 90.0)]


@pytest.mark.parametrize("most_s", [0.0, 10.0, 100.0])
async def test_no_longer_than_may_be_waited(most_s: float) -> None:
    carried, clock = Carried(a=99, b=99), Clock()
    held = await run(carried, "ab", Waiting(most_s=most_s, clock=clock, now=clock.now))
    assert held == ("a", "b")
    assert clock.s <= most_s


async def test_a_dear_hour_is_waited_out_and_the_others_go_first() -> None:
    carried, clock = Carried(dear=1, plain=1), Clock()
    until = NOON + timedelta(hours=2)

    def cheaper(job: Job, now: datetime) -> datetime | None:
        return until if job.candidate_id == "dear" and now < until else None

    waiting = Waiting(clock=clock, now=clock.now)
    assert await run_stage([job("dear"), job("plain")], carried, cheaper, waiting) == ()
    assert carried.done == ["plain", "dear"]
    assert 7200 <= clock.s < 7200 + 300


async def test_an_hour_that_may_not_be_waited_for_holds_the_job_up() -> None:
    carried, clock = Carried(dear=1), Clock()
    waiting = Waiting(most_s=60.0, clock=clock, now=clock.now)
    assert await run_stage([job("dear")], carried, lambda *_: NOON + timedelta(hours=1), waiting) == (job("dear"),)
    assert not carried.visits
