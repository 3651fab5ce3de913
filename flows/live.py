"""Progress for people, from the events of a search: a picture that moves in a terminal, steady lines in a log.

In a terminal the picture is drawn by a thread of its own, at most four times a second and so seldom that drawing takes
less than 1 % of a core; when it ends, however it ends, the picture goes and the lines that were said stay.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.segment import Segment

from flows.live_pace import Pacer
from flows.live_state import About, LiveState
from flows.live_text import glyphs_for
from flows.live_view import Size, frame
from modelsearch.core.events import BatchSent, Event, PhaseClosed, Warned
from modelsearch.report.numbers import counted
from modelsearch.report.plain import clean

DRAW_S = 0.25
"""The least time between two pictures."""
MAX_SHARE = 0.008
"""Of a core, that drawing may take: the rest of 1 % is for counting events."""
LINE_S = 10.0
"""In a log: the least time between two lines of one phase."""


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


@dataclass
class Progress:
    """Watches a search; give `watch` to `Opening.watch`.

    Attributes:
        about: what is known of the search before it begins; set when it is.
        clock: seconds, monotonic.
    """

    about: About = field(default_factory=About)
    console: Console = field(default_factory=_stderr)
    clock: Callable[[], float] = time.monotonic
    state: LiveState = field(default_factory=LiveState)
    _pacer: Pacer = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _screen: "_Screen | None" = None
    _said_s: float = 0.0
    _has_told_batches: bool = False

    def __post_init__(self) -> None:
        self._said_s = self.clock()
        self._pacer = Pacer(started_s=self._said_s)

    def __enter__(self) -> Self:
        if can_move(self.console):
            self._screen = _Screen(self)
            self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._take_down()

    def stop(self) -> None:
        """Somebody has stopped the search, which takes some seconds to end: the picture goes at once."""
        self._take_down()
        self.say("stopping: calls in flight are cancelled, what is paid is written down (Ctrl-C again: at once)")

    def _take_down(self) -> None:
        screen, self._screen = self._screen, None
        if screen is not None:
            screen.stop()
            for note in self.state.notes:
                self.say(f"  note: {note}")

    def say(self, text: str) -> None:
        """One line that stays."""
        self.console.print(text, markup=False, soft_wrap=True)

    def begin(self, about: About, phases: Sequence[str]) -> None:
        """What is searched, and the phases that its plan has."""
        self.about = about
        self.state.expect(phases)

    def restore(self, events: Iterable[Event]) -> None:
        """Take in what an earlier life of the search did, without a word."""
        for event in events:
            self.state.take(event)
        self.state.notes.clear()

    def watch(self, event: Event) -> None:
        """Take in an event that is durable, and show where the search is."""
        n_notes = len(self.state.notes)
        with self._lock:
            self.state.take(event)
        if isinstance(event, Warned) and self._screen is None and len(self.state.notes) > n_notes:
            self.say(f"  note: {next(reversed(self.state.notes))}")
        elif isinstance(event, BatchSent) and not self._has_told_batches:
            self._has_told_batches = True
            self.say("  batches go out; stop at any moment, `modelsearch resume` collects what is back by then")
        elif isinstance(event, PhaseClosed):
            self._say_phase(f"; {clean(event.reason)}")
        elif self._screen is None and self.clock() - self._said_s >= LINE_S:
            self._say_phase("")

    def lines(self, size: Size) -> list[list[Segment]]:
        """The picture as it is now."""
        pace = self._pacer.look(self.clock(), self.state.n_calls, self.state.spend_usd)
        with self._lock:
            return frame(self.state, self.about, pace, size, glyphs_for(self.console.encoding))

    def _say_phase(self, why: str) -> None:
        line, self._said_s = self.state.phase, self.clock()
        if self.state.n_outcomes or line.n_dropped:
            self.say(f"  {line.name}, {counted(line.n_rounds, 'round')}: {self._told()}{why}")

    def _told(self) -> str:
        state, budget_usd = self.state, self.about.budget_usd
        of = "" if budget_usd is None else f" of ${budget_usd:.4f}"
        parts = [
            counted(state.n_outcomes, "outcome"),
            f"${state.spend_usd:.4f}{of} spent",
            f"{state.phase.n_dropped} dropped",
        ]
        if state.phase.n_added:
            parts.append(f"{counted(state.phase.n_added, 'ensemble')} added")
        if state.batches:
            parts.append(f"{len(state.batches)} batches under way")
        return ", ".join(parts)


def can_move(console: Console) -> bool:
    """Whether a picture may move there: a terminal that can go back, and nobody who wants lines."""
    return console.is_terminal and not console.is_dumb_terminal


class _Picture:
    """What rich draws: our lines, as they are when it asks, for the size that it has then."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = self._progress.lines(Size(columns=options.max_width, rows=console.size.height))
        for number, line in enumerate(lines):
            if number:
                yield Segment.line()
            yield from line


class _Screen:
    """Draws in a thread of its own until it is stopped; a fault of drawing ends the drawing, never the search."""

    def __init__(self, progress: Progress) -> None:
        self._live = Live(_Picture(progress), console=progress.console, auto_refresh=False, transient=True)
        self._console = progress.console
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="live view", daemon=True)

    def start(self) -> None:
        self._live.start()
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(timeout=5)
        self._live.stop()

    def _draw(self) -> None:
        wait_s, columns = DRAW_S, self._console.size.width
        while not self._is_over.wait(wait_s):
            before_s = time.thread_time()
            if self._console.size.width < columns:
                # what was drawn wider was wrapped by the terminal: nobody can say where it stands now
                self._console.control(Control.clear(), Control.home())
            columns = self._console.size.width
            try:
                self._live.refresh()
            except Exception:  # noqa: BLE001 - the terminal is gone, or we drew badly: the search is worth more
                return
            wait_s = max(DRAW_S, (time.thread_time() - before_s) / MAX_SHARE)
