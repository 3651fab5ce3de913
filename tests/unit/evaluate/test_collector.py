"""The collector is as it was once nothing is bought any more, however parts overlap and whatever happens in them."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from modelsearch.evaluate.collector import THRESHOLD, seldom_collected


@pytest.fixture(autouse=True)
def before() -> Iterator[tuple[int, int, int]]:
    kept = gc.get_threshold()
    yield kept
    gc.set_threshold(*kept)


async def test_parts_that_overlap(before: tuple[int, int, int]) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    parts = [asyncio.create_task(seldom_collected(gate.wait())) for gate in gates]
    await asyncio.sleep(0)
    for part, gate in zip(parts, gates, strict=True):
        assert gc.get_threshold() == (THRESHOLD, *before[1:])
        gate.set()
        assert await part
    assert gc.get_threshold() == before


async def test_a_part_that_fails(before: tuple[int, int, int]) -> None:
    async def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is its own
        await seldom_collected(fail())
    assert gc.get_threshold() == before


@pytest.mark.parametrize("first", [0, THRESHOLD + 1])
async def test_a_collector_that_is_off_or_lazier_still_is_left_alone(first: int) -> None:
    gc.set_threshold(first, 10, 10)
    await seldom_collected(asyncio.sleep(0))
    assert gc.get_threshold() == (first, 10, 10)
