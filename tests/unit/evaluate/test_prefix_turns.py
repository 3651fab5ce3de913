import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.core.ids import CandidateId, EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market, Rate
from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.prefix_turns import LIFETIME_S, PrefixTurns
from modelsearch.testing.factories import make_market, make_provider, make_rates, make_task
from tests.doubles import FakeClient, ok
from tests.unit.evaluate.live import Live, probe
from tests.unit.providers.doubles import FakeClock

WIRE = WireRequest(path="/x", body=b"plain", prefix="start", marked_body=b"marked")
HERE, WHO = EndpointId("m00"), CandidateId("m00")


def sent(turns: PrefixTurns) -> WireRequest:
    return turns.shared(HERE, WHO, WIRE)


def test_a_call_on_its_own_is_neither_marked_nor_waits() -> None:
    turns = PrefixTurns(FakeClock())
    turns.expect([WHO])
    alone = sent(turns)
    assert (alone.body, alone.prefix) == (b"plain", "")


def test_of_two_calls_both_are_marked_under_the_plain_key() -> None:
    turns = PrefixTurns(FakeClock())
    turns.expect([WHO, WHO])
    assert {(w.body, w.key_body, w.prefix) for w in (sent(turns), sent(turns))} == {(b"marked", b"plain", "start")}


def test_a_second_call_is_marked_within_the_lifetime_and_not_after() -> None:
    clock = FakeClock()
    turns = PrefixTurns(clock)
    assert sent(turns).body == b"plain"
    clock.now += LIFETIME_S - 1
    assert sent(turns).body == b"marked"
    clock.now += LIFETIME_S
    assert sent(turns).body == b"plain"


def cached_market(dialect: str = "anthropic_messages", provider_id: str = "p0") -> Market:
    market = make_market(1)
    rates = (*make_rates(), Rate(kind="cache_read", usd=Decimal("0.1")), Rate(kind="cache_write_5m", usd=Decimal(2)))
    changed = {
        name: replace(e, rates=rates, capabilities=frozenset({"prompt_cache"}), provider_id=ProviderId(provider_id))
        for name, e in market.endpoints.items()
    }
    provider = make_provider(provider_id, dialect=dialect, max_concurrency=8)
    return replace(market, endpoints=changed, providers={provider.id: provider})


def long_task() -> TaskSpec:
    prompt = Prompt(id="default", system="Rule. " * 600, user="{{ input }}")  # type: ignore[arg-type]
    return make_task(8, prompts=(prompt,))


def anthropic_ok(*_: object) -> RawReply:
    usage = b'{"input_tokens":9,"cache_read_input_tokens":1000,"output_tokens":1}'
    return RawReply(http_status=200, body=b'{"content":[{"type":"text","text":"yes"}],"usage":' + usage + b"}")


async def in_flight(live: Live, n_calls: int) -> None:
    for _ in range(200):
        if len(live.client.sent) == n_calls:
            return
        await asyncio.sleep(0)
    pytest.fail(f"expected {n_calls} calls, got {len(live.client.sent)}")


async def test_the_first_call_goes_alone_and_the_others_follow_its_answer() -> None:
    gate = asyncio.Event()
    live = Live(client=FakeClient(anthropic_ok, gate=gate), market=cached_market(), task=long_task())
    buying = asyncio.create_task(live.buy(probe("m00", 0, 1, 2, 3)))
    await in_flight(live, 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(live.client.sent) == 1
    gate.set()
    outcomes = await buying
    assert len(live.client.sent) == len(outcomes) == 4
    assert all(b"cache_control" in wire.body for wire, _ in live.client.sent)


async def test_where_the_first_call_fails_another_leads() -> None:
    def failing_first(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        return RawReply(http_status=400, body=b"{}") if number == 0 else anthropic_ok(number, wire, endpoint)

    live = Live(client=FakeClient(failing_first), market=cached_market(), task=long_task())
    outcomes = await live.buy(probe("m00", 0, 1, 2))
    assert sorted(o.status.value for o in outcomes) == ["error", "ok", "ok"]


async def test_what_is_bought_one_by_one_is_marked_from_the_second_call_on() -> None:
    live = Live(client=FakeClient(anthropic_ok), market=cached_market(), task=long_task())
    for column in range(3):
        await live.buy(probe("m00", column))
    assert [b"cache_control" in wire.body for wire, _ in live.client.sent] == [False, True, True]


async def test_without_a_shared_start_all_go_at_once() -> None:
    gate = asyncio.Event()
    live = Live(client=FakeClient(lambda *_: ok(), gate=gate))
    buying = asyncio.create_task(live.buy(probe("m00", 0, 1, 2)))
    await in_flight(live, 3)
    gate.set()
    assert len(await buying) == 3


async def test_an_endpoint_that_refuses_what_is_said_of_caches_is_asked_plainly() -> None:
    def refusing(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        if b"prompt_cache" in wire.body:
            refusal = b'{"error":{"message":"Unknown parameter: prompt_cache_options","code":"unknown_parameter"}}'
            return RawReply(http_status=400, body=refusal)
        return ok()

    market = cached_market("openai_chat", "openai")
    live = Live(client=FakeClient(refusing), market=market, task=long_task())
    outcomes = await live.buy(probe("m00", 0, 1, 2))
    assert [o.status.value for o in outcomes] == ["ok"] * 3
    assert [b"prompt_cache" in wire.body for wire, _ in live.client.sent].count(True) == 1
    assert live.ledger.spend().unknown_usd == 0
