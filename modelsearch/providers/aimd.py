"""A gate whose width follows additive increase and multiplicative decrease; whoever comes first goes first.

Source: Chiu & Jain 1989, Analysis of the increase and decrease algorithms for congestion avoidance in computer
networks, doi:10.1016/0169-7552(89)90019-6.
"""

import asyncio
from collections import deque
from contextlib import suppress


class Gate:
    """At most `limit` inside, 1 <= `limit` <= `most`: one more after as many successes as the limit, half after a cut.

    As in TCP, cuts count once per window: answers to what entered before the last cut say nothing about the width
    after it. What it does depends on the order of events alone, not on time.

    Attributes:
        limit: the width now; it starts at `most`.
        n_inside: how many are in.
        window: number of cuts so far; what enters notes it, and gives it back to `cut`.
        n_waiting: how many wait at the gate.
    """

    __slots__ = ("_n_ok", "_waiters", "limit", "most", "n_inside", "window")

    def __init__(self, most: int) -> None:
        self.limit = self.most = max(1, most)
        self.n_inside = 0
        self.window = 0
        self._n_ok = 0
        self._waiters: deque[asyncio.Future[None]] = deque()

    @property
    def n_waiting(self) -> int:
        return len(self._waiters)

    async def enter(self) -> None:
        """Go in, or wait for it."""
        if self.n_inside < self.limit:
            self.n_inside += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place came together with the cancellation: pass it on
                self.leave()
            else:
                with suppress(ValueError):  # `leave` may have dropped it already
                    self._waiters.remove(place)
            raise

    def leave(self) -> None:
        """Go out; who waits longest goes in."""
        self.n_inside -= 1
        self._admit()

    def resize(self, most: int) -> None:
        """Be at most so wide from now on, 0 = let nobody in; who is in stays in."""
        is_whole = self.limit == self.most
        self.most = most
        self.limit = most if is_whole else min(most, self.limit)
        self._admit()

    def _admit(self) -> None:
        while self._waiters and self.n_inside < self.limit:
            place = self._waiters.popleft()
            if not place.done():
                self.n_inside += 1
                place.set_result(None)

    def widen(self) -> None:
        """Note a success."""
        if self.limit < self.most:
            self._n_ok += 1
            if self._n_ok >= self.limit:
                self.limit += 1
                self._n_ok = 0

    def cut(self, window: int) -> bool:
        """Halve the width for one that entered in `window`; False where that was done already."""
        if window != self.window:
            return False
        self.limit = max(min(1, self.most), self.limit // 2)
        self.window += 1
        self._n_ok = 0
        return True
