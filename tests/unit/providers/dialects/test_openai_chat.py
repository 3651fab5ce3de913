import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.wire import Message, ModelRequest, RawReply
from modelsearch.providers.dialects.openai_chat import OpenAiChat

REQUEST = ModelRequest(
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="é?")),
    max_output_tokens=16,
    temperature=0.0,
    seed=7,
    reasoning_effort="low",
    json_schema={"type": "object"},
)


def make_endpoint(*capabilities: str, provider: str = "acme", host: str | None = None) -> Endpoint:
    return Endpoint(
        id=EndpointId("acme/m"),
        model_id=ModelId("m"),
        provider_id=ProviderId(provider),
        wire_name="acme-m",
        rates=(),
        host=host,
        capabilities=frozenset(capabilities),
    )


def body_of(request: ModelRequest, endpoint: Endpoint) -> dict[str, Any]:
    wire = OpenAiChat().encode(request, endpoint)
    assert wire.path == "/chat/completions"
    body: dict[str, Any] = json.loads(wire.body)
    return body


def test_without_capabilities_only_the_plain_fields_are_sent() -> None:
    assert body_of(REQUEST, make_endpoint()) == {
        "model": "acme-m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "é?"}],
        "max_tokens": 16,
        "temperature": 0.0,
    }


def test_a_reasoning_model_gets_its_own_fields() -> None:
    body = body_of(REQUEST, make_endpoint("reasoning", "max_completion_tokens", "no_temperature", "no_system"))
    assert body == {
        "model": "acme-m",
        "messages": [{"role": "user", "content": "Be brief.\n\né?"}],
        "max_completion_tokens": 16,
        "reasoning_effort": "low",
    }


def test_schema_and_seed_go_where_they_are_understood() -> None:
    body = body_of(REQUEST, make_endpoint("json_schema", "seed"))
    assert body["seed"] == 7
    assert body["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": {"type": "object"}}


def test_the_router_is_pinned_to_the_host() -> None:
    body = body_of(REQUEST, make_endpoint("reasoning", provider="openrouter", host="deepinfra/fp8"))
    assert body["provider"] == {"only": ["deepinfra/fp8"], "allow_fallbacks": False, "require_parameters": True}
    assert body["reasoning"] == {"effort": "low"}
    assert "reasoning_effort" not in body


def test_the_router_without_a_host_still_requires_the_parameters() -> None:
    assert body_of(REQUEST, make_endpoint(provider="openrouter"))["provider"] == {"require_parameters": True}


def test_the_router_is_told_of_zero_retention_and_nobody_else_is() -> None:
    private = replace(REQUEST, is_zdr=True)
    told = body_of(private, make_endpoint(provider="openrouter"))["provider"]
    assert told == {"zdr": True, "data_collection": "deny", "require_parameters": True}
    assert body_of(private, make_endpoint()) == body_of(REQUEST, make_endpoint())


def test_the_router_refuses_a_dearer_host_and_the_limit_does_not_make_it_another_call() -> None:
    free = make_endpoint(provider="openrouter", host="acme/fp8")
    priced = replace(free, rates=(Rate(kind="input", usd=Decimal("0.15")), Rate(kind="output", usd=Decimal(2))))
    limit = body_of(REQUEST, priced)["provider"].pop("max_price")
    assert limit == pytest.approx({"prompt": 0.15, "completion": 2.0, "request": 0.0}, rel=1e-5)
    plain, sent = OpenAiChat().encode(REQUEST, free), OpenAiChat().encode(REQUEST, priced)
    assert (plain.key_body, sent.key_body) == (None, plain.body)
    assert body_of(REQUEST, make_endpoint())["messages"] == json.loads(sent.body)["messages"]


def test_a_host_means_nothing_to_other_providers() -> None:
    assert "provider" not in body_of(REQUEST, make_endpoint(host="deepinfra/fp8"))


def test_no_system_with_nothing_to_fold_into() -> None:
    lone = replace(REQUEST, messages=REQUEST.messages[:1])
    assert body_of(lone, make_endpoint("no_system"))["messages"] == [{"role": "user", "content": "Be brief."}]


SURE = replace(REQUEST, has_logprobs=True)


def test_log_probabilities_are_asked_of_who_can_and_make_no_other_call() -> None:
    able = make_endpoint("logprobs")
    assert body_of(SURE, able) == {**body_of(REQUEST, able), "logprobs": True}
    assert body_of(SURE, make_endpoint()) == body_of(REQUEST, make_endpoint())
    assert OpenAiChat().encode(SURE, able).key_body == OpenAiChat().encode(REQUEST, able).body


def test_a_router_is_asked_for_them_at_a_pinned_host_only() -> None:
    free, pinned = (make_endpoint("logprobs", provider="openrouter", host=host) for host in (None, "acme/fp8"))
    assert "logprobs" not in body_of(SURE, free)
    assert body_of(SURE, pinned)["logprobs"] is True
    rates = (Rate(kind="input", usd=Decimal(1)), Rate(kind="output", usd=Decimal(2)))
    for endpoint in (pinned, replace(pinned, rates=rates)):
        sure, plain = (OpenAiChat().encode(request, endpoint) for request in (SURE, REQUEST))
        assert sure.key_body == (plain.key_body or plain.body)
        assert json.loads(sure.body) == {**json.loads(plain.body), "logprobs": True}


def told(logprobs: object) -> RawReply:
    choice = {"message": {"content": "yes"}, "finish_reason": "stop", "logprobs": logprobs}
    return RawReply(http_status=200, body=json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1}}).encode())


@pytest.mark.parametrize(
    ("logprobs", "found"),
    [
        ({"content": [{"token": "y", "logprob": -0.5}, {"token": "es", "logprob": 0}]}, (("y", -0.5), ("es", 0.0))),
        ({"tokens": ["yes"], "token_logprobs": [-0.25]}, (("yes", -0.25),)),
        ({"content": [{"token": "yes", "logprob": 1e-9}]}, (("yes", 0.0),)),
        ({"content": [{"token": "y", "logprob": -0.5}, {"token": "es"}]}, ()),
        ({"tokens": ["yes"], "token_logprobs": [None]}, ()),
        ({"content": "yes"}, ()),
        ([1], ()),
        ("odd", ()),
        (None, ()),
    ],
)
def test_a_paid_reply_is_read_whatever_its_log_probabilities_look_like(
    logprobs: object, found: tuple[tuple[str, float], ...]
) -> None:
    reply = OpenAiChat().decode(told(logprobs))
    assert (reply.text, tuple(token[:2] for token in reply.logprobs)) == ("yes", found)


def test_alternatives_are_asked_for_as_another_call_and_read() -> None:
    able = make_endpoint("logprobs")
    asked = replace(SURE, n_alternatives=50)
    wire = OpenAiChat().encode(asked, able)
    assert json.loads(wire.body)["top_logprobs"] == 20
    assert wire.key_body is None
    assert "top_logprobs" not in body_of(asked, make_endpoint())
    others = [{"token": "yes", "logprob": -0.5}, {"token": "no", "logprob": -1.0}]
    reply = OpenAiChat().decode(told({"content": [{"token": "yes", "logprob": -0.5, "top_logprobs": others}]}))
    assert reply.logprobs[0].others == (("yes", -0.5), ("no", -1.0))
    for odd in ({"no": 1}, [1], "x", [{"token": 1}]):
        reply = OpenAiChat().decode(told({"content": [{"token": "yes", "logprob": -0.5, "top_logprobs": odd}]}))
        assert reply.logprobs[0].others == ()
