from decimal import Decimal

import msgspec
import pytest

from modelsearch.emulator.replies import EmulatedReply
from modelsearch.emulator.wire import WireError
from modelsearch.emulator.wire_openai import OpenAiWire

WIRE = OpenAiWire()
REPLY = EmulatedReply(
    text="hi", input_tokens=7, cached_tokens=3, output_tokens=2, reasoning_tokens=5, cost_usd=Decimal("0.5"), model="m"
)


def asked_of(body: object) -> object:
    return WIRE.asked("p", "chat/completions", {}, msgspec.json.encode(body))


def test_prompt_tokens_include_the_cached_and_completion_tokens_the_hidden() -> None:
    usage = msgspec.json.decode(WIRE.answer(REPLY, 1))["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (10, 7, 17)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 3
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 5
    assert usage["cost"] == 0.5


def test_a_refusal_has_no_content() -> None:
    choice = msgspec.json.decode(WIRE.answer(EmulatedReply(text="no", is_refusal=True), 1))["choices"][0]
    assert (choice["message"]["content"], choice["message"]["refusal"]) == (None, "no")
    assert choice["finish_reason"] == "content_filter"


def test_messages_pins_and_limits_are_read() -> None:
    parts = [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]
    body = {
        "model": "m",
        "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": parts}],
        "max_completion_tokens": 9,
        "provider": {"only": ["host/fp8"], "allow_fallbacks": False},
        "unknown": 1,
    }
    asked = WIRE.asked("p", "chat/completions", {}, msgspec.json.encode(body))
    assert (asked.prompt_text, asked.host, asked.max_output_tokens) == ("a\n\nbc", "host/fp8", 9)
    assert asked.given == {"max_completion_tokens"}


@pytest.mark.parametrize("body", [{}, {"model": "m", "messages": []}, {"model": "m", "messages": "hi"}, []])
def test_bodies_of_another_shape_are_refused(body: object) -> None:
    with pytest.raises(WireError):
        asked_of(body)


def test_the_key_is_a_bearer_token() -> None:
    assert WIRE.key_of({b"authorization": b"Bearer abc"}, b"") == "abc"
    assert WIRE.key_of({b"authorization": b"Basic abc"}, b"") is None
    assert WIRE.key_of({}, b"") is None
