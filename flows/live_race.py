"""The race as rows of text bars: who is in the pool, how good so far, on how many items, at what cost."""

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from rich.style import Style

from flows.live_state import About, LiveState, Racer
from flows.live_text import Axis, Glyphs, Line, cut, cut_end, interval_bar, padded
from modelsearch.report.numbers import amount, points
from modelsearch.stats.intervals import wilson

SOFT, PLAIN = Style(dim=True), Style.null()
STYLES = {"=": Style(color="yellow"), "+": Style(color="green"), "-": Style(color="red"), " ": PLAIN}
"""By the mark of a row, which says the same without colour."""
HEADS = ("  quality so far, at 95 % each", "  quality so far", "  quality")
WIDE, MIDDLE = 76, 48
"""Columns from which on there is room for all, and for a bar."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A racer with its interval: 95 %, of each alone; the verdicts rest on more than that."""

    racer: Racer
    mean: float
    low: float
    high: float
    is_baseline: bool = False


def race_lines(state: LiveState, about: About, width: int, n_lines: int, glyphs: Glyphs) -> list[Line]:
    """Head, rows and what did not fit: exactly as many lines as fit into `n_lines`.

    The baseline first, then those whose interval begins highest, the cheaper first of equals. The mark before a name:
    `=` the baseline, `+` all of the interval within the margin of the baseline's mean or above, `-` all of it below.
    """
    if n_lines < 3:
        return []
    runners = _runners(state, about)
    shown = runners[: n_lines - 2]
    base = runners[0].mean if runners and runners[0].is_baseline else None
    axis = _axis(shown, base, width)
    told = _tail(state, about, len(runners) - len(shown))
    told += "" if base is not None or not about.baseline_id else ", the baseline not asked yet"
    return [
        [Segment(cut(_head(axis, width, glyphs), width, glyphs), SOFT)],
        *([Segment(*part) for part in _row(runner, base, about, axis, width, glyphs)] for runner in shown),
        [Segment(cut_end(told, width, glyphs), SOFT)],
    ]


def _runners(state: LiveState, about: About) -> list[Runner]:
    racers = [(i, r) for i, r in state.racers.items() if r.n_items and (not r.is_dropped or i == about.baseline_id)]
    if not racers:
        return []
    n = np.array([racer.n_items for _, racer in racers], dtype=float)
    mean = np.array([racer.score_sum for _, racer in racers]) / n
    n_total = max(about.n_items, float(n.max()))
    low, high = wilson(mean, n, n_total)
    found = [
        Runner(racer, float(m), float(lo), float(hi), candidate_id == about.baseline_id)
        for (candidate_id, racer), m, lo, hi in zip(racers, mean, low, high, strict=True)
    ]
    return sorted(found, key=lambda each: (not each.is_baseline, -each.low, _cost(each.racer), each.racer.name))


def _cost(racer: Racer) -> float:
    return float(racer.cost_usd) / max(1, racer.n_items + racer.n_unscored)


def _axis(shown: list[Runner], base: float | None, width: int) -> Axis:
    low = min((each.low for each in shown), default=0.0)
    return Axis(np.floor(10 * min(low, 0.9)) / 10, 1.0, max(8, min(40, width - 59)), base)


def _name_width(axis: Axis, width: int) -> int:
    if width >= WIDE:
        return width - axis.width - 29
    return width - axis.width - 18 if width >= MIDDLE else width - 9


def _head(axis: Axis, width: int, glyphs: Glyphs) -> str:
    name_width = _name_width(axis, width) + 2
    title = next((each for each in HEADS if len(each) <= name_width), HEADS[-1])
    name = padded(title, name_width, glyphs)
    if width < MIDDLE:
        return f"{name} {'points':>6}"
    left, right = points(axis.low).removesuffix(".0"), points(axis.high).removesuffix(".0")
    scale = left + right.rjust(axis.width - len(left))
    cost = f" {'$ per 1k':>10}" if width >= WIDE else ""
    return f"{name} {scale} {'points':>6} {'items':>6}{cost}"


def _row(
    runner: Runner, base: float | None, about: About, axis: Axis, width: int, glyphs: Glyphs
) -> list[tuple[str, Style]]:
    racer, mark = runner.racer, _mark(runner, base, about.margin)
    name = padded(racer.name, _name_width(axis, width), glyphs)
    score = f"{points(runner.mean):>6}"
    style = STYLES[mark]
    if width < MIDDLE:
        return [(f"{mark} {name} ", style), (score, PLAIN)]
    bar = interval_bar(runner.mean, runner.low, runner.high, axis, glyphs)
    cost = f" {amount(round(1000 * _cost(racer), 6)):>10}" if width >= WIDE else ""
    return [(f"{mark} {name} ", style), (bar, style), (f" {score} {racer.n_items:>6,}{cost}", PLAIN)]


def _mark(runner: Runner, base: float | None, margin: float) -> str:
    if runner.is_baseline:
        return "="
    if base is None:
        return " "
    return "+" if runner.low >= base - margin else "-" if runner.high < base - margin else " "


def _tail(state: LiveState, about: About, n_hidden: int) -> str:
    n_pool = about.n_candidates + state.n_added - state.n_dropped
    parts = [f"{n_hidden} more measured"] if n_hidden > 0 else []
    parts += [
        f"{n_pool} in the pool" if about.n_candidates else "",
        f"{state.n_dropped} dropped" if state.n_dropped else "",
    ]
    return "  " + ", ".join(part for part in parts if part)
