"""Days and values as places in a small chart: scales, ticks, paths in steps."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 520.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 28.0
MAX_X_TICKS, N_Y_TICKS = 4, 4


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Days and values to SVG units."""

    first: date
    n_days: int
    low: float
    high: float

    def x(self, day: date) -> float:
        share = (day - self.first).days / self.n_days if self.n_days else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def path(self, values: Sequence[tuple[date, float | None]]) -> str:
        """Steps: what was known after a night holds until the next one; broken where nothing is known."""
        parts, is_down = [], False
        for day, value in values:
            if value is not None:
                parts.append(f"H{self.x(day)}V{self.y(value)}" if is_down else f"M{self.x(day)} {self.y(value)}h0.01")
            is_down = value is not None
        return "".join(parts)

    def x_ticks(self) -> tuple[Tick, ...]:
        """First and last day and a few between, each once; with the year where it changes."""
        n = min(MAX_X_TICKS, self.n_days + 1)
        steps = [round(i * self.n_days / (n - 1)) for i in range(n)] if n > 1 else [0]
        days = [date.fromordinal(self.first.toordinal() + step) for step in dict.fromkeys(steps)]
        style = "{0.day} {0:%b}" if days[0].year == days[-1].year else "{0.day} {0:%b %y}"
        return tuple(Tick(self.x(day), style.format(day)) for day in days)

    def y_ticks(self, text: Callable[[float], str]) -> tuple[Tick, ...]:
        """Round values in the range."""
        return tuple(Tick(self.y(value), text(value)) for value in nice_values(self.low, self.high))


def scale_from_zero(days: Sequence[date], values: Sequence[float]) -> Scale:
    """Amounts: 0 is always shown, and a little room above the highest."""
    low, high = min(0.0, *values), max(0.0, *values)
    return _scale(days, low, high + 0.06 * (high - low) or 1.0)


def scale_of_shares(days: Sequence[date], values: Sequence[float]) -> Scale:
    """Shares saved: 0 and 1 are shown, and at most as much again below."""
    return _scale(days, max(-1.0, min(0.0, *values)), 1.0)


def scale_of_scores(days: Sequence[date], values: Sequence[float]) -> Scale:
    """Scores in [0, 1]: the part of it where something happens, at least 4 points of 100 wide."""
    room = max(0.02, 0.15 * (max(values) - min(values)))
    return _scale(days, max(0.0, min(values) - room), min(1.0, max(values) + room))


def nice_values(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 of a power of ten in a range, at most `N_Y_TICKS` + 1 of them; `low` is below `high`."""
    rough = (high - low) / N_Y_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((each * power for each in (1, 2, 5) if each * power >= rough), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _scale(days: Sequence[date], low: float, high: float) -> Scale:
    return Scale(days[0], (days[-1] - days[0]).days, low, high)
