import json
from dataclasses import replace

from modelsearch.core.wire import Message
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
