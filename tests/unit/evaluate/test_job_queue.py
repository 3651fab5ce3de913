"""Endpoints that are set aside or slow: their jobs wait, those of the others go on."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.candidate import Single
from modelsearch.core.ids import EndpointId
from modelsearch.evaluate.job_queue import JobQueue
from modelsearch.evaluate.known import Job
from modelsearch.evaluate.patience import Patience
from modelsearch.testing.factories import make_task
from tests.unit.providers.doubles import FakeClock

TASK = make_task(40)
A, B, C = EndpointId("a"), EndpointId("b"), EndpointId("c")
N_WORKERS = 4


def jobs(name: EndpointId, n_jobs: int = 4) -> list[Job]:
    return [Job(single=Single(endpoint_id=name), item=item, repeat=0) for item in TASK.items[:n_jobs]]


@pytest.fixture
def patience() -> Patience:
    return Patience(clock=FakeClock())


def queue_of(wanted: list[Job], patience: Patience, room: Mapping[str, int] | None = None) -> JobQueue:
    return JobQueue(wanted, patience, lambda name: (room or {}).get(name, 99), n_workers=N_WORKERS)


async def drained(queue: JobQueue) -> list[EndpointId]:
    """One worker takes all."""
    found = []
    while (job := await queue.take(lambda: False)) is not None:
        found.append(job.single.endpoint_id)
        queue.done(job)
    return found


async def worked(queue: JobQueue, turns: Mapping[EndpointId, int]) -> tuple[list[EndpointId], dict[EndpointId, int]]:
    """All workers work, each job takes so many turns of the loop; endpoints as they end, and the most at once of each.

    A turn is one for all, so that what ends when does not depend on how many tasks there are.
    """
    ended: list[EndpointId] = []
    n_now: Counter[EndpointId] = Counter()
    most: dict[EndpointId, int] = {}
    tick = asyncio.Condition()
    now = 0

    async def work() -> None:
        while (job := await queue.take(lambda: False)) is not None:
            name = job.single.endpoint_id
            n_now[name] += 1
            most[name] = max(most.get(name, 0), n_now[name])
            until = now + turns[name]
            async with tick:
                await tick.wait_for(lambda: now >= until)  # noqa: B023 - read before the next job
            n_now[name] -= 1
            ended.append(name)
            queue.done(job)

    async def turn() -> None:
        nonlocal now
        while True:
            for _ in range(12):
                await asyncio.sleep(0)
            now += 1
            async with tick:
                tick.notify_all()

    clock = asyncio.create_task(turn())
    await asyncio.gather(*(work() for _ in range(queue.n_workers)))
    clock.cancel()
    return ended, most


async def test_who_is_set_aside_comes_last_once_its_pause_is_over(patience: Patience) -> None:
    patience.needed.add(A)
    patience.set_aside(A, 30.0, "down")
    assert await drained(queue_of([*jobs(A), *jobs(B)], patience)) == [B] * 4 + [A] * 4
    assert patience.clock.now_s() == pytest.approx(30.0)


async def test_without_a_pause_one_worker_keeps_the_order_and_waits_for_nothing(patience: Patience) -> None:
    queue = queue_of([*jobs(B), *jobs(A)], patience)
    job = await queue.take(lambda: False)
    assert job is not None
    queue.put_back(job)
    queue.done(job)
    assert len(queue) == 8
    assert await drained(queue) == [B] * 4 + [A] * 4
    assert patience.clock.now_s() == 0.0


async def test_who_waits_looks_up_when_the_search_stops(patience: Patience) -> None:
    patience.set_aside(A, 900.0, "down")
    queue = queue_of(jobs(A), patience)
    assert await queue.take(lambda: patience.clock.now_s() >= 5.0) is None
    assert patience.clock.now_s() == pytest.approx(5.0)
    assert len(queue) == 4


async def test_a_round_closes_without_whom_it_does_not_wait_for(patience: Patience) -> None:
    patience.set_aside(A, 30.0, "a is down")
    patience.hear(B)
    queue = queue_of([*jobs(A), *jobs(B)], patience)
    assert await drained(queue) == [B] * 4
    assert [(each.job, each.reason, each.is_counted) for each in queue.given_up] == [
        (job, "a is down", False) for job in jobs(A)
    ]
    assert (len(queue), patience.clock.now_s()) == (0, 0.0)


async def test_who_is_waited_for_in_vain_is_given_up_and_counted(patience: Patience) -> None:
    patience.set_aside(A, 30.0, "down")
    queue = queue_of(jobs(A), patience)
    job = await queue.take(lambda: False)
    assert job is not None
    assert patience.clock.now_s() == 30.0
    patience.set_aside(A, 30.0, "still down")
    queue.put_back(job)
    queue.done(job)
    assert await queue.take(lambda: False) is None
    assert [each.is_counted for each in queue.given_up] == [True] * 4


async def test_after_a_pause_one_call_is_tried_and_the_others_follow_its_answer(patience: Patience) -> None:
    patience.set_aside(A, 30.0, "down")
    queue = queue_of(jobs(A), patience)
    taking = [asyncio.create_task(queue.take(lambda: False)) for _ in range(N_WORKERS)]
    for _ in range(2000):  # naps
        await asyncio.sleep(0)
    (first,) = [task for task in taking if task.done()]
    patience.hear(A)
    job = first.result()
    assert job is not None
    queue.done(job)
    found = await asyncio.gather(*taking)
    assert {each.item.id for each in found if each} == {item.id for item in TASK.items[:4]}


async def test_a_slow_endpoint_holds_its_share_of_the_workers_and_no_more(patience: Patience) -> None:
    queue = queue_of([*jobs(A, 20), *jobs(B, 20)], patience)
    ended, most = await worked(queue, {A: 20, B: 1})
    assert most[A] == N_WORKERS  # once the other is through
    assert ended[:20] == [B] * 20  # two workers, ten turns: before the first of the slow ones


async def test_a_throttled_endpoint_holds_what_it_has_room_for(patience: Patience) -> None:
    queue = queue_of([*jobs(A, 10), *jobs(B, 30)], patience, room={"a": 1})
    ended, most = await worked(queue, {A: 10, B: 1})
    assert most == {A: 1, B: N_WORKERS - 1}
    assert ended.index(A) >= 10 * (N_WORKERS - 1) - N_WORKERS


async def test_workers_that_found_no_room_end_with_the_rest(patience: Patience) -> None:
    ended, most = await worked(queue_of(jobs(A, 12), patience, room={"a": 2}), {A: 1})
    assert (len(ended), most) == (12, {A: 2})


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    rooms=st.lists(st.integers(1, 4), min_size=3, max_size=3),
    turns=st.lists(st.integers(1, 3), min_size=3, max_size=3),
)
def test_every_job_is_taken_once_whatever_the_room(sizes: list[int], rooms: list[int], turns: list[int]) -> None:
    names = (A, B, C)
    wanted = [job for name, size in zip(names, sizes, strict=False) for job in jobs(name, size)]
    patience = Patience(clock=FakeClock())
    queue = queue_of(wanted, patience, room=dict(zip(names, rooms, strict=True)))
    ended, most = asyncio.run(worked(queue, dict(zip(names, turns, strict=True))))
    assert Counter(ended) == dict(zip(names, sizes, strict=False))
    assert all(most[name] <= room for name, room in zip(names, rooms, strict=True) if name in most)
