"""How sure a model was of its answer, from log-probabilities to the outcome."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.events import CallSettled, Warned
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Reply, Status, TokenLogprob, Usage
from modelsearch.core.task import ScorerSpec
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.confidence import MAX_ANSWER_TOKENS, Asking, confidence_of, is_wanted
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_endpoint, make_task
from tests.doubles import FakeClient, ok_body
from tests.unit.evaluate.live import Live, probe, two_providers


def reply_of(*tokens: tuple[str, float]) -> Reply:
    told = tuple(TokenLogprob(text, math.log(p)) for text, p in tokens)
    return Reply(text="".join(text for text, _ in tokens), status=Status.OK, usage=Usage(), logprobs=told)


@pytest.mark.parametrize(
    ("tokens", "answer", "confidence"),
    [
        ([("yes", 0.8)], "yes", 0.8),
        ([("The answer", 0.5), (" is", 0.5), (" Yes", 0.8), (".", 0.1)], "yes", 0.8),
        ([("very", 0.5), (" posi", 0.9), ("tive", 0.9)], "very positive", 0.5 * 0.81),
        ([("no", 0.9), (" or", 0.9), (" yes", 0.7)], "yes", 0.7),
        ([("yes", 0.9), (", eyes", 0.2)], "yes", 0.9),
        ([("B", 0.6), ("\n", 0.1)], "shipping", 0.6),
        ([("1,", 0.5), ("000", 0.5)], "1000", 0.25),
        ([("yes", 1.0)], "yes", 1.0),
    ],
)
def test_it_is_the_probability_of_the_answers_own_tokens(
    tokens: list[tuple[str, float]], answer: str, confidence: float
) -> None:
    assert confidence_of(reply_of(*tokens), answer) == pytest.approx(confidence)


def test_without_an_answer_or_log_probabilities_there_is_none() -> None:
    assert confidence_of(reply_of(("yes", 0.8)), None) is None
    assert confidence_of(reply_of(), "yes") is None
    assert confidence_of(reply_of((" ", 0.8)), "yes") is None


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(1e-9, 1)), max_size=6), st.text(max_size=3))
def test_it_is_a_probability_whatever_was_said(tokens: list[tuple[str, float]], answer: str) -> None:
    confidence = confidence_of(reply_of(*tokens), answer)
    assert confidence is None or 0 <= confidence <= 1


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"labels": ("a", "b"), "scorer": ScorerSpec(name="contains")}, True),
        ({"labels": (), "scorer": ScorerSpec(name="choice")}, True),
        ({"labels": (), "scorer": ScorerSpec(name="numeric")}, True),
        ({"labels": (), "scorer": ScorerSpec(name="token_f1")}, False),
        ({"labels": ("a", "b"), "max_output_tokens": MAX_ANSWER_TOKENS + 1}, False),
    ],
)
def test_it_is_asked_for_where_answers_are_closed_and_short(parts: dict[str, object], wanted: bool) -> None:
    task = make_task(2, **parts)
    assert is_wanted(task) is wanted
    able = make_endpoint(capabilities=frozenset({"logprobs"}))
    asking = Asking(task)
    assert (asking.is_asked(able), asking.is_asked(make_endpoint())) == (wanted, False)
    asking.refuse(able)
    assert not asking.is_asked(able)


def able_world(client: FakeClient, **parts: object) -> Live:
    market = two_providers()
    able = {e.id: replace(e, capabilities=frozenset({"logprobs"})) for e in market.endpoints.values()}
    return Live(client=client, market=replace(market, endpoints=able), **parts)  # type: ignore[arg-type]


def told_body(confidence: float) -> bytes:
    body = json.loads(ok_body("yes"))
    body["choices"][0]["logprobs"] = {"content": [{"token": "yes", "logprob": math.log(confidence)}]}
    return json.dumps(body).encode()


async def test_an_outcome_says_how_sure_its_candidate_was() -> None:
    def answer(_number: int, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        assert json.loads(wire.body)["logprobs"] is True
        return RawReply(http_status=200, body=told_body(0.25 if endpoint.id == "m00" else 0.75))

    world = able_world(FakeClient(answer))
    found = await world.buy(probe("m00", 0), probe("m01", 1))
    assert [o.confidence for o in found] == [pytest.approx(0.25), pytest.approx(0.75)]


async def test_who_refuses_to_say_it_is_asked_without_and_stays_in_the_search() -> None:
    def answer(_number: int, wire: WireRequest, _endpoint: Endpoint) -> RawReply:
        if b"logprobs" in wire.body:
            return RawReply(http_status=403, body=b'{"error":{"message":"not allowed to request logprobs"}}')
        return RawReply(http_status=200, body=ok_body("yes"))

    world = able_world(FakeClient(answer))
    world.evaluator.bound_usd([probe("m00", 0, 2, 4)], world.candidates)
    found = await world.buy(probe("m00", 0, 2, 4))
    assert {(o.status, o.confidence, o.score) for o in found} == {(Status.OK, None, 1.0)}
    assert [(e.code, e.subject) for e in world.recorder.events if isinstance(e, Warned)] == [
        ("confidence-refused", "m00")
    ]
    assert len(world.recorder.of(CallSettled)) == 3


async def test_a_reply_that_was_paid_without_it_is_used_again() -> None:
    replies = MemoryReplies()
    plain = Live(client=FakeClient(lambda *_: RawReply(http_status=200, body=ok_body("yes"))), replies=replies)
    await plain.buy(probe("m00", 0))
    world = able_world(FakeClient(lambda *_: AssertionError("called")), replies=replies)
    (found,) = await world.buy(probe("m00", 0))
    assert (found.candidate_id, found.confidence) == (CandidateId("m00"), None)
    assert found.spend_usd == 0
    assert found.call_ids[0].startswith("stored-")
    assert world.market.endpoints[EndpointId("m00")].capabilities
