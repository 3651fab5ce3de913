"""Python's garbage collector in the while that calls are bought.

Every call in flight is some thirty objects that live for a moment and die without its help; by default it looks at
them every 700 objects, again and again, and now and then at all that the process holds: 7 % of the CPU of a call
(`make bench-throughput`). While calls are bought it looks every 20,000 objects; afterwards as before.
"""

import gc
from collections.abc import Awaitable
from typing import TypeVar

THRESHOLD = 20_000
_T = TypeVar("_T")
_before: list[tuple[int, int, int]] = []
"""The thresholds to go back to, one entry for each part that is being bought."""


async def seldom_collected(buying: Awaitable[_T]) -> _T:
    """Await with a collector that looks seldom; one that is off, or that looks more seldom still, is left alone."""
    before = gc.get_threshold()
    _before.append(_before[-1] if _before else before)
    if 0 < before[0] < THRESHOLD:
        gc.set_threshold(THRESHOLD, *before[1:])
    try:
        return await buying
    finally:
        found = _before.pop()
        if not _before and gc.get_threshold()[0] == THRESHOLD:
            gc.set_threshold(*found)
