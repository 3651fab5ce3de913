"""Quality against cost as coordinates of a small SVG, drawn by the template: logarithmic cost, intervals upright."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Estimate
from modelsearch.report.numbers import amount, interval_points, points
from modelsearch.report.plain import clean
from modelsearch.report.standing import Standing
from modelsearch.stats.pareto import front

WIDTH, HEIGHT = 760.0, 400.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 20.0, 40.0, 48.0
MAX_LABEL_CHARS = 44
MAX_FRONT_WIDTH = 0.5
"""Score units: a mean of one or two items is luck, and its interval as wide as half of all there is."""
MAX_DECADES = 7
"""The axis of cost spans no more: a single price of next to nothing would press all others together."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A candidate: place and interval in SVG units; `kind` is its style, `title` what a pointer shows.

    The label stands above the recommended one's interval and below the baseline's, so that the two never meet.
    """

    x: float
    y: float
    y_low: float
    y_high: float
    kind: str
    title: str
    label: str
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything to draw, baseline and recommended last so that they lie on top.

    Attributes:
        front: corners (x, y) of the stairs below which somebody measured is cheaper and no worse, or better and no
            dearer, by the means; from the cheapest to the right edge. Those outside the task's limits make no front,
            nor those of whom next to nothing is known (`MAX_FRONT_WIDTH`).
    """

    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    baseline_y: float | None
    front: tuple[tuple[float, float], ...] = ()
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class _Frame:
    """Data range of both axes: log10 USD per 1,000 items, score."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, usd_per_1k: float) -> float:
        value = max(self.x_low, math.log10(usd_per_1k)) if usd_per_1k > 0 else self.x_low
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, score: float) -> float:
        share = (score - self.y_low) / (self.y_high - self.y_low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def plot_of(found: Sequence[Standing]) -> Plot | None:
    """The plot of all candidates whose quality and cost are known; None with fewer than two.

    A cost of 0 lies at the left edge, since a logarithm has no place for it, and so does one too small for the axis.
    """
    shown = [(s, s.estimate) for s in found if s.estimate is not None and _is_drawable(s.estimate)]
    if len(shown) < 2:
        return None
    frame = _frame([estimate for _, estimate in shown])
    dots = [_dot(frame, standing, estimate) for standing, estimate in reversed(shown)]
    base = next((dot.y for dot in dots if "baseline" in dot.kind), None)
    return Plot(tuple(dots), _x_ticks(frame), _y_ticks(frame), base, _stairs(frame, [e for _, e in shown]))


def front_ids(found: Sequence[Standing]) -> frozenset[CandidateId]:
    """Who lies on the front that `plot_of` draws."""
    shown = [s.estimate for s in found if s.estimate is not None and _is_drawable(s.estimate)]
    usable = [e for e in shown if e.is_feasible]
    points = np.array([[_per_1k(e), -e.quality.mean] for e in usable if e.quality]).reshape(-1, 2)
    return frozenset(e.candidate_id for e, is_best in zip(usable, front(points), strict=True) if is_best)


def _stairs(frame: _Frame, estimates: Sequence[Estimate]) -> tuple[tuple[float, float], ...]:
    usable = [e for e in estimates if e.is_feasible and e.quality and e.quality.high - e.quality.low < MAX_FRONT_WIDTH]
    points = np.array([[_per_1k(e), -e.quality.mean] for e in usable if e.quality]).reshape(-1, 2)
    corners: list[tuple[float, float]] = []
    for per_1k, loss in np.unique(points[front(points)], axis=0):
        x, y = frame.x(float(per_1k)), frame.y(-float(loss))
        corners += [(x, corners[-1][1]), (x, y)] if corners else [(x, y)]
    return (*corners, (WIDTH - RIGHT, corners[-1][1])) if corners else ()


def _is_drawable(estimate: Estimate) -> bool:
    cost, quality = estimate.cost_usd, estimate.quality
    if cost is None or quality is None or not math.isfinite(cost.mean) or cost.mean < 0:
        return False
    return all(math.isfinite(value) for value in (quality.mean, quality.low, quality.high))


def _per_1k(estimate: Estimate) -> float:
    return 1000 * estimate.cost_usd.mean if estimate.cost_usd else 0.0


def _frame(estimates: Sequence[Estimate]) -> _Frame:
    logs = [math.log10(_per_1k(e)) for e in estimates if _per_1k(e) > 0] or [0.0]
    least = max(min(logs), max(logs) - MAX_DECADES)
    pad = max(0.08 * (max(logs) - least), 0.15)
    bounds = [value for e in estimates if e.quality for value in (e.quality.low, e.quality.high)]
    low, high = max(0.0, math.floor(10 * min(bounds)) / 10), min(1.0, math.ceil(10 * max(bounds)) / 10)
    return _Frame(least - pad, max(logs) + pad, low, high if high > low else low + 0.1)


def _dot(frame: _Frame, standing: Standing, estimate: Estimate) -> Dot:
    quality = estimate.quality
    mean, low, high = (quality.mean, quality.low, quality.high) if quality else (0.0, 0.0, 0.0)
    per_1k, name = _per_1k(estimate), clean(standing.label)
    x = frame.x(per_1k)
    return Dot(
        x=x,
        y=frame.y(mean),
        y_low=frame.y(low),
        y_high=frame.y(high),
        kind=_kind(standing),
        title=f"{name}: quality {interval_points(quality)}, {amount(per_1k)} USD per 1,000 items; {standing.verdict}",
        label=_label(name) if "recommended" in standing.role or "baseline" in standing.role else "",
        label_y=frame.y(low) + 16 if standing.role == "baseline" else _above(frame.y(high)),
        anchor="end" if x > (LEFT + WIDTH - RIGHT) / 2 else "start",
    )


def _above(y: float) -> float:
    """Where a label stands above an interval; near the top it leaves the frame, where it would hide the best dots."""
    return y - 7 if y > TOP + 22 else TOP - 8


def _kind(standing: Standing) -> str:
    if standing.role and standing.role != "runner-up":
        return "recommended baseline" if "(" in standing.role else standing.role
    return "dropped" if standing.drop else "live"


def _label(name: str) -> str:
    return name if len(name) <= MAX_LABEL_CHARS else f"{name[: MAX_LABEL_CHARS - 1]}\N{HORIZONTAL ELLIPSIS}"


def _x_ticks(frame: _Frame) -> tuple[Tick, ...]:
    decades = range(math.floor(frame.x_low), math.ceil(frame.x_high) + 1)
    steps = (1,) if frame.x_high - frame.x_low > 3 else (1, 2, 5)
    values = [step * 10.0**decade for decade in decades for step in steps]
    inside = [v for v in values if frame.x_low <= math.log10(v) <= frame.x_high]
    return tuple(Tick(frame.x(v), f"{v:,.10f}".rstrip("0").rstrip(".") if v > 1e-9 else f"{v:.0e}") for v in inside)


def _y_ticks(frame: _Frame) -> tuple[Tick, ...]:
    first, last = round(10 * frame.y_low), round(10 * frame.y_high)
    step = 2 if last - first > 6 else 1
    scores = [k / 10 for k in range(first + first % step, last + 1, step)]
    return tuple(Tick(frame.y(score), points(score).removesuffix(".0")) for score in scores)
