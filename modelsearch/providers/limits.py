"""How much an account may have under way: calls in flight, requests a minute, tokens a minute.

Calls in flight follow additive increase and multiplicative decrease (Chiu & Jain 1989,
doi:10.1016/0169-7552(89)90019-6): one more after a window of as many successes as the limit, half after a rate
limit. As in TCP, a rate limit counts once per window: answers to calls that were sent before the last cut say
nothing about the limit after it. Whoever comes first is served first.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from modelsearch.core.ports import Clock

Ending = Literal["ok", "rate", "other"]
BURST_S = 5.0
"""A bucket holds what its rate gives in this time: enough to start at once, too little to trip a minute's limit."""


@dataclass(slots=True, kw_only=True)
class Bucket:
    """A token bucket that may go into debt: who takes waits for the debt to be paid, so takers are served in order.

    Attributes:
        per_minute: refill, > 0.
    """

    per_minute: float
    level: float = field(init=False)
    at_s: float | None = None

    def __post_init__(self) -> None:
        self.level = self._capacity

    @property
    def _capacity(self) -> float:
        return max(1.0, self.per_minute * BURST_S / 60.0)

    def take(self, amount: float, now_s: float) -> float:
        """Take `amount` at `now_s`; the seconds to wait before using it."""
        if self.at_s is not None:
            self.level = min(self._capacity, self.level + (now_s - self.at_s) * self.per_minute / 60.0)
        self.at_s = now_s
        self.level -= amount
        return 0.0 if self.level >= 0.0 else -self.level * 60.0 / self.per_minute


class AccountLimits:
    """Admission to one account. `enter` before a request, `leave` after it, always both.

    Args:
        max_concurrency: most calls in flight, >= 1; it is also where the limit starts.
        rpm, tpm: requests and tokens a minute, or None for no limit.
    """

    def __init__(self, clock: Clock, *, max_concurrency: int, rpm: int | None = None, tpm: int | None = None) -> None:
        self._clock = clock
        self._max = max(1, max_concurrency)
        self._requests = Bucket(per_minute=rpm) if rpm else None
        self._tokens = Bucket(per_minute=tpm) if tpm else None
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._n_ok = 0
        self._window = 0
        self.limit = self._max
        self.n_in_flight = 0

    async def enter(self, n_tokens: float) -> int:
        """Wait for a place and for the buckets; the window that `leave` wants back."""
        if self.n_in_flight >= self.limit:
            await self._queue()
        else:
            self.n_in_flight += 1
        if self._requests is not None or self._tokens is not None:
            await self._pay(n_tokens)
        return self._window

    def leave(self, window: int, ending: Ending, n_tokens: float = 0.0) -> None:
        """Give the place back. `n_tokens` are tokens that only the reply revealed."""
        self.n_in_flight -= 1
        if ending == "ok":
            self._grow()
        elif ending == "rate" and window == self._window:
            self.limit = max(1, self.limit // 2)
            self._window += 1
            self._n_ok = 0
        if n_tokens and self._tokens is not None:
            self._tokens.take(n_tokens, self._clock.now_s())
        if self._waiters:
            self._wake()

    def _grow(self) -> None:
        if self.limit < self._max:
            self._n_ok += 1
            if self._n_ok >= self.limit:
                self.limit += 1
                self._n_ok = 0

    async def _queue(self) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place came together with the cancellation: pass it on
                self.n_in_flight -= 1
                self._wake()
            else:
                with suppress(ValueError):  # `_wake` may have dropped it already
                    self._waiters.remove(place)
            raise

    async def _pay(self, n_tokens: float) -> None:
        now_s = self._clock.now_s()
        wait_s = self._requests.take(1.0, now_s) if self._requests is not None else 0.0
        if self._tokens is not None:
            wait_s = max(wait_s, self._tokens.take(n_tokens, now_s))
        if wait_s > 0.0:
            try:
                await self._clock.sleep(wait_s)
            except asyncio.CancelledError:
                self.leave(self._window, "other")
                raise

    def _wake(self) -> None:
        while self._waiters and self.n_in_flight < self.limit:
            place = self._waiters.popleft()
            if not place.done():
                self.n_in_flight += 1
                place.set_result(None)
