"""Wide rounds in batches: half the price, the same outcomes, live where batches do not help, nothing paid twice."""

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.core.batch import BatchPolicy
from modelsearch.core.errors import BatchPendingError, NoAnswerError, OverbilledError
from modelsearch.core.events import BatchSent, CallReleased, CallReserved, CallSettled, CallUnknown, Warned
from modelsearch.core.ids import EndpointId
from modelsearch.core.outcome import Status
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.batch_desk import release_unsent
from modelsearch.evaluate.batch_state import BatchState
from modelsearch.store.ledger import Ledger
from tests.doubles import MemoryRecorder
from tests.unit.evaluate.batches import SENT_NO_REPLY, Batched, FakeBatches, failing, good, market_with_batches
from tests.unit.evaluate.live import Live, probe

WIDE = (probe("m00", 0, 1, 2), probe("m01", 0, 1), probe("m02", 0))
BAD = RawReply(http_status=400, body=b'{"error": {"message": "not for batches"}}')


def codes(batched: Batched) -> list[str]:
    return [event.code for event in batched.live.recorder.events if isinstance(event, Warned)]


async def test_a_wide_round_costs_half_and_its_outcomes_cost_what_serving_does() -> None:
    batched = Batched()
    outcomes = await batched.buy(*WIDE)
    assert [o.status for o in outcomes] == [Status.OK] * 6
    live, cheap = outcomes[5], outcomes[:5]
    assert all(o.spend_usd * 2 == o.cost_usd > 0 and math.isnan(o.latency_s) for o in cheap)
    assert live.spend_usd == live.cost_usd
    assert [endpoint.id for _, endpoint in batched.live.client.sent] == ["m02"]
    assert len(batched.api.posted) == 2
    spend = batched.live.ledger.spend()
    assert spend.settled_usd == batched.live.settled_usd
    assert spend.reserved_usd == 0
    assert len(batched.kept) == 2
    assert all(b"custom_id" in content for content in batched.kept.values())


async def test_the_requests_are_those_of_live_calls() -> None:
    batched, live = Batched(), Live(market=market_with_batches())
    await batched.buy(*WIDE)
    await live.buy(*WIDE)
    uploads = b"".join(batched.api.files.values())
    sent = [wire.body for wire, endpoint in live.client.sent if endpoint.id != "m02"]
    assert all(body in uploads for body in sent)
    keys = {e.key for e in live.recorder.events if isinstance(e, CallReserved)}
    assert {e.key for e in batched.live.recorder.events if isinstance(e, CallReserved)} == keys


async def test_reservations_are_at_the_batch_price_before_anything_is_sent() -> None:
    batched, live = Batched(), Live(market=market_with_batches())
    await batched.buy(*WIDE)
    await live.buy(*WIDE)
    amounts = {e.key: e.amount_usd for e in live.recorder.events if isinstance(e, CallReserved)}
    events = batched.live.recorder.events
    in_batches = [e for e in events if isinstance(e, CallReserved) and e.batch_id]
    assert all(abs(e.amount_usd * 2 - amounts[e.key]) <= Decimal("2e-12") for e in in_batches)
    first_sent = next(n for n, e in enumerate(events) if isinstance(e, BatchSent))
    batch_id = events[first_sent].batch_id  # type: ignore[union-attr]
    assert sum(e in events[:first_sent] for e in in_batches if e.batch_id == batch_id) in (2, 3)


@pytest.mark.parametrize("policy", [BatchPolicy(), BatchPolicy(mode="wide", min_calls=7)])
async def test_small_rounds_and_those_of_nobody_who_asked_are_live(policy: BatchPolicy) -> None:
    batched = Batched(policy=policy)
    await batched.buy(*WIDE)
    assert batched.api.calls == []
    assert len(batched.live.client.sent) == 6


async def test_always_takes_the_smallest_round() -> None:
    batched = Batched(policy=BatchPolicy(mode="always"))
    await batched.buy(probe("m00", 0))
    assert batched.live.client.sent == []


async def test_a_task_that_limits_latency_is_live_and_says_why() -> None:
    live = Live(market=market_with_batches())
    live.task = replace(live.task, requirements=replace(live.task.requirements, max_latency_s=1.0))
    live.__post_init__()
    batched = Batched(live=live)
    await batched.buy(*WIDE)
    assert batched.api.calls == []
    assert codes(batched) == ["batch-latency"]


async def test_unknown_and_dearer_batch_prices_are_no_batches() -> None:
    market = market_with_batches()
    unknown, dear = market.endpoints[EndpointId("m00")].rates, market.endpoints[EndpointId("m01")].rates
    rates = {
        "m00": tuple(r for r in unknown if r.processing == "standard"),
        "m01": tuple(replace(r, usd=Decimal(900)) if r.processing == "batch" else r for r in dear),
    }
    endpoints = {name: replace(e, rates=rates.get(name, e.rates)) for name, e in market.endpoints.items()}
    batched = Batched(live=Live(market=replace(market, endpoints=endpoints)))
    await batched.buy(*WIDE)
    assert batched.api.calls == []


