import json
from dataclasses import replace

import pytest

from modelsearch.core.wire import Message, RawReply
from modelsearch.providers.dialects.google_generate import GoogleGenerate
from tests.unit.providers.dialects.test_openai_chat import REQUEST, make_endpoint


def test_plain_request() -> None:
    wire = GoogleGenerate().encode(REQUEST, make_endpoint())
    assert wire.path == "/models/acme-m:generateContent"
    assert json.loads(wire.body) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "é?"}]}],
        "generationConfig": {"maxOutputTokens": 16, "temperature": 0.0},
    }


def test_everything_that_the_capabilities_allow() -> None:
    endpoint = make_endpoint("reasoning", "json_schema", "no_temperature", "no_system", "seed")
    body = json.loads(GoogleGenerate().encode(REQUEST, endpoint).body)
    assert "systemInstruction" not in body
    assert body["generationConfig"] == {
        "maxOutputTokens": 16,
        "seed": 7,
        "thinkingConfig": {"thinkingLevel": "low"},
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    }


def test_the_assistant_is_called_model() -> None:
    turns = replace(REQUEST, messages=(*REQUEST.messages, Message(role="assistant", content="ok")))
    body = json.loads(GoogleGenerate().encode(turns, make_endpoint()).body)
    assert [turn["role"] for turn in body["contents"]] == ["user", "model"]


def test_a_model_name_cannot_leave_its_place_in_the_path() -> None:
    odd = replace(make_endpoint(), wire_name="models/../x?key=1")
    assert GoogleGenerate().encode(REQUEST, odd).path == "/models/..%2Fx%3Fkey%3D1:generateContent"


def test_log_probabilities_are_asked_of_who_can_and_make_no_other_call() -> None:
    sure, able = replace(REQUEST, has_logprobs=True), make_endpoint("logprobs")
    wire, plain = GoogleGenerate().encode(sure, able), GoogleGenerate().encode(REQUEST, able)
    assert json.loads(wire.body)["generationConfig"]["responseLogprobs"] is True
    assert wire.key_body == plain.body
    assert GoogleGenerate().encode(sure, make_endpoint()) == GoogleGenerate().encode(REQUEST, make_endpoint())


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"chosenCandidates": [{"token": "yes", "logProbability": -0.5}]}, (("yes", -0.5),)),
        ({"chosenCandidates": [{"token": "yes"}]}, ()),
        ({"topCandidates": []}, ()),
        ("odd", ()),
    ],
)
def test_a_paid_reply_is_read_whatever_its_log_probabilities_look_like(
    told: object, found: tuple[tuple[str, float], ...]
) -> None:
    candidate = {"content": {"parts": [{"text": "yes"}]}, "finishReason": "STOP", "logprobsResult": told}
    body = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 1}}
    reply = GoogleGenerate().decode(RawReply(http_status=200, body=json.dumps(body).encode()))
    assert (reply.text, tuple(token[:2] for token in reply.logprobs)) == ("yes", found)
