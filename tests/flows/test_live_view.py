"""The live picture: in terminals of every size, of hostile text, and cheap."""

import io
import time
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from flows.live import Progress, _Picture
from flows.live_pace import Pace, Pacer
from flows.live_state import About, LiveState
from flows.live_text import ASCII, Axis, Glyphs, clock, cut, glyphs_for, interval_bar, padded
from flows.live_view import Size, frame
from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.events import (
    CallReserved,
    CallSettled,
    CallUnknown,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    Warned,
)
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.core.search import Drop, Move
from modelsearch.report.plain import INVISIBLE
from tests.unit.report.results import HOSTILE

ABOUT = About(
    title="support", baseline_id="big", n_candidates=40, n_items=200, margin=0.02, budget_usd=Decimal(2), note=""
)
PACE = Pace(elapsed_s=83, calls_per_s=12.5, usd_per_s=0.01)


def scored(name: str, score: float | None, number: int = 0) -> OutcomeScored:
    status = Status.OK if score is not None else Status.ERROR
    return OutcomeScored(
        outcome=Outcome(
            candidate_id=CandidateId(name), item_id=ItemId(f"i{number}"), status=status, score=score,
            cost_usd=Decimal("0.001"),
        )
    )  # fmt: skip


def raced(n_racers: int = 30, n_items: int = 20, name: str = "provider/model-") -> LiveState:
    """A baseline that is right on 90 %, and others that are the better, the higher their number."""
    state = LiveState()
    state.expect(["quick_wins", "race", "confirm"])
    state.take(PhaseStarted(phase="quick_wins", spend_usd=Decimal(0)))
    state.take(PhaseClosed(phase="quick_wins", reason="a phase without calls"))
    state.take(PhaseStarted(phase="race", spend_usd=Decimal(2)))
    state.take(Move(phase="race", round=4))
    for number in range(n_items):
        state.take(scored("big", float(number % 10 > 0), number))
        for racer in range(n_racers):
            state.take(scored(f"{name}{racer}", float(number % n_racers <= racer), number))
    return state


def told(state: LiveState, columns: int = 80, rows: int = 24, glyphs: Glyphs | None = None) -> list[str]:
    lines = frame(state, ABOUT, PACE, Size(columns=columns, rows=rows), glyphs or Glyphs())
    return ["".join(segment.text for segment in line) for line in lines]


def test_it_says_phases_money_calls_and_time() -> None:
    state = raced()
    call = Call(
        id=CallId("c1"), key="k", endpoint_id=EndpointId("m"), status=Status.OK, usage=Usage(),
        cost_usd=Decimal("0.5"), latency_s=1.0,
    )  # fmt: skip
    for number in (1, 2, 3):
        amount = CallReserved(call_id=CallId(f"c{number}"), key="k", endpoint_id=EndpointId("m"), amount_usd=Decimal(1))
        state.take(amount)
    state.take(CallSettled(call=call))
    state.take(CallUnknown(call_id=CallId("c2"), reason="lost"))
    text = "\n".join(told(state, columns=120))
    assert text.startswith("support")
    assert "1:23" in text.splitlines()[0]
    assert "$0.50 of $2.00, 75.0 %, $1.00 unknown, at this pace for 0:50 more" in text
    assert "1 call, 12.5 a second" in text
    assert "1 in flight" in text
    assert "quick_wins" in text
    assert "race: round 5" in text


def test_the_baseline_stands_first_and_the_others_by_the_lower_end() -> None:
    rows = told(raced(n_racers=5))
    first = next(number for number, row in enumerate(rows) if row.startswith("="))
    assert rows[first].split()[1] == "big"
    assert [row.split("model-")[1][0] for row in rows[first + 1 : first + 6]] == ["4", "3", "2", "1", "0"]
    assert rows[first + 5].startswith("-")


def test_who_was_dropped_is_no_longer_in_the_race() -> None:
    state = raced(n_racers=5)
    state.take(Move(phase="race", round=5, drops=(Drop(candidate_id=CandidateId("provider/model-4"), reason="why"),)))
    rows = told(state)
    assert not any(row.startswith(("+", " ", "-")) and "provider/model-4 " in row for row in rows)
    assert any("dropped provider/model-4: why" in row for row in rows)
    assert any("39 in the pool, 1 dropped" in row for row in rows)


