import asyncio
import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Cascade, Ensemble, Single
from modelsearch.core.errors import NoAnswerError, OverbilledError, QuotaError
from modelsearch.core.events import CallReserved, CallSettled, CallUnknown, OutcomeScored, Warned
from modelsearch.core.ids import CallId, CandidateId, EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.caller import MAX_CALLS_PER_OUTCOME
from modelsearch.evaluate.keys import call_key
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_task
from tests.doubles import FakeClient, ok, ok_body
from tests.unit.evaluate.live import FixedCosts, Live, probe, two_providers

SILENT = RawReply(http_status=0, is_sent=True, failure="read timeout")
DOWN = RawReply(http_status=503, body=b'{"error":{"message":"down"}}')


def single(name: str) -> Single:
    return Single(endpoint_id=EndpointId(name))


def prompt_of(wire: WireRequest) -> str:
    text: str = json.loads(wire.body)["messages"][-1]["content"]
    return text


def right(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
    """Always the right answer: yes on even items, no on odd ones."""
    return ok("no" if int(prompt_of(wire).split()[-1]) % 2 else "yes")


async def test_each_item_of_each_probe_has_an_outcome_in_order() -> None:
    world = Live(client=FakeClient(right))
    found = await world.buy(probe("m00", 0, 1), probe("m02", 1))
    assert [(o.candidate_id, o.item_id, o.score) for o in found] == [
        ("m00", "i0000", 1.0),
        ("m00", "i0001", 1.0),
        ("m02", "i0001", 1.0),
    ]
    assert all(o.status is Status.OK and o.spend_usd == o.cost_usd > 0 for o in found)
    assert sum(o.spend_usd for o in found) == world.ledger.spend().settled_usd == world.settled_usd
    assert [o.answer for o in found] == ["yes", "no", "no"]


async def test_a_cell_is_bought_once_whoever_asks_for_it() -> None:
    vote = Ensemble(members=(single("m01"), single("m02")))
    cascade = Cascade(legs=(single("m01"), single("m00")), thresholds=(0.5,))
    world = Live(client=FakeClient(right), composites=(vote, cascade))
    asked = (probe("m01", 0, 1), probe("m01", 1, 2), probe(vote.id, 0, 1), probe(cascade.id, 1))
    first = await world.buy(*asked)
    again = await world.buy(*asked, probe("m00", 1))
    cells = Counter((endpoint.id, prompt_of(wire)) for wire, endpoint in world.client.sent)
    assert set(cells.values()) == {1}
    assert len(cells) == 3 + 2 + 1
    assert len(first) == 7
    assert again[:7] == first
    scored = [e.outcome for e in world.recorder.events if isinstance(e, OutcomeScored)]
    assert len(scored) == len({(o.candidate_id, o.item_id) for o in scored}) == 6 + 3
    assert sum(o.spend_usd for o in scored) == world.ledger.spend().settled_usd


async def test_asked_twice_at_once_it_is_bought_once_in_one_evaluate() -> None:
    world = Live(client=FakeClient(right))
    await world.buy(probe("m00", 0, 0), probe("m00", 0))
    assert len(world.client.sent) == 1


async def test_repeats_are_calls_of_their_own() -> None:
    world = Live(client=FakeClient(right), task=make_task(4, n_repeats=3))
    found = await world.buy(probe("m00", 0))
    assert [o.repeat for o in found] == [0, 1, 2]
    assert len({e.key for e in world.recorder.events if isinstance(e, CallReserved)}) == 3


async def test_a_silent_call_is_tried_three_times_and_each_bound_stays_taken() -> None:
    world = Live(client=FakeClient(lambda *_: SILENT), costs=FixedCosts(Decimal(2)))
    (found,) = await world.buy(probe("m00", 0))
    assert (found.status, found.score, found.spend_usd) == (Status.TIMEOUT, None, Decimal(0))
    assert len(world.client.sent) == MAX_CALLS_PER_OUTCOME == 3
    assert world.ledger.spend().unknown_usd == 6
    assert len(world.recorder.of(CallUnknown)) == 3


async def test_an_unreadable_reply_is_bought_again_until_one_can_be_read() -> None:
    broken = RawReply(http_status=200, body=b"<html>")
    world = Live(client=FakeClient(lambda number, *_: ok("yes") if number == 2 else broken))
    (found,) = await world.buy(probe("m00", 0))
    assert (found.status, found.score) == (Status.OK, 1.0)
    assert len(world.client.sent) == 3
    assert world.ledger.spend().unknown_usd > 0
    assert found.spend_usd == world.ledger.spend().settled_usd


async def test_the_last_try_may_fail_for_money() -> None:
    world = Live(client=FakeClient(lambda *_: SILENT), costs=FixedCosts(Decimal(60)))
    (found,) = await world.buy(probe("m00", 0))
    assert found.status is Status.TIMEOUT
    assert len(world.client.sent) == 1


async def test_without_money_an_outcome_is_not_run_and_not_journalled() -> None:
    world = Live(client=FakeClient(right), budget_usd=Decimal("0.5"), costs=FixedCosts(Decimal(1)))
    (found,) = await world.buy(probe("m00", 0))
    assert found.status is Status.NOT_RUN
    assert (world.recorder.events, world.client.sent) == ([], [])
    assert not world.known.is_known(CandidateId("m00"), found.item_id, 0)


async def test_a_provider_that_is_down_costs_its_own_outcomes_only() -> None:
    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        return DOWN if endpoint.provider_id == "p1" else right(number, wire, endpoint)

    world = Live(client=FakeClient(answer))
    found = await world.buy(probe("m00", 0, 1, 2), probe("m02", 0, 1, 2))
    assert [o.status for o in found] == [Status.OK] * 3 + [Status.NOT_RUN] * 3
    assert {o.score for o in found[3:]} == {None}
    assert len(world.client.sent) == 3 + 2 * 3
    warnings = [e for e in world.recorder.events if isinstance(e, Warned)]
    assert [(w.code, w.subject) for w in warnings] == [("call-failed", "m02")]
    assert "503" in warnings[0].message


async def test_a_stop_ends_new_calls_everywhere_and_books_those_in_flight() -> None:
    gate = asyncio.Event()

    def answer(number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply | Exception:
        return QuotaError("p0: no money left") if number == 3 else right(number, wire, endpoint)

    world = Live(client=FakeClient(answer, gate=gate))
    providers = {k: replace(p, max_concurrency=3) for k, p in world.market.providers.items()}
    world = Live(client=world.client, market=replace(world.market, providers=providers))
    running = asyncio.create_task(world.buy(probe("m00", *range(8)), probe("m02", *range(8))))
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(world.client.sent) == 6
    gate.set()
    with pytest.raises(QuotaError, match="no money left"):
        await running
    n_sent = len(world.client.sent)
    assert n_sent < 12
    assert len(world.recorder.of(CallSettled)) == n_sent - 1
    assert world.ledger.spend().reserved_usd == 0
    assert world.ledger.spend().settled_usd == world.settled_usd > 0
    assert len(world.recorder.of(OutcomeScored)) == n_sent - 1


async def test_a_stopped_evaluator_stays_stopped() -> None:
    world = Live(client=FakeClient(lambda *_: QuotaError("p0: no money left")))
    for _ in range(2):
        with pytest.raises(QuotaError):
            await world.buy(probe("m00", 0))
    assert len(world.client.sent) == 1


async def test_overbilling_stops_with_the_truth_booked_and_no_outcome_lost() -> None:
    world = Live(client=FakeClient(lambda *_: ok(n_input=9_000_000)), costs=FixedCosts(Decimal("0.001")))
    with pytest.raises(OverbilledError):
        await world.buy(probe("m00", 0))
    assert world.ledger.spend().settled_usd == world.settled_usd > 1


async def test_a_reply_of_an_earlier_run_is_used_at_no_spend() -> None:
    store = MemoryReplies()
    first = Live(client=FakeClient(right), replies=store)
    bought = await first.buy(probe("m00", 0, 1))
    second = Live(client=FakeClient(right), replies=store)
    found = await second.buy(probe("m00", 0, 1))
    assert second.client.sent == []
    assert second.ledger.spend().committed_usd == 0
    assert [(o.answer, o.score, o.cost_usd) for o in found] == [(o.answer, o.score, o.cost_usd) for o in bought]
    assert {o.spend_usd for o in found} == {Decimal(0)}
    assert all(str(o.call_ids[0]).startswith("stored-") for o in found)


async def test_a_stored_reply_that_cannot_be_read_is_bought_anew_with_a_warning() -> None:
    store = MemoryReplies()
    first = Live(client=FakeClient(right), replies=store)
    await first.buy(probe("m00", 0))
    key = next(e.key for e in first.recorder.events if isinstance(e, CallReserved))
    broken = MemoryReplies()
    broken.put(key, RawReply(http_status=200, body=b"?"))
    world = Live(client=FakeClient(right), replies=broken)
    (found,) = await world.buy(probe("m00", 0))
    assert (found.status, len(world.client.sent)) == (Status.OK, 1)
    assert [e.code for e in world.recorder.events if isinstance(e, Warned)] == ["stored-reply-unreadable"]


async def test_what_an_earlier_life_paid_is_not_paid_again() -> None:
    world = Live(client=FakeClient(right))
    wire, _ = world.evaluator._request(single("m00"), world.task.items[0].id)
    endpoint = world.market.endpoints[EndpointId("m00")]
    key = call_key(endpoint, world.market.providers[endpoint.provider_id].base_url, wire, 0)
    world.caller.ledger.reserve(CallId("old"), Decimal(1))
    paid = world.caller.book(endpoint, CallId("old"), key, ok("yes"))
    world.evaluator._plugs = replace(world.evaluator._plugs, paid={key: paid})
    (found,) = await world.buy(probe("m00", 0))
    assert world.client.sent == []
    assert (found.spend_usd, found.call_ids) == (paid.cost_usd, ("old",))


async def test_accounts_work_side_by_side_up_to_their_own_limit() -> None:
    market = two_providers()
    providers = {k: replace(p, max_concurrency=2 if k == "p0" else 3) for k, p in market.providers.items()}
    world = Live(client=FakeClient(right), market=replace(market, providers=providers))
    await world.buy(probe("m00", *range(8)), probe("m02", *range(8)))
    assert world.client.n_most == 5


class Dearness:
    """A client and its bounds: call n costs at most bounds[n], and really a share of that, or nobody knows."""

    def __init__(self, costs: list[tuple[int, int, str]]) -> None:
        self.costs = costs

    def bound(self, endpoint: Endpoint, item_id: str, request: object) -> Decimal:
        return Decimal(self.costs[int(item_id[1:])][0]) / 100

    def answer(self, _number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        bound, share, kind = self.costs[int(prompt_of(wire).split()[-1])]
        if kind == "silent":
            return SILENT
        if kind == "down":
            return DOWN
        body = json.loads(ok_body("yes"))
        body["usage"]["cost"] = str(Decimal(bound) * share / 10_000)
        return RawReply(http_status=200, body=json.dumps(body).encode())


calls = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100), st.sampled_from(["good", "good", "silent", "down"])),
    min_size=1,
    max_size=12,
)


