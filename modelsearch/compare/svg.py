"""Lines with bands as a small SVG: no library, readable in any browser, printable."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 210, 24, 48
COLOURS = ("#1b6ca8", "#c8553d", "#3d8b5f", "#8a5aa8", "#b8860b", "#4a4a4a", "#2a9d8f", "#d1495b", "#6c757d", "#7a6c5d")
DASHES = ("", "6 3", "2 3")
"""With the colours these tell thirty lines apart, also in print."""


DIAGONAL_TICKS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on a line; `low` and `high` are its band, NaN = none."""

    x: float
    y: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A named line."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to draw.

    Attributes:
        is_log_x: logarithmic abscissa; all x must then be above 0.
        is_diagonal: draw y = x, where that is what is right.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    y_low: float
    y_high: float
    is_log_x: bool = True
    is_diagonal: bool = False


def chart_svg(chart: Chart) -> str:
    """The SVG of a chart, its text escaped; places whose y is NaN are left out."""
    xs = sorted({point.x for line in chart.lines for point in line.points})
    frame = _Frame(chart, xs[0] if xs else 1.0, xs[-1] if xs else 1.0)
    parts = [*_grid(chart, frame, xs)]
    for place, line in enumerate(chart.lines):
        parts += _drawn(frame, line, place)
    text = "".join(parts)
    label = f'role="img" aria-label="{escape(chart.title)}"'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {label} xmlns="http://www.w3.org/2000/svg">{text}</svg>'


class _Frame:
    """From data to places on the page."""

    def __init__(self, chart: Chart, x_low: float, x_high: float) -> None:
        self._of = math.log10 if chart.is_log_x else float
        self._x_low, self._x_high = self._of(x_low), self._of(x_high)
        self._y_low, self._y_high = chart.y_low, chart.y_high

    def x(self, value: float) -> float:
        span = self._x_high - self._x_low
        share = (self._of(value) - self._x_low) / span if span > 0 else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = (min(max(value, self._y_low), self._y_high) - self._y_low) / (self._y_high - self._y_low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _grid(chart: Chart, frame: _Frame, xs: Sequence[float]) -> list[str]:
    end, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in _y_ticks(chart.y_low, chart.y_high):
        y = frame.y(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{end}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    at = [(frame.x(tick), f"{tick:g}") for tick in xs if not chart.is_diagonal]
    at += [
        (frame.x(tick), f"{tick:g}") for tick in DIAGONAL_TICKS if chart.is_diagonal and xs and xs[0] <= tick <= xs[-1]
    ]
    parts += [f'<text class="tick" x="{x}" y="{bottom + 18}" text-anchor="middle">{text}</text>' for x, text in at]
    if chart.is_diagonal and len(xs) > 1:
        ends = f'x1="{frame.x(xs[0])}" y1="{frame.y(xs[0])}" x2="{frame.x(xs[-1])}" y2="{frame.y(xs[-1])}"'
        parts.append(f'<line class="right" {ends}/>')
    middle = (LEFT + end) / 2
    parts.append(
        f'<text class="label" x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(chart.x_label)}</text>'
    )
    parts.append(f'<text class="label" x="{LEFT}" y="{TOP - 8}">{escape(chart.y_label)}</text>')
    return parts


def _y_ticks(low: float, high: float) -> list[float]:
    """Round values, about five."""
    step = 0.5 if high - low > 1.2 else 0.2 if high - low > 0.5 else 0.1
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 6) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _drawn(frame: _Frame, line: Line, place: int) -> list[str]:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place // len(COLOURS) % len(DASHES)]
    points = [point for point in line.points if not math.isnan(point.y)]
    banded = [point for point in points if not math.isnan(point.low)]
    edge = [f"{frame.x(p.x)},{frame.y(p.high)}" for p in banded]
    edge += [f"{frame.x(p.x)},{frame.y(p.low)}" for p in reversed(banded)]
    path = " ".join(f"{frame.x(p.x)},{frame.y(p.y)}" for p in points)
    y = TOP + 6 + 18 * place
    end = WIDTH - RIGHT + 14
    parts = [f'<polygon points="{" ".join(edge)}" fill="{colour}" opacity="0.1"/>'] if len(banded) > 1 else []
    parts.append(
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    )
    for p in points:
        told = f"{line.name}: {p.y:.3f} at {p.x:g}"
        parts.append(f'<circle cx="{frame.x(p.x)}" cy="{frame.y(p.y)}" r="3" fill="{colour}">')
        parts.append(f"<title>{escape(told)}</title></circle>")
    parts.append(f'<line x1="{end}" x2="{end + 22}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2" ')
    parts.append(f'stroke-dasharray="{dash}"/>')
    parts.append(f'<text class="tick" x="{end + 28}" y="{y + 4}">{escape(line.name[:26])}</text>')
    return parts
