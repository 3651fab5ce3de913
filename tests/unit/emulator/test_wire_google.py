import msgspec
import pytest

from modelsearch.emulator.replies import EmulatedReply
from modelsearch.emulator.wire import WireError
from modelsearch.emulator.wire_google import GoogleWire

WIRE = GoogleWire()
REST = "models/family/name:generateContent"


def test_thoughts_are_counted_apart_and_the_prompt_includes_the_cached() -> None:
    reply = EmulatedReply(text="hi", input_tokens=7, cached_tokens=3, output_tokens=2, reasoning_tokens=5)
    usage = msgspec.json.decode(WIRE.answer(reply, 1))["usageMetadata"]
    assert (usage["promptTokenCount"], usage["cachedContentTokenCount"]) == (10, 3)
    assert (usage["candidatesTokenCount"], usage["thoughtsTokenCount"], usage["totalTokenCount"]) == (2, 5, 17)


@pytest.mark.parametrize(
    ("changes", "reason"), [({}, "STOP"), ({"is_truncated": True}, "MAX_TOKENS"), ({"is_refusal": True}, "SAFETY")]
)
def test_how_a_reply_ended(changes: dict[str, bool], reason: str) -> None:
    reply = EmulatedReply(text="hi", **changes)  # type: ignore[arg-type]
    assert msgspec.json.decode(WIRE.answer(reply, 1))["candidates"][0]["finishReason"] == reason


def test_the_model_is_in_the_path_and_the_system_text_comes_first() -> None:
    body = {
        "systemInstruction": {"parts": [{"text": "a"}]},
        "contents": [{"role": "user", "parts": [{"text": "b"}]}],
        "generationConfig": {"maxOutputTokens": 9, "temperature": 0},
    }
    asked = WIRE.asked("p", REST, {}, msgspec.json.encode(body))
    assert (asked.wire_name, asked.prompt_text, asked.max_output_tokens) == ("family/name", "a\n\nb", 9)
    assert asked.given == {"temperature"}
    assert WIRE.is_path(REST)
    assert not WIRE.is_path("models/family/name:countTokens")


@pytest.mark.parametrize("body", [{}, {"contents": []}, {"contents": "hi"}])
def test_bodies_of_another_shape_are_refused(body: object) -> None:
    with pytest.raises(WireError):
        WIRE.asked("p", REST, {}, msgspec.json.encode(body))


def test_the_key_is_a_header_or_a_query_parameter() -> None:
    assert WIRE.key_of({b"x-goog-api-key": b"abc"}, b"") == "abc"
    assert WIRE.key_of({}, b"alt=json&key=abc") == "abc"
    assert WIRE.key_of({}, b"") is None