async def test_what_fails_is_handed_in_once_more_alone() -> None:
    batched = Batched(api=FakeBatches(row=failing(500, "-1", n_times=2)))
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert [len(batched.api.ids(n)) for n in range(2)] == [4, 1]
    assert [o.status for o in outcomes] == [Status.OK] * 4
    assert batched.live.client.sent == []
    assert batched.reserved_usd == 0


async def test_what_fails_twice_is_called_live() -> None:
    def never(_number: int, custom_id: str) -> dict[str, object]:
        error = {"code": "batch_expired", "message": "not in time"}
        return {"custom_id": custom_id, "response": None, "error": error}

    batched = Batched(api=FakeBatches(row=never))
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len(batched.api.posted) == 2
    assert len(batched.live.client.sent) == 4
    assert all(o.status is Status.OK and o.spend_usd == o.cost_usd for o in outcomes)


async def test_an_items_own_fault_is_not_handed_in_again() -> None:
    batched = Batched(api=FakeBatches(row=failing(400, "-1")))
    await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len(batched.api.posted) == 1
    assert len(batched.live.client.sent) == 1


async def test_what_the_results_leave_out_may_be_on_the_bill() -> None:
    row = lambda n, custom_id: None if n == 0 and custom_id.endswith("-2") else good(n, custom_id)  # noqa: E731
    batched = Batched(api=FakeBatches(row=row))
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    (unknown,) = [e for e in batched.live.recorder.events if isinstance(e, CallUnknown)]
    assert "without a result" in unknown.reason
    assert batched.live.ledger.spend().unknown_usd > 0
    assert [o.status for o in outcomes] == [Status.OK] * 4


async def test_a_paid_body_that_cannot_be_read_is_kept_and_unknown() -> None:
    def row(n: int, custom_id: str) -> dict[str, object]:
        if n == 0 and custom_id.endswith("-0"):
            return {"custom_id": custom_id, "response": {"status_code": 200, "body": {"odd": 1}}, "error": None}
        return good(n, custom_id)

    batched = Batched(api=FakeBatches(row=row))
    await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len([e for e in batched.live.recorder.events if isinstance(e, CallUnknown)]) == 1
    assert any(b'{"odd": 1}' in content for content in batched.kept.values())


async def test_a_provider_that_bills_more_than_it_may_stops_the_search_once_all_is_booked() -> None:
    def dear(n: int, custom_id: str) -> dict[str, object]:
        row = good(n, custom_id)
        row["response"]["body"]["usage"]["prompt_tokens"] = 10**7
        return row

    batched = Batched(api=FakeBatches(row=dear))
    with pytest.raises(OverbilledError, match="billed"):
        await batched.buy(probe("m00", 0, 1, 2, 3))
    assert batched.desk.state.batches == {}
    assert len([e for e in batched.live.recorder.events if isinstance(e, CallSettled)]) == 4
    assert batched.live.ledger.spend().settled_usd == batched.live.settled_usd


async def test_a_refused_batch_is_released_and_its_endpoint_called_live() -> None:
    api = FakeBatches(answers={("POST", "/batches"): [BAD]}, is_done_anyway=False)
    batched = Batched(api=api)
    await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len(batched.live.client.sent) == 4
    assert codes(batched) == ["batch-refused"]
    assert len([e for e in batched.live.recorder.events if isinstance(e, CallReleased)]) == 4
    assert batched.reserved_usd == 0


async def test_a_file_that_is_not_taken_costs_nothing() -> None:
    batched = Batched(api=FakeBatches(answers={("POST", "/files"): [BAD]}, is_done_anyway=False))
    await batched.buy(probe("m00", 0, 1, 2, 3))
    assert batched.api.posted == []
    assert len(batched.live.client.sent) == 4


async def test_a_submission_without_a_reply_is_found_again_by_what_it_carries() -> None:
    batched = Batched(api=FakeBatches(answers={("POST", "/batches"): [SENT_NO_REPLY]}))
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len(batched.api.posted) == 1
    assert batched.live.client.sent == []
    assert all(o.spend_usd * 2 == o.cost_usd for o in outcomes)


async def test_a_batch_that_carries_nothing_of_ours_is_known_by_its_results() -> None:
    api = FakeBatches(is_anonymous=True)
    stranger = Batched(api=api)
    await stranger.buy(probe("m00", 4, 5, 6, 7))
    api.answers = {("POST", "/batches"): [SENT_NO_REPLY]}
    batched = Batched(api=api)
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len(api.posted) == 2
    assert batched.desk.state.provider_ids == {"b1"}
    assert all(o.status is Status.OK and o.spend_usd * 2 == o.cost_usd for o in outcomes)


