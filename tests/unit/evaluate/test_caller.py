import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from modelsearch.core.errors import CatalogError, KeyMissingError, OverbilledError, QuotaError, StoppedError
from modelsearch.core.events import CallReleased, CallReplied, CallReserved, CallSettled, CallUnknown
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.outcome import Status, Usage
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.caller import Answer
from modelsearch.store.replies import MemoryReplies
from tests.doubles import FakeClient, MemoryRecorder, ok
from tests.unit.evaluate.live import Live

KEY = "ab" * 32
WIRE = WireRequest(path="/chat/completions", body=b"{}")
BOUND = Decimal(1)


def live(answer: RawReply | Exception, **parts: object) -> Live:
    return Live(client=FakeClient(lambda _number, _wire, _endpoint: answer), **parts)  # type: ignore[arg-type]


async def call(world: Live, bound: Decimal = BOUND) -> Answer | None:
    return await world.caller.call(world.market.endpoints[EndpointId("m00")], KEY, WIRE, bound)


def kinds(world: Live) -> list[str]:
    return world.recorder.names


async def test_a_call_is_reserved_before_it_is_sent_and_its_reply_kept_before_it_is_booked() -> None:
    world = live(ok("yes", n_input=1000, n_output=50))
    seen: list[list[str]] = []
    world.client.before = lambda: seen.append(list(world.recorder.names))
    answer = await call(world)
    assert seen == [["CallReserved"]]
    assert kinds(world) == ["CallReserved", "CallReplied", "CallSettled"]
    reserved, replied, settled = world.recorder.events
    assert isinstance(reserved, CallReserved)
    assert isinstance(replied, CallReplied)
    assert isinstance(settled, CallSettled)
    assert (reserved.call_id, reserved.key, reserved.amount_usd) == ("call-1", KEY, BOUND)
    assert (replied.http_status, replied.latency_s) == (200, 0.5)
    assert settled.call.usage == Usage(input_tokens=1000, output_tokens=50)
    assert answer is not None
    assert answer.reply.text == "yes"
    assert world.ledger.spend().settled_usd == settled.call.cost_usd == answer.cost_usd > 0
    assert world.ledger.spend().reserved_usd == 0
    assert world.replies.get(KEY) is not None


async def test_a_call_beyond_the_budget_is_neither_journalled_nor_sent() -> None:
    world = live(ok(), budget_usd=Decimal("0.5"))
    assert await call(world) is None
    assert (kinds(world), world.client.sent) == ([], [])


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_an_error_status_is_not_billed(status: int) -> None:
    world = live(RawReply(http_status=status, body=b'{"error":{"message":"nope"}}'))
    answer = await call(world)
    assert answer is not None
    assert (answer.reply.status, answer.cost_usd, answer.is_unknown) == (Status.ERROR, Decimal(0), False)
    assert f"HTTP {status}" in answer.reply.error
    assert kinds(world) == ["CallReserved", "CallReleased"]
    assert world.ledger.spend().committed_usd == 0


async def test_never_sent_is_not_billed() -> None:
    world = live(RawReply(http_status=0, is_sent=False, failure="connection refused"))
    answer = await call(world)
    assert answer is not None
    assert answer.reply.error == "connection refused"
    assert kinds(world) == ["CallReserved", "CallReleased"]
    assert world.ledger.spend().committed_usd == 0


@pytest.mark.parametrize(
    ("failure", "status"), [("read timeout after 120 s", Status.TIMEOUT), ("connection reset", Status.ERROR)]
)
async def test_sent_and_not_answered_may_have_been_billed(failure: str, status: Status) -> None:
    world = live(RawReply(http_status=0, is_sent=True, failure=failure))
    answer = await call(world)
    assert answer is not None
    assert (answer.reply.status, answer.is_unknown) == (status, True)
    assert kinds(world) == ["CallReserved", "CallUnknown"]
    assert world.ledger.spend().unknown_usd == BOUND


@pytest.mark.parametrize("body", [b"<html>gateway</html>", b"", b"[]", b"{}", b'{"choices":[]}', b"\xff\xfe"])
async def test_a_200_that_cannot_be_read_may_have_been_billed(body: bytes) -> None:
    world = live(RawReply(http_status=200, body=body))
    answer = await call(world)
    assert answer is not None
    assert (answer.reply.status, answer.is_unknown, answer.cost_usd) == (Status.ERROR, True, Decimal(0))
    assert kinds(world) == ["CallReserved", "CallReplied", "CallUnknown"]
    assert isinstance(replied := world.recorder.events[1], CallReplied)
    assert replied.body == body
    assert world.ledger.spend().unknown_usd == BOUND
    assert world.replies.get(KEY) is None


async def test_an_error_inside_a_200_without_usage_may_have_been_billed() -> None:
    world = live(RawReply(http_status=200, body=b'{"error":{"message":"upstream overloaded","code":502}}'))
    answer = await call(world)
    assert answer is not None
    assert answer.is_unknown
    assert "upstream overloaded" in answer.reply.error


