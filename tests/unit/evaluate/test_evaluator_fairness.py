"""One slow provider, one throttled model: the others end as if they were not there."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Status
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.plugs import Plugs
from modelsearch.testing.factories import make_task
from tests.doubles import ok
from tests.unit.evaluate.live import Live, probe

N_ITEMS = 64
SLOW_FACTOR = 20
FAST_TURNS = 10


@dataclass
class Timed:
    """Answers after so many turns of the loop, and notes in which turn each endpoint's last answer came.

    Attributes:
        rooms: how many calls of an endpoint are of use at once; 99 where nothing is said.
    """

    turns: Mapping[str, int]
    rooms: Mapping[str, int] = field(default_factory=dict)
    now: int = 0
    last: dict[str, int] = field(default_factory=dict)

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        assert wire.body
        for _ in range(self.turns[endpoint.id]):
            await asyncio.sleep(0)
        self.last[endpoint.id] = self.now
        return ok("yes")

    def room(self, endpoint: Endpoint) -> int:
        return self.rooms.get(endpoint.id, 99)

    async def count(self) -> None:
        while True:
            self.now += 1
            await asyncio.sleep(0)


async def ended(names: tuple[str, ...], client: Timed) -> dict[str, int]:
    """In which turn each of the candidates had all its answers."""
    world = Live(task=make_task(N_ITEMS))
    plugs: Plugs = vars(world.evaluator)["_plugs"]
    evaluator = LiveEvaluator(replace(plugs, caller=replace(world.caller, client=client)))
    counting = asyncio.create_task(client.count())
    found = await evaluator.evaluate([probe(name, *range(N_ITEMS)) for name in names], world.candidates)
    counting.cancel()
    assert [outcome.status for outcome in found] == [Status.OK] * N_ITEMS * len(names)
    return client.last


async def test_a_provider_at_twenty_times_the_latency_keeps_nobody_waiting() -> None:
    turns = {"m00": FAST_TURNS, "m01": FAST_TURNS, "m02": SLOW_FACTOR * FAST_TURNS}
    alone = await ended(("m00", "m01"), Timed(turns))
    beside = await ended(("m02", "m00", "m01"), Timed(turns))
    assert beside["m00"] == pytest.approx(alone["m00"], rel=0.05)
    assert beside["m01"] == pytest.approx(alone["m01"], rel=0.05)
    assert beside["m02"] > 4 * beside["m00"]


async def test_a_throttled_model_keeps_nobody_of_its_account_waiting() -> None:
    turns = {"m00": SLOW_FACTOR * FAST_TURNS, "m01": FAST_TURNS}
    alone = await ended(("m01",), Timed(turns))
    beside = await ended(("m00", "m01"), Timed(turns, rooms={"m00": 1}))
    assert beside["m01"] == pytest.approx(alone["m01"], rel=0.3)  # one of 16 workers less, in whole rounds of them
    assert beside["m00"] > 20 * beside["m01"]
