"""Who is set aside, and for whom a round waits."""

from dataclasses import dataclass

import pytest

from modelsearch.core.ids import EndpointId
from modelsearch.evaluate.patience import MAX_PAUSES, MAX_PAUSES_OF_STRANGERS, Patience
from tests.unit.providers.doubles import FakeClock

A, B = EndpointId("a"), EndpointId("b")


@dataclass
class Queue:
    is_busy: bool


@pytest.fixture
def patience() -> Patience:
    return Patience(clock=FakeClock())


async def n_waited(patience: Patience, endpoint_id: EndpointId) -> int:
    """Pauses of 10 s in a row that are waited out."""
    for n_pauses in range(10):
        patience.set_aside(endpoint_id, 10.0, "down")
        if not patience.is_worth_it(endpoint_id):
            return n_pauses
        assert patience.is_worth_it(endpoint_id)  # of another look, within the same pause
        await patience.clock.sleep(10.0)
    return 10


async def test_a_pause_that_gets_longer_is_still_one_pause(patience: Patience) -> None:
    for wait_s in (10.0, 4.0, 20.0):
        patience.set_aside(A, wait_s, "down")
        assert patience.is_worth_it(A)
    assert patience.left_s(A) == 20.0
    await patience.clock.sleep(20.0)
    patience.set_aside(A, 1.0, "still down")
    assert not patience.is_worth_it(A)
    assert patience.reason(A) == "still down"


async def test_who_never_answered_is_waited_for_once_until_it_does(patience: Patience) -> None:
    assert await n_waited(patience, A) == MAX_PAUSES_OF_STRANGERS
    patience.close()
    assert await n_waited(patience, A) == 0
    patience.hear(A)
    patience.close()
    assert await n_waited(patience, A) == MAX_PAUSES
    patience.close()
    assert await n_waited(patience, A) == 0


async def test_nobody_is_waited_for_where_others_answer_but_who_is_needed(patience: Patience) -> None:
    patience.hear(B)
    assert await n_waited(patience, A) == 0
    patience.set_aside(B, 100.0, "down as well")
    assert await n_waited(patience, A) == MAX_PAUSES_OF_STRANGERS
    needed = Patience(clock=FakeClock(), needed={A})
    needed.hear(B)
    assert await n_waited(needed, A) == MAX_PAUSES_OF_STRANGERS


async def test_as_long_as_others_have_work_waiting_costs_nothing(patience: Patience) -> None:
    queue = Queue(is_busy=True)
    patience.watch(queue)
    patience.hear(B)
    assert await n_waited(patience, A) == 10
    queue.is_busy = False
    assert await n_waited(patience, A) == 0


def test_who_was_set_aside_is_on_trial_until_it_answers(patience: Patience) -> None:
    assert not patience.is_on_trial(A)
    patience.set_aside(A, 1.0, "down")
    patience.close()
    assert patience.is_on_trial(A)
    patience.hear(A)
    assert not patience.is_on_trial(A)
