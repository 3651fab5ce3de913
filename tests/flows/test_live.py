"""What a person sees while a search runs."""

import io
import unicodedata
from decimal import Decimal

import pytest
from rich.console import Console

from flows.live import Progress, can_move
from flows.live_state import About
from modelsearch.core.events import (
    BatchClosed,
    BatchSent,
    CallSettled,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
    Warned,
)
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.core.search import Drop, Move
from modelsearch.report.plain import INVISIBLE
from tests.unit.report.results import HOSTILE


def settled(usd: str) -> CallSettled:
    call = Call(
        id=CallId("call-1"), key="k", endpoint_id=EndpointId("m00"), status=Status.OK, usage=Usage(),
        cost_usd=Decimal(usd), latency_s=0.1,
    )  # fmt: skip
    return CallSettled(call=call)


SCORED = OutcomeScored(
    outcome=Outcome(candidate_id=CandidateId("m00"), item_id=ItemId("i0"), status=Status.OK, score=1.0)
)
DROP = Drop(candidate_id=CandidateId("m01"), reason="r", remedy="m", strategy="s")
STORY: list[Event] = [
    PhaseStarted(phase="smart", spend_usd=Decimal(1)),
    Move(phase="smart", round=0, drops=(DROP,)),
    settled("0.25"),
    SCORED,
    RoundClosed(phase="smart", round=0),
]


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(screen: io.StringIO, clock: Clock) -> Progress:
    return Progress(
        about=About(budget_usd=Decimal(5)), console=Console(file=screen, width=200, highlight=False), clock=clock
    )


def test_a_closed_phase_says_what_it_did(progress: Progress, screen: io.StringIO) -> None:
    for event in STORY:
        progress.watch(event)
    assert screen.getvalue() == ""
    progress.watch(PhaseClosed(phase="smart", reason="nothing more to ask"))
    assert (
        screen.getvalue() == "  smart, 1 round: 1 outcome, $0.2500 of $5.0000 spent, 1 dropped; nothing more to ask\n"
    )


def test_a_log_gets_a_line_every_ten_seconds_and_no_more(progress: Progress, screen: io.StringIO, clock: Clock) -> None:
    for event in STORY:
        progress.watch(event)
    for number in range(100):
        clock.now_s = number / 4
        progress.watch(settled("0.001"))
    lines = screen.getvalue().splitlines()
    assert [line.split(",")[2].strip() for line in lines] == ["$0.2910 of $5.0000 spent", "$0.3310 of $5.0000 spent"]
    assert all(line.startswith("  smart, 1 round: ") for line in lines)


def test_a_warning_is_told_at_once_as_it_is_and_once(progress: Progress, screen: io.StringIO) -> None:
    for _ in range(3):
        progress.watch(Warned(code="call-failed", subject="m00", message="HTTP 500 [red]not markup[/red]"))
    assert screen.getvalue() == "  note: m00: HTTP 500 [red]not markup[/red]\n"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_strangers_text_cannot_move_a_log(progress: Progress, screen: io.StringIO, hostile: str) -> None:
    progress.watch(Warned(code="call-failed", subject=hostile, message=hostile))
    progress.watch(PhaseStarted(phase=hostile, spend_usd=Decimal(1)))
    progress.watch(Move(phase=hostile, round=0, drops=(DROP,)))
    progress.watch(PhaseClosed(phase=hostile, reason=hostile))
    lines = screen.getvalue()
    assert lines.count("\n") == 2
    assert not {char for char in lines if unicodedata.category(char) in INVISIBLE} - {"\n"}


def test_a_resumed_search_counts_its_earlier_life_in_silence(progress: Progress, screen: io.StringIO) -> None:
    progress.restore([*STORY, Warned(code="k", subject="s", message="old news")])
    assert screen.getvalue() == ""
    progress.watch(settled("0.25"))
    progress.watch(PhaseClosed(phase="smart", reason="done"))
    assert "$0.5000 of $5.0000 spent" in screen.getvalue()


def test_outside_a_terminal_nothing_moves(progress: Progress, screen: io.StringIO) -> None:
    with progress:
        for event in STORY:
            progress.watch(event)
    assert screen.getvalue() == ""


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, is_moving in (("dumb", False), ("unknown", False), ("xterm", True)):
        monkeypatch.setenv("TERM", name)
        assert can_move(Console(file=io.StringIO(), force_terminal=True)) is is_moving


def test_batches_are_told_once_and_counted_while_they_are_under_way(progress: Progress, screen: io.StringIO) -> None:
    for name in ("a", "b"):
        progress.watch(BatchSent(batch_id=name, at_s=0.0))
    assert screen.getvalue().count("batches go out") == 1
    assert "2 batches under way" in progress._told()
    for name in ("a", "b"):
        progress.watch(BatchClosed(batch_id=name, reason="collected"))
    assert "batches" not in progress._told()