@pytest.mark.parametrize(
    "error", [QuotaError("p0: no money left"), KeyMissingError("p0: no key"), CatalogError("p0: no URL")]
)
async def test_what_was_surely_not_sent_or_served_is_given_back(error: Exception) -> None:
    world = live(error)
    with pytest.raises(type(error)):
        await call(world)
    assert [type(e) for e in world.recorder.events] == [CallReserved, CallReleased]
    assert world.ledger.spend().committed_usd == 0


@pytest.mark.parametrize(("error", "reason"), [(QuotaError("p0: no money"), "p0: no money"), (OSError("k"), "OSError")])
async def test_what_may_have_been_served_is_held_whatever_goes_wrong(error: Exception, reason: str) -> None:
    if isinstance(error, StoppedError):
        error.is_perhaps_billed = True
    world = live(error)
    with pytest.raises(type(error)):
        await call(world)
    assert [type(e) for e in world.recorder.events] == [CallReserved, CallUnknown]
    assert isinstance(unknown := world.recorder.events[-1], CallUnknown)
    assert unknown.reason == reason
    assert world.ledger.spend().unknown_usd == BOUND


async def test_a_cancelled_call_is_held() -> None:
    world = Live(client=FakeClient(gate=asyncio.Event()))
    running = asyncio.create_task(call(world))
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert kinds(world) == ["CallReserved", "CallUnknown"]
    assert world.ledger.spend().reserved_usd == 0
    assert world.ledger.spend().unknown_usd == BOUND


async def test_more_billed_than_bound_stops_once_the_truth_is_booked() -> None:
    world = live(ok(n_input=10_000_000))
    with pytest.raises(OverbilledError, match="call-1"):
        await call(world, Decimal("0.000001"))
    assert kinds(world) == ["CallReserved", "CallReplied", "CallSettled"]
    assert world.ledger.spend().settled_usd == world.settled_usd > Decimal("0.000001")
    assert world.replies.get(KEY) is not None


@pytest.mark.parametrize(("finish", "is_kept"), [("stop", True), ("length", True), ("content_filter", False)])
async def test_refusals_are_paid_and_not_kept_for_other_runs(finish: str, is_kept: bool) -> None:
    world = live(ok("no", finish=finish))
    await call(world)
    assert (world.replies.get(KEY) is not None) == is_kept
    assert world.ledger.spend().settled_usd > 0


async def test_a_stored_reply_costs_nothing_and_tells_its_serving_cost() -> None:
    world = live(ok("yes", n_input=1000))
    bought = await call(world)
    raw = world.replies.get(KEY)
    assert raw is not None
    assert bought is not None
    before = world.ledger.spend()
    again = world.caller.reused(world.market.endpoints[EndpointId("m00")], KEY, raw)
    assert (again.cost_usd, again.reply, again.latency_s) == (bought.cost_usd, bought.reply, bought.latency_s)
    assert world.ledger.spend() == before
    with pytest.raises(ValueError, match=r".+"):
        world.caller.reused(world.market.endpoints[EndpointId("m00")], KEY, RawReply(http_status=200, body=b"?"))


async def test_only_recorded_tables_may_tell_their_own_latency() -> None:
    told = RawReply(http_status=200, body=ok().body, headers={"x-recorded-latency-s": "77"}, latency_s=0.25)
    answer = await call(live(told))
    assert answer is not None
    assert answer.latency_s == 0.25


async def test_the_order_of_money_is_journal_first() -> None:
    """A kill between journal and ledger loses nothing: the ledger is recomputed from the journal."""
    world = live(ok())
    order: list[str] = []

    class Watched(MemoryRecorder):
        def append(self, event: object) -> None:
            order.append(type(event).__name__)
            super().append(event)  # type: ignore[arg-type]

    settle: Callable[[CallId, Decimal], None] = world.ledger.settle

    def watched(call_id: CallId, amount_usd: Decimal) -> None:
        order.append("settle")
        settle(call_id, amount_usd)

    world.ledger.settle = watched  # type: ignore[method-assign]
    object.__setattr__(world.caller, "recorder", Watched())
    await call(world)
    assert order == ["CallReserved", "CallReplied", "CallSettled", "settle"]


async def test_a_released_call_says_why_without_the_body_of_headers() -> None:
    world = live(RawReply(http_status=401, body=b"{}", headers={"authorization": "Bearer sk-secret"}))
    with_events = live(StoppedError("key refused"))
    await call(world)
    with pytest.raises(StoppedError):
        await call(with_events)
    for event in (*world.recorder.events, *with_events.recorder.events):
        assert "sk-secret" not in repr(event)
    assert isinstance(world.recorder.events[-1], CallReleased)
    assert CallUnknown not in {type(e) for e in world.recorder.events}
    assert isinstance(world.replies, MemoryReplies)
