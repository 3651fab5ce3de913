"""Whatever providers do, a search over a live evaluator ends, its books close, and the budget holds."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.budget import Budget
from modelsearch.core.errors import StoppedError
from modelsearch.core.events import CallReserved, CallUnknown, OutcomeScored, PhaseClosed
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Status
from modelsearch.core.plan import Phase
from modelsearch.core.search import Setting
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.unanswered import MAX_TRIES
from modelsearch.search.filters.racing import Racing
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search, run_phase
from modelsearch.search.samplers.round_robin import RoundRobin
from modelsearch.testing.factories import make_setting, make_task
from tests.doubles import FakeClient, ok
from tests.unit.evaluate.live import FixedCosts, Live, two_providers

N_ITEMS = 12
REPLIES = {
    "good": ok("yes"),
    "down": RawReply(http_status=503),
    "paused": RawReply(http_status=0, is_sent=False, n_attempts=0, failure="down", wait_s=30.0),
    "silent": RawReply(http_status=0, is_sent=True, failure="timeout"),
    "fault": RawReply(http_status=400),
    "gone": RawReply(http_status=404),
    "odd": RawReply(http_status=200, body=b'{"error":{"message":"boom"}}'),
    "limited": RawReply(http_status=200, body=b'{"error":{"code":429}}'),
    "broken": RawReply(http_status=200, body=b"<html>"),
    "gateway": RawReply(http_status=504),
}


def searched(script: dict[str, list[str]], budget_usd: int) -> Live:
    """A whole phase; the replies of an endpoint come in turn, the last one for ever."""
    asked: dict[str, int] = {}

    def answer(_number: int, _wire: WireRequest, endpoint: Endpoint) -> RawReply:
        replies = script[endpoint.id]
        asked[endpoint.id] = asked.get(endpoint.id, -1) + 1
        return REPLIES[replies[min(asked[endpoint.id], len(replies) - 1)]]

    budget = Decimal(budget_usd)
    world = Live(
        client=FakeClient(answer),
        market=two_providers(),
        task=make_task(N_ITEMS),
        budget_usd=budget,
        costs=FixedCosts(Decimal(1)),
        baseline_id=CandidateId("m00"),
    )
    setting: Setting = replace(
        make_setting(3, N_ITEMS, market=world.market, task=world.task), budget=Budget(spend_usd=budget)
    )
    search = Search(fold=Fold(setting), evaluator=world.evaluator, recorder=world.recorder, ledger=world.ledger)
    phase = Phase(name="p", sampler=RoundRobin(step_items=4), filters=(Racing(min_items=3),), max_rounds=30)
    with suppress(StoppedError):
        asyncio.run(run_phase(search, phase))
    return world


scripts = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(sorted(REPLIES)), min_size=1, max_size=20) for name in ("m00", "m01", "m02")}
)


@settings(max_examples=60)
@given(script=scripts, budget_usd=st.integers(1, 60))
def test_a_search_ends_or_stops_with_its_books_closed(script: dict[str, list[str]], budget_usd: int) -> None:
    world = searched(script, budget_usd)
    spend = world.ledger.spend()
    assert spend.reserved_usd == 0
    assert spend.committed_usd <= budget_usd
    assert spend.settled_usd == world.settled_usd
    assert spend.unknown_usd == len(world.recorder.of(CallUnknown))
    has_failed_baseline = set(script["m00"]) != {"good"}
    # a round in which several were asked and nobody answered stops the search too: money or keys, not candidates
    have_others_failed = all(set(script[name]) != {"good"} for name in ("m01", "m02"))
    assert len(world.recorder.of(PhaseClosed)) == 1 or has_failed_baseline or have_others_failed


def test_who_is_down_all_the_time_costs_a_few_calls_an_item_and_ends_as_failed() -> None:
    world = searched({"m00": ["good"], "m01": ["good"], "m02": ["down"]}, 1000)
    calls = [e for e in world.recorder.of(CallReserved) if isinstance(e, CallReserved) and e.endpoint_id == "m02"]
    scored = [e.outcome for e in world.recorder.events if isinstance(e, OutcomeScored)]
    failed = [outcome for outcome in scored if outcome.candidate_id == "m02"]
    assert failed
    assert {outcome.status for outcome in failed} == {Status.ERROR}
    assert len(calls) <= len(failed) * MAX_TRIES * 2 + 2 * N_ITEMS
    assert sum(outcome.candidate_id == "m00" for outcome in scored) == N_ITEMS


def test_a_short_outage_leaves_every_candidate_whole() -> None:
    for name in ("m00", "m02"):
        script = {"m00": ["good"], "m01": ["good"], "m02": ["good"]}
        script[name] = [*["good"] * 5, *["down"] * 3, "paused", "good"]
        world = searched(script, 1000)
        scored = [e.outcome for e in world.recorder.events if isinstance(e, OutcomeScored)]
        assert len(scored) == 3 * N_ITEMS
        assert {outcome.status for outcome in scored} == {Status.OK}
