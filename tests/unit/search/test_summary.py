from decimal import Decimal

from modelsearch.core.candidate import Ensemble
from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed, Warned
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Drop, Move
from modelsearch.search.summary import phase_summaries

VOTE = Ensemble(members=())


def drop(name: str, strategy: str) -> Drop:
    return Drop(candidate_id=CandidateId(name), reason="r", strategy=strategy)


def bought(usd: str) -> OutcomeScored:
    return OutcomeScored(
        outcome=Outcome(candidate_id=CandidateId("m"), item_id=ItemId("i"), status=Status.OK, spend_usd=Decimal(usd))
    )


EVENTS: list[Event] = [
    PhaseStarted(phase="a", spend_usd=Decimal(1)),
    Move(phase="a", round=0, drops=(drop("x", "racing"), drop("y", "racing"), drop("z", "keys"))),
    RoundClosed(phase="a", round=0),
    PhaseClosed(phase="a", reason="enough"),
    PhaseStarted(phase="b", spend_usd=Decimal(1)),
    Move(phase="b", round=0, additions=(VOTE,)),
    bought("0.1"),
    Warned(code="c", subject="s", message="m"),
    bought("0.02"),
    RoundClosed(phase="b", round=0),
    Move(phase="b", round=1, drops=(drop("w", "racing"),)),
]


def test_each_phase_is_a_line_of_the_funnel() -> None:
    first, second = phase_summaries(EVENTS, 10)
    assert (first.n_started, first.n_left, first.n_rounds, first.reason) == (10, 7, 1, "enough")
    assert first.drops_by_strategy == {"racing": 2, "keys": 1}
    assert (second.n_started, second.n_added, second.n_left) == (7, 1, 7)
    assert (second.n_rounds, second.n_outcomes, second.spend_usd) == (1, 2, Decimal("0.12"))
    assert second.reason == "under way"


def test_a_phase_begun_twice_is_one_line() -> None:
    events = [EVENTS[0], *EVENTS]
    assert phase_summaries(events, 10) == phase_summaries(EVENTS, 10)


def test_no_events_are_no_lines() -> None:
    assert phase_summaries([], 10) == ()