@given(calls, st.integers(1, 300))
def test_the_budget_holds_whatever_is_in_flight_at_once(costs: list[tuple[int, int, str]], cents: int) -> None:
    dear = Dearness(costs)
    budget = Decimal(cents) / 100
    world = Live(
        client=FakeClient(dear.answer),
        task=make_task(len(costs)),
        budget_usd=budget,
        costs=dear,
    )
    most: list[Decimal] = []
    world.client.before = lambda: most.append(world.ledger.spend().committed_usd)
    found: list[Outcome] = []
    with suppress(NoAnswerError):
        found = asyncio.run(world.buy(probe("m00", *range(len(costs))), probe("m02", *range(len(costs)))))
    spend = world.ledger.spend()
    assert max([*most, spend.committed_usd]) <= budget
    assert spend.reserved_usd == 0
    assert spend.settled_usd == sum((o.spend_usd for o in found), Decimal(0)) == world.settled_usd
    assert len(found) == 2 * len(costs) or spend.settled_usd == 0
    for outcome in found:
        kind = costs[int(outcome.item_id[1:])][2]
        allowed = {"good": Status.OK, "silent": Status.TIMEOUT, "down": Status.ERROR}
        assert outcome.status in (allowed[kind], Status.NOT_RUN, Status.OK if kind == "good" else Status.NOT_RUN)


def test_bounds_are_zero_for_what_is_known_and_add_up_over_members() -> None:
    vote = Ensemble(members=(single("m01"), single("m02")))
    world = Live(costs=FixedCosts(Decimal(2)), composites=(vote,), task=make_task(4, n_repeats=2))
    known = [
        Outcome(candidate_id=CandidateId("m01"), item_id=world.task.items[0].id, status=Status.OK, repeat=r)
        for r in range(2)
    ]
    world.known.restore(known)
    bounds = world.evaluator.bound_usd([probe("m01", 0, 1), probe(vote.id, 0, 1)], world.candidates)
    assert bounds == [[0, 4], [4, 8]]


def test_work_is_split_by_account_and_long_work_stands_apart() -> None:
    vote = Ensemble(members=(single("m01"), single("m02")))
    world = Live(composites=(vote,))
    split = world.evaluator.split([probe("m00", 0, 1, 2), probe(vote.id, 0)], world.candidates, n_own=3)
    assert {name: [(p.candidate_id, len(p.item_ids)) for p in probes] for name, probes in split.items()} == {
        "p0 · m00": [("m00", 3)],
        "p0": [("m01", 1)],
        "p1": [("m02", 1)],
    }