async def test_a_submission_that_nobody_lists_stays_taken_and_is_bought_again() -> None:
    api = FakeBatches(answers={("POST", "/batches"): [SENT_NO_REPLY]}, is_done_anyway=False)
    batched = Batched(api=api)
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert len([e for e in batched.live.recorder.events if isinstance(e, CallUnknown)]) == 4
    assert codes(batched) == ["batch-lost"]
    assert [o.status for o in outcomes] == [Status.OK] * 4


async def test_a_batch_that_is_gone_stays_taken() -> None:
    batched = Batched(api=FakeBatches(answers={("GET", "/batches/b0"): [RawReply(http_status=404)]}))
    await batched.buy(probe("m00", 0, 1, 2, 3))
    assert batched.live.ledger.spend().unknown_usd > 0
    assert len(batched.api.posted) == 2


async def killed(api: FakeBatches) -> Batched:
    """A life that waited too long, and what it left in the journal."""
    first = Batched(api=api, wait_s=0.0)
    with pytest.raises(BatchPendingError, match="1 batches with 4 calls are under way"):
        await first.buy(probe("m00", 0, 1, 2, 3))
    return first


async def test_the_next_life_collects_what_the_last_one_handed_in() -> None:
    first = await killed(FakeBatches(n_looks=3))
    events = first.live.recorder.events
    live = Live(market=market_with_batches())
    live.ledger = Ledger.from_events(Decimal(100), events, still_open=BatchState(events).open_calls())
    live.caller = replace(live.caller, ledger=live.ledger)
    again = Batched(api=first.api, events=list(events), live=live)
    assert again.reserved_usd == first.reserved_usd > 0
    outcomes = await again.buy(probe("m00", 0, 1, 2, 3))
    assert len(first.api.posted) == 1
    assert all(o.status is Status.OK and o.spend_usd * 2 == o.cost_usd for o in outcomes)
    assert again.reserved_usd == again.live.ledger.spend().unknown_usd == 0
    assert len([e for e in again.live.recorder.events if isinstance(e, CallSettled)]) == 4


async def test_what_was_never_sent_is_given_back() -> None:
    first = await killed(FakeBatches(n_looks=3))
    events = first.live.recorder.events
    before = events[: next(n for n, e in enumerate(events) if isinstance(e, BatchSent))]
    recorder = MemoryRecorder(list(before))
    state = BatchState(before)
    assert len(state.open_calls()) == 4
    release_unsent(state, recorder)
    assert state.batches == {}
    assert recorder.names[-5:] == ["CallReleased"] * 4 + ["BatchClosed"]
    assert Ledger.from_events(Decimal(100), recorder.events).spend().committed_usd == 0
    assert BatchState(recorder.events).n_tries == {}


async def test_after_the_deadline_open_batches_are_stopped_and_no_other_is_handed_in() -> None:
    policy = BatchPolicy(mode="wide", min_calls=4, deadline_h=0.01)
    batched = Batched(api=FakeBatches(n_looks=10_000, row=failing(500, "-1")), policy=policy)
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert [c.path for c in batched.api.calls if c.path.endswith("/cancel")] == ["/batches/b0/cancel"]
    assert len(batched.api.posted) == 1
    assert len(batched.live.client.sent) == 1
    assert [o.status for o in outcomes] == [Status.OK] * 4


async def test_a_provider_that_tells_nothing_for_long_stops_the_search() -> None:
    silent = [RawReply(http_status=500)] * 100
    batched = Batched(api=FakeBatches(answers={("GET", "/batches/b0"): silent}))
    with pytest.raises(NoAnswerError, match="tells nothing"):
        await batched.buy(probe("m00", 0, 1, 2, 3))
    assert batched.reserved_usd > 0


async def test_a_stored_reply_needs_no_batch_and_one_of_a_batch_is_priced_as_a_call() -> None:
    first = Batched()
    bought = await first.buy(probe("m00", 0, 1, 2, 3))
    live = Live(market=market_with_batches(), replies=first.live.replies)
    second = Batched(live=live)
    outcomes = await second.buy(probe("m00", 0, 1, 2, 3))
    assert second.api.calls == []
    assert [(o.cost_usd, o.spend_usd) for o in outcomes] == [(o.cost_usd, Decimal(0)) for o in bought]
    assert all(math.isnan(o.latency_s) for o in outcomes)


async def test_a_budget_that_holds_half_buys_half_in_batches() -> None:
    whole = Batched()
    bounds = [b for bounds in whole.evaluator.bound_usd(WIDE[:1], whole.candidates) for b in bounds]
    batched = Batched(live=Live(market=market_with_batches(), budget_usd=bounds[0]))
    outcomes = await batched.buy(probe("m00", 0, 1, 2, 3))
    assert [o.status for o in outcomes].count(Status.OK) >= 2
    assert batched.live.ledger.spend().committed_usd <= bounds[0]
