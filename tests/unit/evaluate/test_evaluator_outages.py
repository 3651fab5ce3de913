"""Outages, endpoints that are of no use, crashes: what is asked again, what is not, and that the books close."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from modelsearch.core.errors import NoAnswerError, QuotaError
from modelsearch.core.events import CallReserved, CallSettled, CallUnknown, OutcomeScored, Warned
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.patience import MAX_PAUSES
from modelsearch.evaluate.unanswered import MAX_TRIES
from modelsearch.providers.client import ProviderClient
from modelsearch.testing.factories import make_task
from tests.doubles import FakeClient, ok, ok_body
from tests.unit.evaluate.live import FixedCosts, Live, probe, two_providers
from tests.unit.evaluate.test_evaluator import right
from tests.unit.providers.doubles import FakeClock
from tests.unit.providers.scripted import Script, down, make_script

REFUSED = RawReply(http_status=0, is_sent=False, failure="connection refused")
DOWN = RawReply(http_status=503, body=b'{"error":{"message":"down"}}')
PAUSED = RawReply(http_status=0, is_sent=False, n_attempts=0, failure="provider p1 is down", wait_s=30.0)
GONE = RawReply(http_status=404, body=b'{"error":{"message":"no such model"}}')
INCAPABLE = RawReply(
    http_status=400, body=b'{"error":{"code":"unsupported_parameter","message":"no","param":"temperature"}}'
)
Answers = Callable[[int, WireRequest, Endpoint], "RawReply | Exception"]


def only(name: str, reply: RawReply) -> Answers:
    """One endpoint answers this, the others are right."""
    return lambda number, wire, endpoint: reply if endpoint.id == name else right(number, wire, endpoint)


def warned(world: Live) -> list[tuple[str, str]]:
    return [(e.code, e.subject) for e in world.recorder.events if isinstance(e, Warned)]


def statuses(found: list[Outcome]) -> list[Status]:
    return [outcome.status for outcome in found]


def alone(world_client: FakeClient, **parts: object) -> Live:
    """One worker an account, so that what is in flight is one call."""
    market = two_providers()
    providers = {k: replace(p, max_concurrency=1) for k, p in market.providers.items()}
    return Live(client=world_client, market=replace(market, providers=providers), **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("reply", [REFUSED, DOWN, RawReply(http_status=429)])
async def test_what_was_not_billed_stays_open_for_three_rounds_and_is_then_lost(reply: RawReply) -> None:
    world = Live(client=FakeClient(only("m02", reply)))
    for n_tries in range(1, MAX_TRIES + 1):
        found = await world.buy(probe("m00", n_tries), probe("m02", 0, 1))
        is_last = n_tries == MAX_TRIES
        assert statuses(found[1:]) == [Status.ERROR if is_last else Status.NOT_RUN] * 2
        assert len(world.client.sent) == n_tries * (1 + 2 * 2)
    assert world.known.is_known(CandidateId("m02"), world.task.items[0].id, 0)
    assert world.ledger.spend().unknown_usd == 0
    await world.buy(probe("m02", 0, 1))
    assert len(world.client.sent) == MAX_TRIES * 5


async def test_one_failed_call_is_asked_once_more_in_the_same_round() -> None:
    world = alone(FakeClient(lambda number, wire, endpoint: DOWN if number == 0 else right(number, wire, endpoint)))
    found = await world.buy(probe("m00", 0, 1, 2))
    assert statuses(found) == [Status.OK] * 3
    assert len(world.client.sent) == 4
    assert world.clock.slept == []


def down_until(until_s: float) -> tuple[Live, list[float]]:
    """p1 answers ten calls, is down for a while, and back; when it was asked while it was down."""
    asked_s: list[float] = []

    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        if endpoint.provider_id == "p1" and world.clock.now < until_s and number > 9:
            asked_s.append(world.clock.now)
            return PAUSED
        return right(number, wire, endpoint)

    world = Live(client=FakeClient(answer), task=make_task(40), baseline_id=CandidateId("m02"))
    return world, asked_s


async def test_a_pause_of_the_baseline_is_waited_out_and_the_round_is_whole() -> None:
    world, asked_s = down_until(45.0)
    await world.buy(probe("m02", *range(10)))
    found = await world.buy(probe("m00", *range(40)), probe("m02", *range(40)))
    assert statuses(found) == [Status.OK] * 80
    assert world.clock.now == pytest.approx(60.0)
    assert warned(world) == [("call-failed", "m02"), ("paused", "p1")]
    assert asked_s == [0.0] * 16 + [30.0]  # a worker each, then a single probe


async def test_where_others_answer_the_search_goes_on_marks_who_is_down_and_comes_back_to_it() -> None:
    world, asked_s = down_until(45.0)
    object.__setattr__(vars(world.evaluator)["_plugs"], "baseline_id", CandidateId("m00"))
    await world.buy(probe("m02", *range(10)))
    for first in range(0, 4 * MAX_TRIES, 4):  # more rounds than an item has tries: who is not asked loses none
        found = await world.buy(probe("m00", *range(first, first + 4)), probe("m02", *range(40)))
        assert statuses(found) == [Status.OK] * 14 + [Status.NOT_RUN] * 30
    assert world.clock.now < 30.0
    await world.clock.sleep(30.0)
    await world.buy(probe("m00", *range(20, 24)), probe("m02", *range(40)))
    assert len(asked_s) == 16 + 1  # a worker each, then a single probe
    await world.clock.sleep(30.0)
    found = await world.buy(probe("m00", *range(24, 28)), probe("m02", *range(40)))
    assert statuses(found) == [Status.OK] * 44
    told = [(code, subject) for code, subject in warned(world) if code != "call-failed"]
    assert told == [("paused", "p1"), ("set-aside", "m02"), ("answers-again", "m02")]
    assert world.ledger.spend().unknown_usd == 0


async def test_pauses_end_and_what_is_open_then_does_not_hold_up_later_rounds() -> None:
    world = Live(client=FakeClient(lambda number, *_: PAUSED if number > 9 else ok()), task=make_task(40))
    await world.buy(probe("m02", *range(10)))
    for _ in range(2):
        found = await world.buy(probe("m02", *range(10, 40)))
        assert statuses(found) == [Status.NOT_RUN] * 30
        assert world.clock.now == pytest.approx(30.0 * MAX_PAUSES)


async def test_the_other_endpoints_of_an_account_go_on_while_one_is_set_aside() -> None:
    order: list[str] = []

    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        if endpoint.id == "m00" and world.clock.now < 30.0:
            return PAUSED
        order.append(endpoint.id)
        return right(number, wire, endpoint)

    world = alone(FakeClient(answer), baseline_id=CandidateId("m00"))
    found = await world.buy(probe("m00", 0, 1), probe("m01", 0, 1))
    assert statuses(found) == [Status.OK] * 4
    assert order == ["m01", "m01", "m00", "m00"]


async def test_an_outage_of_more_than_a_minute_costs_no_outcome_through_the_real_client() -> None:
    clock = FakeClock()

    def answers() -> Script:
        return make_script(*[httpx_ok] * 10, lambda: down() if clock.now < 70.0 else httpx_ok())

    market = replace(two_providers(), endpoints=dict(list(two_providers().endpoints.items())[:1]))
    world = Live(market=market, task=make_task(60), clock=clock, baseline_id=CandidateId("m00"))
    client = ProviderClient(market, {}, clock=clock, transport_factory=lambda _: answers())
    object.__setattr__(world.caller, "client", client)
    found = await world.buy(probe("m00", *range(60)))
    assert statuses(found) == [Status.OK] * 60
    assert clock.now >= 70.0
    assert world.ledger.spend().unknown_usd == 0


def httpx_ok() -> httpx.Response:
    return httpx.Response(200, content=ok_body("yes"))


async def test_a_baseline_that_stays_down_stops_and_nothing_of_it_is_journalled() -> None:
    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        return PAUSED if endpoint.id == "m00" and number > 20 else right(number, wire, endpoint)

    world = Live(client=FakeClient(answer), task=make_task(40), baseline_id=CandidateId("m00"))
    with pytest.raises(NoAnswerError, match=r"the baseline 'm00' in \d+ of 40 calls .*modelsearch resume"):
        await world.buy(probe("m00", *range(40)))
    scored = [e.outcome for e in world.recorder.events if isinstance(e, OutcomeScored)]
    assert {o.status for o in scored} == {Status.OK}


@pytest.mark.parametrize(
    ("reply", "code", "told"),
    [(GONE, "endpoint-gone", "no such model"), (INCAPABLE, "endpoint-incapable", "parameter temperature")],
)
async def test_an_endpoint_of_no_use_is_called_once_and_warned_of_once(reply: RawReply, code: str, told: str) -> None:
    world = alone(FakeClient(only("m02", reply)))
    for columns in ((0, 1, 2), (3, 4)):
        found = await world.buy(probe("m00", *columns), probe("m02", *columns))
        assert statuses(found[len(columns) :]) == [Status.ERROR] * len(columns)
        assert {o.score for o in found[len(columns) :]} == {None}
    assert sum(endpoint.id == "m02" for _, endpoint in world.client.sent) == 1
    assert warned(world) == [(code, "m02")]
    assert told in next(e.message for e in world.recorder.events if isinstance(e, Warned))
    assert world.evaluator.bound_usd([probe("m02", 5)], world.candidates) == [[0]]
    assert len(world.recorder.of(CallReserved)) == len(world.client.sent)


async def test_a_baseline_that_is_gone_stops() -> None:
    world = alone(FakeClient(only("m00", GONE)), baseline_id=CandidateId("m00"))
    with pytest.raises(NoAnswerError, match="no such model"):
        await world.buy(probe("m00", *range(8)), probe("m02", *range(8)))


async def test_a_crash_stops_all_workers_and_goes_up_once_the_calls_in_flight_are_booked() -> None:
    gate = asyncio.Event()

    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply | Exception:
        return RuntimeError("boom sk-secret") if number == 3 else right(number, wire, endpoint)

    market = two_providers()
    providers = {k: replace(p, max_concurrency=3) for k, p in market.providers.items()}
    world = Live(client=FakeClient(answer, gate=gate), market=replace(market, providers=providers))
    running = asyncio.create_task(world.buy(probe("m00", *range(8)), probe("m02", *range(8))))
    for _ in range(20):
        await asyncio.sleep(0)
    gate.set()
    with pytest.raises(RuntimeError, match="boom"):
        await running
    n_sent = len(world.client.sent)
    assert n_sent < 12
    assert len(world.recorder.of(CallSettled)) == len(world.recorder.of(OutcomeScored)) == n_sent - 1
    (unknown,) = world.recorder.of(CallUnknown)
    assert isinstance(unknown, CallUnknown)
    assert unknown.reason == "RuntimeError"
    assert world.ledger.spend().reserved_usd == 0


async def test_a_stop_wakes_those_who_wait_out_a_pause() -> None:
    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply | Exception:
        if endpoint.provider_id == "p1":
            return replace(PAUSED, wait_s=900.0)
        return QuotaError("p0: no money left") if world.clock.now >= 3.0 else replace(PAUSED, wait_s=3.0)

    world = alone(FakeClient(answer))
    with pytest.raises(QuotaError):
        await world.buy(probe("m00", 0), probe("m02", 0))
    assert world.clock.now < 10.0


@pytest.mark.parametrize(
    ("body", "n_calls"),
    [
        (b'{"error":{"code":429,"message":"slow down"}}', 1),
        (b'{"error":{"message":"boom"}}', 2),
        (b'{"error":{"code":502,"message":"upstream"}}', 2),
        (b'{"error":{"code":404,"message":"no such model"}}', 1),
    ],
)
async def test_an_error_inside_a_200_is_repeated_once_at_most_and_each_call_is_held(body: bytes, n_calls: int) -> None:
    world = Live(client=FakeClient(lambda *_: RawReply(http_status=200, body=body)), costs=FixedCosts(Decimal(2)))
    (found,) = await world.buy(probe("m00", 0))
    assert (found.status, found.spend_usd) == (Status.ERROR, Decimal(0))
    assert len(world.client.sent) == len(world.recorder.of(CallUnknown)) == n_calls
    assert world.ledger.spend().unknown_usd == 2 * n_calls
    assert len(world.clock.slept) == n_calls - 1


async def test_a_rate_limit_inside_a_200_is_held_once_through_the_real_client() -> None:
    script = make_script(lambda: httpx.Response(200, json={"error": {"code": 429, "message": "slow down"}}))
    world = Live(costs=FixedCosts(Decimal(2)))
    client = ProviderClient(world.market, {}, clock=world.clock, transport_factory=lambda _: script)
    object.__setattr__(world.caller, "client", client)
    (found,) = await world.buy(probe("m00", 0))
    assert (found.status, len(script.asked)) == (Status.ERROR, 6)
    assert world.ledger.spend().unknown_usd == 2


async def test_tokens_without_a_price_are_held_at_the_bound_and_warned_of() -> None:
    market = two_providers()
    unknown = Rate(kind="reasoning", usd=None)
    endpoints = {e.id: replace(e, rates=(*e.rates, unknown)) for e in market.endpoints.values()}
    body = (
        b'{"model":"m","choices":[{"message":{"content":"yes"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":9,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":4}}}'
    )
    world = Live(
        client=FakeClient(lambda *_: RawReply(http_status=200, body=body)),
        market=replace(market, endpoints=endpoints),
        costs=FixedCosts(Decimal(2)),
    )
    found = await world.buy(probe("m00", 0, 1))
    assert statuses(found) == [Status.ERROR] * 2
    assert {o.spend_usd for o in found} == {Decimal(0)}
    assert world.ledger.spend().unknown_usd == 4
    assert len(world.client.sent) == 2
    assert [w for w in warned(world) if w[0] == "price-unknown"] == [("price-unknown", "m00")]


@pytest.mark.parametrize("status", [504, 524])
async def test_a_gateways_timeout_is_held_and_asked_again_as_a_call_of_its_own(status: int) -> None:
    slow = RawReply(http_status=status, body=b"<html>")
    world = Live(client=FakeClient(lambda number, *_: ok("yes") if number == 2 else slow), costs=FixedCosts(Decimal(2)))
    (found,) = await world.buy(probe("m00", 0))
    assert found.status is Status.OK
    assert world.ledger.spend().unknown_usd == 4
    assert len(world.recorder.of(CallReserved)) == 3
