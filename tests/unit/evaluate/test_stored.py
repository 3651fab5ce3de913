from dataclasses import replace

import pytest

from modelsearch.core.candidate import Single
from modelsearch.core.ids import EndpointId, ItemId
from modelsearch.core.market import Market
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.stored import stored_probes, stored_usages
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_task
from tests.doubles import FakeClient, ok
from tests.unit.evaluate.live import Live, probe, two_providers

SINGLES = [Single(endpoint_id=EndpointId(name)) for name in ("m00", "m02")]
ITEMS = [ItemId(f"i{n:04d}") for n in range(8)]


def later(before: Live, market: Market | None = None) -> Live:
    """Another run with the same stored replies."""
    return Live(replies=before.replies, task=before.task, market=market or before.market)


async def test_what_an_earlier_run_paid_for_is_found_and_costs_nothing() -> None:
    first = Live()
    await first.buy(probe("m00", 3, 0), probe("m01", 1))
    again = later(first)
    found = stored_probes(again.evaluator._plugs, SINGLES, ITEMS)
    assert found == [probe("m00", 0, 3)]
    await again.buy(*found)
    assert not again.client.sent
    assert stored_probes(again.evaluator._plugs, SINGLES, ITEMS) == []


async def test_a_reply_of_another_revision_is_none_of_this_one() -> None:
    first = Live()
    await first.buy(probe("m00", 0))
    endpoints = {name: replace(e, revision="fp8 from 2026-11-24") for name, e in first.market.endpoints.items()}
    changed = later(first, replace(first.market, endpoints=endpoints))
    assert stored_probes(changed.evaluator._plugs, SINGLES, ITEMS) == []
    await changed.buy(probe("m00", 0))
    assert len(changed.client.sent) == 1
    assert stored_probes(later(first).evaluator._plugs, SINGLES, ITEMS) == [probe("m00", 0)]


async def test_an_item_counts_once_every_repeat_is_there() -> None:
    task = replace(make_task(8), n_repeats=2)
    first = Live(task=task)
    await first.buy(probe("m00", 0, 1))
    keys = [*first.replies._replies]  # type: ignore[attr-defined]
    half = MemoryReplies()
    for key in keys[:3]:
        raw = first.replies.get(key)
        assert raw is not None
        half.put(key, raw)
    again = Live(task=task, replies=half, market=two_providers())
    (found,) = stored_probes(again.evaluator._plugs, SINGLES, ITEMS)
    assert len(found.item_ids) == 1


@pytest.mark.parametrize("n_input", [10, 250])
async def test_what_replies_used_is_read_from_them(n_input: int) -> None:
    world = Live(client=FakeClient(lambda *_: ok(n_input=n_input, n_output=7)))
    await world.buy(probe("m00", 0, 1, 2))
    usages = stored_usages(later(world).evaluator._plugs, SINGLES[0], ITEMS)
    assert [(usage.prompt_tokens, usage.output_tokens) for usage in usages] == [(n_input, 7)] * 3
    assert stored_usages(world.evaluator._plugs, SINGLES[1], ITEMS) == []


async def test_a_reply_that_cannot_be_read_any_more_tells_no_usage() -> None:
    world = Live()
    await world.buy(probe("m00", 0))
    (key,) = world.replies._replies  # type: ignore[attr-defined]
    spoilt = MemoryReplies()
    spoilt.put(key, RawReply(http_status=200, body=b"no JSON"))
    assert stored_usages(Live(replies=spoilt).evaluator._plugs, SINGLES[0], ITEMS) == []
