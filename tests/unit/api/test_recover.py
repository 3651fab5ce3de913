from dataclasses import replace
from decimal import Decimal
from math import isnan

import pytest

from modelsearch.api.recover import (
    first_free_number,
    first_served_by,
    keep_replies,
    recover,
    release_unsold,
    settled_calls,
)
from modelsearch.core.candidate import Single
from modelsearch.core.errors import OverbilledError
from modelsearch.core.events import (
    CallReleased,
    CallReplied,
    CallReserved,
    CallSettled,
    CallUnknown,
    Event,
    OutcomeScored,
)
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.market import Rate
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.core.wire import RawReply
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import MemoryReplies
from tests.doubles import MemoryRecorder, ok_body
from tests.unit.evaluate.batches import market_with_batches
from tests.unit.evaluate.live import Live, two_providers

KEY = "ab" * 32


def reserved(name: str = "call-000001", usd: str = "1") -> CallReserved:
    return CallReserved(call_id=CallId(name), key=KEY, endpoint_id=EndpointId("m00"), amount_usd=Decimal(usd))


def replied(body: bytes, name: str = "call-000001") -> CallReplied:
    return CallReplied(call_id=CallId(name), http_status=200, body=body, latency_s=0.5)


def settled(name: str = "call-000001", status: Status = Status.OK, served_by: str = "m||") -> CallSettled:
    call = Call(
        id=CallId(name), key=KEY, endpoint_id=EndpointId("m00"), status=status, usage=Usage(input_tokens=10),
        cost_usd=Decimal("0.25"), latency_s=0.5, served_by=served_by,
    )  # fmt: skip
    return CallSettled(call=call)


def scored(name: str = "call-000001") -> OutcomeScored:
    outcome = Outcome(
        candidate_id=CandidateId("m00"), item_id=ItemId("i0000"), status=Status.OK, call_ids=(CallId(name),)
    )
    return OutcomeScored(outcome=outcome)


@pytest.mark.parametrize(
    ("events", "appended", "n_paid"),
    [
        ([reserved()], [], 0),
        ([reserved(), replied(ok_body())], ["CallSettled"], 1),
        ([reserved(), replied(b"<html>")], ["CallUnknown"], 0),
        ([reserved(), replied(ok_body()), settled()], [], 1),
        ([reserved(), replied(ok_body()), settled(), scored()], [], 0),
        ([reserved(), replied(b"?"), CallUnknown(call_id=CallId("call-000001"), reason="r")], [], 0),
        ([reserved(), CallReleased(call_id=CallId("call-000001"), reason="r")], [], 0),
    ],
)
def test_the_books_are_finished_from_wherever_the_kill_left_them(
    events: list[Event], appended: list[str], n_paid: int
) -> None:
    world = Live()
    found = recover(events, world.caller, world.market)
    assert world.recorder.names == appended
    assert len(found.paid) == n_paid
    assert world.client.sent == []
    whole = Ledger.from_events(Decimal(10), [*events, *world.recorder.events])
    assert whole.spend().reserved_usd == 0
    assert whole.spend().committed_usd <= 1


def test_a_settled_reply_keeps_the_cost_that_was_booked() -> None:
    world = Live()
    found = recover([reserved(), replied(ok_body("no")), settled()], world.caller, world.market)
    (answer,) = found.paid.values()
    assert (answer.call_id, answer.cost_usd, answer.reply.text) == ("call-000001", Decimal("0.25"), "no")


@pytest.mark.parametrize("is_settled", [True, False])
def test_what_came_in_a_batch_was_paid_at_its_price_and_is_served_at_that_of_calls(is_settled: bool) -> None:
    world = Live(market=market_with_batches())
    call = replace(reserved(), batch_id="ms-1")
    events: list[Event] = [call, replied(ok_body(n_input=100, n_output=10))]
    found = recover(events + [settled()] * is_settled, world.caller, world.market)
    (answer,) = found.paid.values()
    live = world.caller.prices.cost(world.market.endpoints[EndpointId("m00")], answer.reply.usage)
    assert answer.cost_usd == live
    assert answer.paid_usd == (Decimal("0.25") if is_settled else pytest.approx(live / 2, abs=Decimal("1e-11")))
    assert isnan(answer.latency_s)


def test_a_reply_that_costs_more_than_its_bound_stops_a_resumed_run_too() -> None:
    world = Live()
    with pytest.raises(OverbilledError, match="at most"):
        recover([reserved(usd="0.0000001"), replied(ok_body(n_input=10**7))], world.caller, world.market)
    assert world.recorder.names == ["CallSettled"]


def test_a_reply_whose_price_is_not_known_does_not_keep_a_run_from_going_on() -> None:
    market = two_providers()
    unknown = Rate(kind="input", usd=None)
    endpoints = {e.id: replace(e, rates=(unknown,)) for e in market.endpoints.values()}
    world = Live(market=replace(market, endpoints=endpoints))
    found = recover([reserved(), replied(ok_body())], world.caller, world.market)
    assert found.paid == {}
    assert world.recorder.names == ["Warned", "CallUnknown"]
    again = recover([reserved(), replied(ok_body()), settled()], world.caller, world.market)
    (answer,) = again.paid.values()
    assert answer.cost_usd == Decimal("0.25")


def test_a_replay_gives_back_what_it_had_not_sold() -> None:
    recorder = MemoryRecorder()
    events: list[Event] = [
        reserved("a"), settled("a"), reserved("b"), reserved("c"), CallReleased(call_id=CallId("c"), reason="r"),
        reserved("d"), CallReleased(call_id=CallId("d"), reason="r"), reserved("d"),
    ]  # fmt: skip
    release_unsold(events, recorder)
    assert [e.call_id for e in recorder.events if isinstance(e, CallReleased)] == ["b", "d"]
    release_unsold([*events, *recorder.events], recorder)
    assert len(recorder.events) == 2
    assert settled_calls(events) == {"a"}


def test_only_replies_worth_keeping_go_into_the_store_over_runs() -> None:
    replies = MemoryReplies()
    keep_replies([reserved(), replied(ok_body())], replies)
    keep_replies([reserved(), replied(ok_body()), settled(status=Status.REFUSED)], replies)
    assert replies.get(KEY) is None
    keep_replies([reserved(), replied(ok_body()), settled(status=Status.TRUNCATED)], replies)
    assert replies.get(KEY) == RawReply(http_status=200, body=ok_body(), latency_s=0.5)


def test_numbers_of_calls_go_on_above_all_that_were_used() -> None:
    assert first_free_number([]) == 1
    assert first_free_number([reserved("call-000003"), reserved("call-000012"), reserved("stored-ab")]) == 13


def test_the_first_good_answer_says_who_serves() -> None:
    events: list[Event] = [
        settled("a", Status.ERROR, "x||"), settled("b", served_by="m|h|1"), settled("c", served_by="other||"),
    ]  # fmt: skip
    pool = [Single(endpoint_id=EndpointId("m00"))]
    assert first_served_by(events, pool) == {"m00": "m|h|1"}
    stored = replace(scored().outcome, served_by="stored||")
    assert first_served_by([*events, OutcomeScored(outcome=stored)], pool) == {"m00": "stored||"}
    assert first_served_by([*events, OutcomeScored(outcome=replace(stored, served_by="||"))], pool) == {"m00": "m|h|1"}
