"""The picture of a search in a terminal of any size, from its state: a pure function of what is known.

Every text of a stranger was cleaned when it was counted in, and is put into segments that are printed as they are: no
markup is read, no escape is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from flows.live_pace import Pace
from flows.live_race import race_lines
from flows.live_state import About, LiveState, PhaseLine
from flows.live_text import Glyphs, Line, clock, cut, cut_end, filled
from modelsearch.report.numbers import amount, counted, percent

BOLD, SOFT = Style(bold=True), Style(dim=True)
GOOD, BAD = Style(color="green"), Style(color="red")
MAX_NEWS = 6
SMALL_ROWS = 10
"""A terminal with fewer rows has no room for the race."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of the terminal, in columns and rows; a line is one column shorter, so that no terminal wraps it."""

    columns: int
    rows: int

    @property
    def width(self) -> int:
        """Columns of a line."""
        return max(10, self.columns - 1)


def frame(state: LiveState, about: About, pace: Pace, size: Size, glyphs: Glyphs) -> list[Line]:
    """At most `size.rows` - 1 lines of at most `size.width` columns each."""
    width, n_rows = size.width, max(1, size.rows - 1)
    lines = [_title(about, pace, width, glyphs), _money(state, about, pace, width, glyphs)]
    lines += [_calls(state, pace, width, glyphs), _phases(state, width, glyphs)]
    if n_rows >= SMALL_ROWS:
        n_news = min(MAX_NEWS, max(1, n_rows // 4 - 1))
        room = n_rows - len(lines) - n_news - 2
        lines += [[], *race_lines(state, about, width, room, glyphs)]
        lines += [[], *_news(state, n_rows - len(lines) - 1, width, glyphs)]
    return lines[:n_rows]


def _title(about: About, pace: Pace, width: int, glyphs: Glyphs) -> Line:
    told = clock(pace.elapsed_s)
    title = cut(about.title or "opening", width - cell_len(told) - 1, glyphs)
    gap = " " * (width - cell_len(title) - cell_len(told))
    return [Segment(title, BOLD), Segment(gap), Segment(told, SOFT)]


def _money(state: LiveState, about: About, pace: Pace, width: int, glyphs: Glyphs) -> Line:
    spent = f"${amount(state.spend_usd)}"
    if about.budget_usd is None:
        return [Segment(cut(f"spent {spent}", width, glyphs))]
    taken = state.spend_usd + state.unknown_usd
    share = float(taken / about.budget_usd) if about.budget_usd else 0.0
    told = f" {spent} of ${amount(about.budget_usd)}, {percent(share)}{about.note}"
    told += f", ${amount(state.unknown_usd)} unknown" if state.unknown_usd else ""
    lasts_s = pace.lasts_s(about.budget_usd - taken)
    left = f", at this pace for {clock(lasts_s)} more" if lasts_s is not None and lasts_s < 100 * 3600 else ""
    told += left if len("spent ") + cell_len(told + left) + 8 <= width else ""
    full, empty = filled(share, max(0, min(24, width - len("spent ") - cell_len(told))), glyphs)
    return _fitted([Segment("spent "), Segment(full, GOOD), Segment(empty, SOFT), Segment(told)], width, glyphs)


def _calls(state: LiveState, pace: Pace, width: int, glyphs: Glyphs) -> Line:
    parts = [f"{counted(state.n_calls, 'call')}, {pace.calls_per_s:.1f} a second"]
    parts += [f"{len(state.reserved)} in flight"] if state.reserved else []
    parts += [f"{counted(len(state.batches), 'batch')} under way".replace("batchs", "batches")] if state.batches else []
    parts.append(counted(state.n_outcomes, "outcome"))
    parts += [counted(len(state.notes), "note")] if state.notes else []
    return [Segment(cut(f" {glyphs.dot} ".join(parts), width, glyphs))]


def _phases(state: LiveState, width: int, glyphs: Glyphs) -> Line:
    """The plan; where it is too long, what is over is only counted, and what is ahead is cut."""
    told = [_phase(each, glyphs) for each in state.phases]
    n_over = sum(each.state == "done" for each in state.phases)
    if sum(cell_len(segment.text) + 2 for segment in told) > width and n_over:
        told = [Segment(f"{glyphs.done} {n_over} over", SOFT), *told[n_over:]]
    spaced = [part for segment in told for part in (Segment("  "), segment)][1:]
    return _fitted(spaced, width, glyphs)


def _phase(line: PhaseLine, glyphs: Glyphs) -> Segment:
    if line.state == "done":
        return Segment(f"{glyphs.done} {line.name}", SOFT)
    if line.state == "ahead":
        return Segment(f"{glyphs.ahead} {line.name}", SOFT)
    left = f", {line.n_dropped} dropped" if line.n_dropped else ""
    return Segment(f"{glyphs.running} {line.name}: round {line.n_rounds}{left}", BOLD)


def _news(state: LiveState, n_lines: int, width: int, glyphs: Glyphs) -> Iterator[Line]:
    latest = list(state.news)[-n_lines:] if n_lines > 0 else []
    for _, text in latest:
        yield [Segment(cut_end(text, width, glyphs), SOFT)]


def _fitted(segments: Line, width: int, glyphs: Glyphs) -> Line:
    """As many as fit; the one that crosses the edge is cut."""
    fitted: Line = []
    for text, style, _ in segments:
        left = width - sum(cell_len(segment.text) for segment in fitted)
        if left <= 0:
            break
        fitted.append(Segment(cut_end(text, left, glyphs), style))
    return fitted
