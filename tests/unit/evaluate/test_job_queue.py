"""Endpoints that are set aside: their jobs wait, those of the others go on."""

import pytest

from modelsearch.core.candidate import Single
from modelsearch.core.ids import EndpointId
from modelsearch.evaluate.job_queue import MAX_PAUSES, MAX_PAUSES_OF_STRANGERS, JobQueue, Patience
from modelsearch.evaluate.known import Job
from modelsearch.testing.factories import make_task
from tests.unit.providers.doubles import FakeClock

TASK = make_task(4)
A, B = EndpointId("a"), EndpointId("b")


def jobs(name: EndpointId) -> list[Job]:
    return [Job(single=Single(endpoint_id=name), item=item, repeat=0) for item in TASK.items]


@pytest.fixture
def patience() -> Patience:
    return Patience(clock=FakeClock())


async def drained(queue: JobQueue) -> list[EndpointId]:
    found = []
    while (job := await queue.take(lambda: False)) is not None:
        found.append(job.single.endpoint_id)
    return found


async def test_who_is_set_aside_comes_last_once_its_pause_is_over(patience: Patience) -> None:
    assert patience.wait_for(A, 30.0)
    assert await drained(JobQueue([*jobs(A), *jobs(B)], patience)) == [B] * 4 + [A] * 4
    assert patience.clock.now_s() == pytest.approx(30.0)


async def test_without_a_pause_the_order_stands_and_nothing_is_waited_for(patience: Patience) -> None:
    queue = JobQueue([*jobs(B), *jobs(A)], patience)
    job = await queue.take(lambda: False)
    assert job is not None
    queue.put_back(job)
    assert await drained(queue) == [B] * 3 + [A] * 4 + [B]
    assert patience.clock.now_s() == 0.0


async def test_who_waits_looks_up_when_the_search_stops(patience: Patience) -> None:
    patience.wait_for(A, 900.0)
    queue = JobQueue(jobs(A), patience)
    assert await queue.take(lambda: patience.clock.now_s() >= 5.0) is None
    assert patience.clock.now_s() == pytest.approx(5.0)
    assert len(queue) == 4


async def test_a_pause_that_gets_longer_is_still_one_pause(patience: Patience) -> None:
    for wait_s in (10.0, 4.0, 20.0):
        assert patience.wait_for(A, wait_s)
    assert patience.left_s(A) == 20.0
    await patience.clock.sleep(20.0)
    assert not patience.wait_for(A, 1.0)


async def test_who_never_answered_is_waited_for_once(patience: Patience) -> None:
    for _ in range(MAX_PAUSES_OF_STRANGERS):
        assert patience.wait_for(A, 10.0)
        await patience.clock.sleep(10.0)
    assert not patience.wait_for(A, 10.0)
    patience.close()
    assert not patience.wait_for(A, 10.0)
    patience.hear(A)
    assert patience.wait_for(A, 10.0)


async def test_patience_ends_and_comes_back_with_an_answer(patience: Patience) -> None:
    patience.hear(A)
    patience.close()
    for _ in range(MAX_PAUSES):
        assert patience.wait_for(A, 10.0)
        assert patience.wait_for(A, 10.0)  # of another worker, within the same pause
        await patience.clock.sleep(10.0)
    assert not patience.wait_for(A, 10.0)
    assert patience.wait_for(B, 10.0)
    patience.close()
    assert not patience.wait_for(A, 10.0)
    patience.hear(A)
    assert not patience.wait_for(A, 10.0)
    patience.close()
    assert patience.wait_for(A, 10.0)
