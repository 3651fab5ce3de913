"""The width alone; entering and leaving are tested through `test_limits`."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.providers.aimd import Gate


def test_cuts_count_once_a_window() -> None:
    gate = Gate(64)
    assert [gate.cut(window) for window in (0, 0, 1, 0, 1)] == [True, False, True, False, False]
    assert gate.limit == 16


def test_a_width_of_successes_adds_one() -> None:
    gate = Gate(8)
    gate.cut(0)
    widths = []
    for _ in range(4 + 5 + 6 + 7 + 3):
        gate.widen()
        widths.append(gate.limit)
    assert [widths.count(width) for width in range(4, 9)] == [3, 5, 6, 7, 4]


@given(most=st.integers(-3, 100), is_cut=st.lists(st.booleans(), max_size=200))
def test_the_width_stays_within_one_and_the_most_and_is_the_same_again(most: int, is_cut: list[bool]) -> None:
    def widths() -> list[int]:
        gate, found = Gate(most), []
        for each in is_cut:
            if each:
                gate.cut(gate.window)
            else:
                gate.widen()
            found.append(gate.limit)
        return found

    assert widths() == widths()
    assert all(1 <= width <= max(1, most) for width in widths())


async def test_a_wider_gate_lets_in_more_at_the_next_leaving() -> None:
    gate = Gate(4)
    gate.cut(0)
    for _ in range(2):
        await gate.enter()
    waiting = [asyncio.create_task(gate.enter()) for _ in range(4)]
    await asyncio.sleep(0)
    assert gate.n_waiting == 4
    for _ in range(2):
        gate.widen()
    gate.leave()
    await asyncio.sleep(0)
    assert [task.done() for task in waiting] == [True, True, False, False]
    assert gate.n_inside == gate.limit == 3
    for task in waiting[2:]:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[3]
