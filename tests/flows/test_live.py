"""What a person sees while a search runs."""

import io
from decimal import Decimal

import pytest
from rich.console import Console

from flows.live import Progress
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


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(screen: io.StringIO) -> Progress:
    return Progress(budget_usd=Decimal(5), console=Console(file=screen, width=200, highlight=False))


def test_a_closed_phase_says_what_it_did(progress: Progress, screen: io.StringIO) -> None:
    for event in STORY:
        progress.watch(event)
    assert screen.getvalue() == ""
    progress.watch(PhaseClosed(phase="smart", reason="nothing more to ask"))
    assert screen.getvalue() == "  smart: 1 outcome, $0.2500 of $5.0000 spent, 1 dropped; nothing more to ask\n"


def test_every_fifth_round_is_a_line_in_a_log(progress: Progress, screen: io.StringIO) -> None:
    progress.watch(STORY[0])
    for number in range(11):
        progress.watch(Move(phase="smart", round=number))
        progress.watch(RoundClosed(phase="smart", round=number))
    assert [line.split(":")[0].strip() for line in screen.getvalue().splitlines()] == [
        "smart, round 4",
        "smart, round 9",
    ]


def test_a_warning_is_told_at_once_and_as_it_is(progress: Progress, screen: io.StringIO) -> None:
    progress.watch(Warned(code="call-failed", subject="m00", message="HTTP 500 [red]not markup[/red]"))
    assert screen.getvalue() == "  note: m00: HTTP 500 [red]not markup[/red]\n"


def test_a_resumed_search_counts_its_earlier_life_in_silence(progress: Progress, screen: io.StringIO) -> None:
    progress.restore([*STORY, Warned(code="k", subject="s", message="old news")])
    assert screen.getvalue() == ""
    progress.watch(settled("0.25"))
    progress.watch(PhaseClosed(phase="smart", reason="done"))
    assert "$0.5000 of $5.0000 spent" in screen.getvalue()


def test_outside_a_terminal_nothing_moves(progress: Progress) -> None:
    with progress as entered:
        assert entered._spinner is None


def test_batches_are_told_once_and_counted_while_they_are_under_way(progress: Progress, screen: io.StringIO) -> None:
    for name in ("a", "b"):
        progress.watch(BatchSent(batch_id=name, at_s=0.0))
    assert screen.getvalue().count("batches go out") == 1
    assert "2 batches under way" in progress._told()
    for name in ("a", "b"):
        progress.watch(BatchClosed(batch_id=name, reason="collected"))
    assert "batches" not in progress._told()