def test_a_composite_is_named_by_its_members() -> None:
    state = raced(n_racers=1)
    vote = Ensemble(members=(Single(endpoint_id=EndpointId("a/x")), Single(endpoint_id=EndpointId("b/y"))))
    state.take(Move(phase="race", round=5, additions=(vote,)))
    state.take(scored(vote.id, 1.0))
    assert any("x + y" in row for row in told(state))


@given(st.integers(1, 200), st.integers(1, 60), st.sampled_from([0, 1, 9, 60]), st.sampled_from([Glyphs(), ASCII]))
def test_it_fits_every_terminal(columns: int, rows: int, n_racers: int, glyphs: Glyphs) -> None:
    lines = told(STATES.setdefault(n_racers, raced(n_racers, n_items=2)), columns, rows, glyphs)
    assert 1 <= len(lines) <= max(1, rows - 1)
    assert all(cell_len(line) <= max(10, columns - 1) for line in lines)


STATES: dict[int, LiveState] = {}


@pytest.mark.parametrize("hostile", [*HOSTILE, "\N{CJK UNIFIED IDEOGRAPH-6A21}" * 60, "a\u0301" * 90, "[bold]x[/]"])
def test_a_strangers_text_cannot_break_it(hostile: str) -> None:
    state = raced(n_racers=3, name=hostile)
    state.take(Warned(code="x", subject=hostile, message=hostile))
    state.take(Move(phase="race", round=6, drops=(Drop(candidate_id=CandidateId(hostile), reason=hostile),)))
    state.take(PhaseClosed(phase="race", reason=hostile))
    for columns in (24, 80, 132):
        for line in told(state, columns):
            assert cell_len(line) <= columns - 1
            assert not {char for char in line if unicodedata.category(char) in INVISIBLE}


def test_without_unicode_it_is_ascii() -> None:
    assert glyphs_for("ascii") is ASCII
    assert glyphs_for("utf-8") == Glyphs()
    assert "".join(told(raced(), glyphs=glyphs_for("latin-1"))).isascii()


def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, is_coloured in (("NO_COLOR", False), ("SOMETHING_ELSE", True)):
        monkeypatch.setenv(name, "1")
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=True, color_system="standard", width=80, height=24)
        console.print(_Picture(Progress(about=ABOUT, console=console, state=raced())))
        assert ("\x1b[33m" in screen.getvalue()) is is_coloured
        monkeypatch.delenv(name)


def test_an_event_costs_microseconds_and_a_picture_milliseconds() -> None:
    started_s = time.process_time()
    state = raced(n_racers=200, n_items=50)
    per_event_s = (time.process_time() - started_s) / 10_000
    started_s = time.process_time()
    for _ in range(5):
        told(state)
    per_picture_s = (time.process_time() - started_s) / 5
    assert per_event_s < 100e-6  # measured 8e-6 on an idle core, half of it making the event
    assert per_picture_s < 0.05  # measured 0.003


def test_pace_is_that_of_the_last_half_minute() -> None:
    pacer = Pacer(started_s=0.0)
    for second in range(100):
        pace = pacer.look(float(second), 10 * second if second < 50 else 500, Decimal(second))
    assert pace.calls_per_s == 0.0
    assert pace.usd_per_s == pytest.approx(1.0)
    assert pace.lasts_s(Decimal(20)) == pytest.approx(20.0)
    assert pace.lasts_s(None) is None
    assert Pace().lasts_s(Decimal(20)) is None


def test_text_is_cut_where_it_tells_least() -> None:
    assert cut("provider/model-with-a-long-name@host-fp8", 20, Glyphs()) == "provid\N{HORIZONTAL ELLIPSIS}name@host-fp8"
    assert cell_len(padded("\N{CJK UNIFIED IDEOGRAPH-6A21}" * 9, 10, Glyphs())) == 10


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(8, 60))
def test_a_bar_is_as_wide_as_its_axis_and_holds_its_mean(low: float, mean: float, high: float, width: int) -> None:
    low, mean, high = sorted((low, mean, high))
    bar = interval_bar(mean, low, high, Axis(0.0, 1.0, width, level=0.5), ASCII)
    assert len(bar) == width
    assert bar.index("o") == round(mean * (width - 1))
    assert set(bar) <= set(" |-o:")


def test_a_clock_shows_hours_when_there_are_any() -> None:
    assert [clock(s) for s in (0, 83, 3723, -1)] == ["0:00", "1:23", "1:02:03", "0:00"]
