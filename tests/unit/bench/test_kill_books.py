from decimal import Decimal

import pytest

from bench.kill_books import books_of
from modelsearch.core.events import CallReleased, CallReserved, CallSettled, Event, OutcomeScored
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.emulator.bill import LogLine
from modelsearch.testing.factories import make_market

MARKET = make_market(1)
USD = Decimal("0.5")


def _reserved(name: str) -> CallReserved:
    return CallReserved(call_id=CallId(name), key="k", endpoint_id=EndpointId("m00"), amount_usd=Decimal(1))


def _settled(name: str) -> CallSettled:
    call = Call(
        id=CallId(name), key="k", endpoint_id=EndpointId("m00"), status=Status.OK, usage=Usage(), cost_usd=USD,
        latency_s=0.0,
    )  # fmt: skip
    return CallSettled(call=call)


def _scored(name: str) -> OutcomeScored:
    return OutcomeScored(
        outcome=Outcome(
            candidate_id=CandidateId("m00"), item_id=ItemId("i"), status=Status.OK, score=1.0, call_ids=(CallId(name),)
        )
    )


def _charged(cost_usd: Decimal = USD) -> LogLine:
    return LogLine(
        at_s=0.0, provider="p0", model="m00", host="", item="i", prompt="p", attempt=0, status=200, cost_usd=cost_usd
    )


LIFE: list[Event] = [_reserved("a"), _settled("a"), _scored("a")]


def test_a_call_in_flight_at_a_kill_may_be_charged_once_more() -> None:
    books = books_of([_reserved("lost"), *LIFE], [_charged(), _charged()], MARKET)
    assert books.faults == []
    assert (books.n_settled, books.n_unknown, books.n_charged, books.n_paid_again) == (1, 1, 2, 1)
    assert (books.settled_usd, books.unknown_usd, books.bill_usd) == (USD, Decimal(1), 2 * USD)


@pytest.mark.parametrize(
    ("events", "log", "fault"),
    [
        (LIFE, [_charged(), _charged(Decimal("1e-9"))], "charged 2 times"),
        (LIFE, [], "is outside settled"),
        (LIFE, [_charged(2 * USD)], "is outside settled"),
        ([*LIFE, CallReleased(call_id=CallId("a"), reason="")], [_charged()], "is in two lists"),
        ([*LIFE, _settled("a")], [_charged()], "is in two lists"),
        ([_settled("a"), _scored("a")], [_charged()], "was never reserved"),
    ],
)
def test_each_breach_of_the_books_is_told(events: list[Event], log: list[LogLine], fault: str) -> None:
    assert any(fault in told for told in books_of(events, log, MARKET).faults)
