"""How fast a search goes: calls and money over the last seconds, and what that leaves of the budget."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

WINDOW_S = 30.0
"""Pace is measured over so long: a round's pause between calls is not yet a standstill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Calls a second and USD a second, at least 0."""

    elapsed_s: float = 0.0
    calls_per_s: float = 0.0
    usd_per_s: float = 0.0

    def lasts_s(self, left_usd: Decimal | None) -> float | None:
        """Seconds until so much is spent; None where nobody can say."""
        if left_usd is None or self.usd_per_s <= 0 or left_usd < 0:
            return None
        return float(left_usd) / self.usd_per_s


@dataclass(slots=True)
class Pacer:
    """Looks at the counts now and then; `started_s` is on the clock that `look` is given."""

    started_s: float
    _seen: deque[tuple[float, int, float]] = field(default_factory=deque)

    def look(self, now_s: float, n_calls: int, spend_usd: Decimal) -> Pace:
        """The pace between this look and the oldest one of the window."""
        seen = self._seen
        seen.append((now_s, n_calls, float(spend_usd)))
        while len(seen) > 2 and now_s - seen[1][0] >= WINDOW_S:
            seen.popleft()
        then_s, n_before, usd_before = seen[0]
        span_s, elapsed_s = now_s - then_s, now_s - self.started_s
        if span_s <= 0:
            return Pace(elapsed_s=elapsed_s)
        return Pace(
            elapsed_s=elapsed_s,
            calls_per_s=(n_calls - n_before) / span_s,
            usd_per_s=max(0.0, (float(spend_usd) - usd_before) / span_s),
        )
