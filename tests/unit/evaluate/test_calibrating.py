"""Calibrated candidates through the live evaluator: what is asked, what it costs, what comes of it."""

import json
import math
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from modelsearch.core.events import CallReserved, CallSettled
from modelsearch.core.ids import CallId, PromptId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.outcome import Status
from modelsearch.core.task import TaskSpec
from modelsearch.core.variant import Variant
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.calibrated import WITHOUT_CONTENT
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.side_calls import CALIBRATION_PREFIX, SideCalls
from modelsearch.testing.factories import make_task
from tests.doubles import FakeClient, ok_body
from tests.unit.evaluate.live import Live, probe, two_providers

YES = {"N/A": 0.9, "[MASK]": 0.8, "-": 0.7}
"""How the prompt leans: towards yes, whatever it is asked."""


def telling(is_telling: bool = True) -> FakeClient:
    """Says yes at 0.6 to every item; to inputs without content as above."""

    def answer(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        asked = json.loads(wire.body)
        p = YES.get(asked["messages"][-1]["content"], 0.6)
        body: dict[str, Any] = json.loads(ok_body("yes"))
        if is_telling and asked.get("top_logprobs"):
            others = [{"token": "yes", "logprob": math.log(p)}, {"token": "no", "logprob": math.log(1 - p)}]
            body["choices"][0]["logprobs"] = {"content": [{**others[0], "top_logprobs": others}]}
        return RawReply(http_status=200, body=json.dumps(body).encode(), latency_s=0.5)

    return FakeClient(answer)


def market() -> Market:
    found = two_providers()
    return replace(
        found, endpoints={n: replace(e, capabilities=frozenset({"logprobs"})) for n, e in found.endpoints.items()}
    )


def task() -> TaskSpec:
    ways = tuple(
        Variant(id=PromptId(name), prompt_id=PromptId("default"), is_calibrated=name == "cal")
        for name in ("plain", "cal")
    )
    return make_task(8, variants=ways)


def live(client: FakeClient, budget_usd: Decimal = Decimal(100)) -> Live:
    made = Live(client=client, market=market(), task=task(), budget_usd=budget_usd)
    for variant in made.task.variants:
        made.candidates |= {single.id: single for single in map(variant.at, made.market.endpoints.values())}
    numbers = count(1)
    side = SideCalls(
        market=made.market,
        caller=replace(made.caller, next_id=lambda: CallId(f"{CALIBRATION_PREFIX}{next(numbers)}")),
        costs=made.evaluator._plugs.costs,
        recorder=made.recorder,
    )
    made.evaluator = LiveEvaluator(replace(made.evaluator._plugs, calibration=side))
    return made


def asked(made: Live) -> list[str]:
    return [json.loads(wire.body)["messages"][-1]["content"] for wire, _ in made.client.sent]


async def test_the_leaning_is_bought_once_accounted_and_taken_out() -> None:
    made = live(telling())
    found = await made.buy(probe("m00#cal", 0, 1, 2))
    assert [outcome.answer for outcome in found] == ["no"] * 3  # 0.6 / 0.8 for yes is less than 0.4 / 0.2 for no
    assert [outcome.confidence for outcome in found] == pytest.approx([2 / 2.75] * 3)
    assert asked(made)[:3] == list(WITHOUT_CONTENT)
    assert len(asked(made)) == 6
    settled = [event.call for event in made.recorder.events if isinstance(event, CallSettled)]
    assert sum(call.id.startswith(CALIBRATION_PREFIX) for call in settled) == 3
    assert sum((outcome.spend_usd for outcome in found), Decimal(0)) == made.settled_usd
    assert len({outcome.cost_usd for outcome in found}) == 1  # what serving costs has no leaning in it


async def test_the_plain_twin_asks_the_same_and_pays_nothing_again() -> None:
    made = live(telling())
    await made.buy(probe("m00#cal", 0, 1))
    n_sent = len(made.client.sent)
    plain = await made.buy(probe("m00#plain", 0, 1))
    assert len(made.client.sent) == n_sent
    assert [(outcome.answer, outcome.spend_usd) for outcome in plain] == [("yes", Decimal(0))] * 2
    keys = [event.key for event in made.recorder.events if isinstance(event, CallReserved)]
    assert len(set(keys)) == len(keys)


async def test_who_tells_no_alternatives_is_refused_before_any_item_is_bought() -> None:
    made = live(telling(is_telling=False))
    found = await made.buy(probe("m00#cal", 0, 1, 2))
    assert {outcome.status for outcome in found} == {Status.ERROR}
    assert {outcome.score for outcome in found} == {None}
    assert asked(made) == list(WITHOUT_CONTENT)


async def test_without_money_nothing_is_lost() -> None:
    made = live(telling(), budget_usd=Decimal("0.000001"))
    found = await made.buy(probe("m00#cal", 0))
    assert [outcome.status for outcome in found] == [Status.NOT_RUN]
    assert made.settled_usd == 0


def test_bounds_hold_the_leaning_until_it_is_known() -> None:
    made = live(telling())
    ((calibrated,),), ((plain,),) = (
        made.evaluator.bound_usd([probe(name, 0)], made.candidates) for name in ("m00#cal", "m00#plain")
    )
    assert calibrated > 3 * plain
