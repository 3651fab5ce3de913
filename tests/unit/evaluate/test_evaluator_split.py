"""An endpoint that is served by another model, or another host, in the middle of a search."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.errors import NoAnswerError
from modelsearch.core.events import CallReserved, CandidateSplit, OutcomeScored, Warned
from modelsearch.core.ids import CandidateId, EndpointId, ProviderId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_provider
from tests.doubles import FakeClient, ok_body
from tests.unit.evaluate.live import Live, probe, two_providers

M00 = EndpointId("m00")
OLD, NEW = Single(endpoint_id=M00), Single(endpoint_id=M00, served_by="new||")
GONE = RawReply(http_status=404, body=b'{"error":{"message":"no such model"}}')


def item_of(wire: WireRequest) -> int:
    return int(json.loads(wire.body)["messages"][-1]["content"].split()[-1])


def by_item(model_of: Callable[[int], str]) -> FakeClient:
    """Right answers; who gives them depends on the item."""

    def answer(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        item = item_of(wire)
        return RawReply(http_status=200, body=ok_body("no" if item % 2 else "yes", model=model_of(item)), latency_s=0.5)

    return FakeClient(answer)


def world_of(client: FakeClient, **parts: object) -> Live:
    world = Live(client=client, **parts)  # type: ignore[arg-type]
    world.candidates[NEW.id] = NEW
    return world


def told(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(o.candidate_id, o.item_id, o.status.value) for o in outcomes]


def warned(world: Live) -> list[tuple[str, str]]:
    return [(e.code, e.subject) for e in world.recorder.events if isinstance(e, Warned)]


async def test_what_another_model_answers_is_its_own_outcome_and_every_item_is_paid_once() -> None:
    world = world_of(by_item(lambda item: "old" if item < 2 else "new"), served_by={M00: "old||"})
    found = await world.buy(probe("m00", 0, 1, 2, 3))
    assert told(found) == [
        ("m00", "i0000", "ok"),
        ("m00", "i0001", "ok"),
        ("m00", "i0002", "not_run"),
        ("m00", "i0003", "not_run"),
        ("m00@new", "i0002", "ok"),
        ("m00@new", "i0003", "ok"),
    ]
    assert sum(o.spend_usd for o in found) == world.ledger.spend().settled_usd > 0
    assert len(world.client.sent) == 4
    assert told(await world.buy(probe("m00", 0, 1, 2, 3))) == told(found)
    assert len(world.client.sent) == 4
    assert world.evaluator.bound_usd([probe("m00", 2, 3)], world.candidates) == [[0, 0]]


async def test_the_split_is_journalled_once_before_the_first_outcome_of_the_other_and_told() -> None:
    world = world_of(by_item(lambda item: "new" if item else "old"))
    await world.buy(probe("m00", 0))
    await world.buy(probe("m00", 1, 2, 3))
    (event,) = world.recorder.of(CandidateSplit)
    assert event == CandidateSplit(candidate_id=OLD.id, into=NEW, first="old||", now="new||")
    first = next(e for e in world.recorder.of(OutcomeScored) if e.outcome.candidate_id == NEW.id)  # type: ignore[union-attr]
    assert world.recorder.events.index(event) < world.recorder.events.index(first)
    assert warned(world) == [("served-by-changed", "m00@new")]


async def test_an_heir_is_called_by_its_own_name_and_its_replies_are_kept_apart() -> None:
    replies = MemoryReplies()
    world = world_of(by_item(lambda item: "new" if item == 1 else "old"), replies=replies)
    await world.buy(probe("m00", 0), probe("m00", 1))

    def pinned(_number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        assert endpoint.id == M00
        return RawReply(http_status=200, body=ok_body(model=json.loads(wire.body)["model"]))

    world.client.answer = pinned
    (found,) = await world.buy(probe(NEW.id, 0))
    assert (found.candidate_id, found.status, found.served_by) == (NEW.id, Status.OK, "new||")
    keys = [e.key for e in world.recorder.of(CallReserved)]  # type: ignore[union-attr]
    assert len({*keys}) == 3


async def test_a_name_that_cannot_be_called_is_given_up_for_the_alias() -> None:
    def answer(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        if json.loads(wire.body)["model"] == "new":
            return GONE
        return RawReply(http_status=200, body=ok_body("no" if item_of(wire) % 2 else "yes", model="new"))

    world = world_of(FakeClient(answer), served_by={M00: "old||"})
    world.evaluator.bound_usd([probe(NEW.id, *range(8))], world.candidates)
    found = await world.buy(probe(NEW.id, *range(8)))
    assert {(o.candidate_id, o.status, o.score) for o in found} == {(NEW.id, Status.OK, 1.0)}
    assert ("pin-refused", NEW.id) in warned(world)
    assert not {code for code, _ in warned(world)} & {"endpoint-gone"}


async def test_a_reply_of_the_first_model_is_not_taken_for_the_heirs_though_the_call_is_the_same() -> None:
    def answer(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        is_pinned = json.loads(wire.body)["model"] == "new"
        return GONE if is_pinned else RawReply(http_status=200, body=ok_body(model=serving[-1]))

    serving = ["old"]
    world = world_of(FakeClient(answer))
    await world.buy(probe("m00", 0))
    serving.append("new")
    (found,) = await world.buy(probe(NEW.id, 0))
    assert (found.candidate_id, found.served_by, found.spend_usd > 0) == (NEW.id, "new||", True)


async def test_models_that_answer_by_turns_leave_no_outcome_of_the_wrong_one() -> None:
    client = by_item(lambda item: "new" if item % 2 else "old")
    world = world_of(client, served_by={M00: "old||"})
    await world.buy(probe("m00", 0, 1, 2, 3))
    client.answer = lambda _n, wire, _e: GONE if b'"new"' in wire.body else by_item(lambda _: "old").answer(0, wire, _e)
    found = await world.buy(probe(NEW.id, 4, 5))
    assert told(found) == [(NEW.id, "i0004", "error"), (NEW.id, "i0005", "error")]
    assert all(o.spend_usd > 0 and o.score is None for o in found)
    assert world.recorder.of(CandidateSplit)[1:] == [
        CandidateSplit(candidate_id=NEW.id, into=OLD, first="old||", now="old||")
    ]
    assert told(await world.buy(probe(NEW.id, 4, 5))) == told(found)


async def test_a_baseline_whose_answers_are_of_another_stops_the_search() -> None:
    client = by_item(lambda _: "old")
    world = world_of(client, served_by={M00: "old||"}, baseline_id=OLD.id)
    with pytest.raises(NoAnswerError, match=r"baseline 'm00'.*served by another model"):
        await world.buy(probe(NEW.id, *range(4)))


async def test_a_baseline_that_changed_is_told_loudly() -> None:
    world = world_of(by_item(lambda item: "new" if item else "old"), served_by={M00: "old||"}, baseline_id=OLD.id)
    await world.buy(probe("m00", 0, 1))
    (message,) = [e.message for e in world.recorder.events if isinstance(e, Warned)]
    assert "THE BASELINE CHANGED" in message
    assert "m00@new" in message


async def test_votes_have_nothing_where_a_member_was_another() -> None:
    vote = Ensemble(members=(OLD, Single(endpoint_id=EndpointId("m02"))))
    world = world_of(by_item(lambda item: "old" if item < 2 else "new"), composites=(vote,), served_by={M00: "old||"})
    found = await world.buy(probe(vote.id, 0, 3))
    assert told(found) == [(vote.id, "i0000", "ok"), (vote.id, "i0003", "not_run")]


@pytest.mark.parametrize(
    ("first", "now", "pinned", "heir", "codes"),
    [
        ("m||", "m||", None, None, []),
        ("m||fp_1", "m||fp_2", None, None, ["fingerprint-changed"]),
        ("other||", "m||", None, "m00@m", ["served-by-changed"]),
        ("other||", "||", None, None, []),
        ("||fp", "m||fp", None, None, []),
        ("m|a|", "m|b|", None, None, ["hosts-vary"]),
        ("m|A Host|", "m|B Host|", "a-host", "m00@m|B Host", ["served-by-changed"]),
        ("m|A Host|", "m||", "a-host", None, []),
        ("m|A Host|", "|B Host|", "a-host", "m00@m|B Host", ["served-by-changed"]),
    ],
)
async def test_what_makes_another_candidate(
    first: str, now: str, pinned: str | None, heir: str | None, codes: list[str]
) -> None:
    model, host, fingerprint = now.split("|")
    body = {**json.loads(ok_body()), "model": model, "provider": host, "system_fingerprint": fingerprint}
    market = two_providers()
    market = replace(market, endpoints={e.id: replace(e, host=pinned) for e in market.endpoints.values()})
    raw = RawReply(http_status=200, body=json.dumps(body).encode())
    world = Live(client=FakeClient(lambda *_: raw), market=market, served_by={M00: first})
    found = await world.buy(probe("m00", 0, 2))
    assert {o.candidate_id for o in found if o.status is Status.OK} == {CandidateId(heir or "m00")}
    assert all(o.spend_usd > 0 for o in found if o.status is Status.OK)
    assert [code for code, _ in warned(world)] == codes


async def test_a_router_is_asked_for_the_host_that_serves_now() -> None:
    def answer(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        told = {**json.loads(ok_body()), "provider": "B Host"}
        assert json.loads(wire.body)["provider"]["only"] == [hosts.pop(0)]
        return RawReply(http_status=200, body=json.dumps(told).encode())

    router = ProviderId("openrouter")
    market = two_providers()
    endpoints = {e.id: replace(e, host="a-host", provider_id=router) for e in market.endpoints.values()}
    market = replace(market, endpoints=endpoints, providers={router: make_provider("openrouter")})
    hosts = ["a-host", "b-host"]
    world = Live(client=FakeClient(answer), market=market, served_by={M00: "m|A Host|"})
    await world.buy(probe("m00", 0))
    (event,) = world.recorder.of(CandidateSplit)
    assert isinstance(event, CandidateSplit)
    world.candidates[event.into.id] = event.into
    (found,) = await world.buy(probe(event.into.id, 2))
    assert (found.candidate_id, found.status, hosts) == ("m00@m|B Host", Status.OK, [])
