"""Rate limits as providers keep them: a bucket by model that fills all the time, told in the headers of each reply."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from modelsearch.emulator.wire import WireFormat
from modelsearch.emulator.wire_anthropic import AnthropicWire
from modelsearch.emulator.wire_google import GoogleWire

HeaderPairs = tuple[tuple[bytes, bytes], ...]


class Standing(NamedTuple):
    """Of one model after a request: how many are left of `limit`, and in how many seconds all are there again.

    `wait_s`: until there is one again; 0 where the request was let in.
    """

    limit: int
    n_left: int
    reset_s: float
    wait_s: float


@dataclass(kw_only=True)
class RateLimiter:
    """Lets `limit` requests of a model in within `period_s`, as a bucket that fills all the time."""

    limit: int
    period_s: float = 60.0
    clock_s: Callable[[], float] = time.monotonic
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, model: str) -> Standing:
        """A request has come."""
        now_s, rate = self.clock_s(), self.limit / self.period_s
        level, at_s = self._levels.get(model, (float(self.limit), now_s))
        level = min(float(self.limit), level + (now_s - at_s) * rate)
        is_in = level >= 1.0
        wait_s = 0.0 if is_in else (1.0 - level) / rate
        level -= is_in
        self._levels[model] = level, now_s
        return Standing(self.limit, math.floor(level), (self.limit - level) / rate, wait_s)


def rate_headers(wire: WireFormat, standing: Standing) -> HeaderPairs:
    """As the format's provider tells it: durations, moments, or nothing at all."""
    values = {"limit": str(standing.limit), "remaining": str(standing.n_left)}
    if isinstance(wire, GoogleWire):
        return ()
    if isinstance(wire, AnthropicWire):
        moment = datetime.now(UTC) + timedelta(seconds=standing.reset_s)
        values["reset"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return tuple((f"anthropic-ratelimit-requests-{role}".encode(), text.encode()) for role, text in values.items())
    minutes, seconds = divmod(standing.reset_s, 60.0)
    values["reset"] = f"{minutes:.0f}m{seconds:.3f}s" if minutes else f"{seconds * 1000:.0f}ms"
    return tuple((f"x-ratelimit-{role}-requests".encode(), text.encode()) for role, text in values.items())
