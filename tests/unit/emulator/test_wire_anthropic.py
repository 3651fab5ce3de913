import msgspec
import pytest

from modelsearch.emulator.replies import EmulatedReply
from modelsearch.emulator.wire import WireError
from modelsearch.emulator.wire_anthropic import AnthropicWire

WIRE = AnthropicWire()
VERSION = {b"anthropic-version": b"2023-06-01"}
BODY = {"model": "m", "max_tokens": 9, "system": "a", "messages": [{"role": "user", "content": "b"}]}


def test_input_tokens_exclude_the_cached_and_output_tokens_include_the_hidden() -> None:
    reply = EmulatedReply(text="hi", input_tokens=7, cached_tokens=3, output_tokens=2, reasoning_tokens=5)
    usage = msgspec.json.decode(WIRE.answer(reply, 1))["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (7, 3, 7)


@pytest.mark.parametrize(
    ("changes", "reason"), [({}, "end_turn"), ({"is_truncated": True}, "max_tokens"), ({"is_refusal": True}, "refusal")]
)
def test_how_a_reply_ended(changes: dict[str, bool], reason: str) -> None:
    reply = EmulatedReply(text="hi", **changes)  # type: ignore[arg-type]
    assert msgspec.json.decode(WIRE.answer(reply, 1))["stop_reason"] == reason


def test_system_and_messages_are_the_prompt() -> None:
    asked = WIRE.asked("p", "messages", VERSION, msgspec.json.encode(BODY))
    assert (asked.prompt_text, asked.max_output_tokens, asked.wire_name) == ("a\n\nb", 9, "m")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, BODY),
        (VERSION, {key: value for key, value in BODY.items() if key != "max_tokens"}),
        (VERSION, BODY | {"messages": [{"role": "system", "content": "b"}]}),
    ],
)
def test_what_the_format_requires_is_required(headers: dict[bytes, bytes], body: object) -> None:
    with pytest.raises(WireError):
        WIRE.asked("p", "messages", headers, msgspec.json.encode(body))


def test_the_key_is_a_header_of_its_own_or_a_bearer_token() -> None:
    assert WIRE.key_of({b"x-api-key": b"k"}, b"") == "k"
    assert WIRE.key_of({b"authorization": b"Bearer k"}, b"") == "k"
    assert WIRE.key_of({}, b"") is None


def test_marks_are_counted_over_system_and_messages() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    parts = [{"type": "text", "text": "rules", **mark}, {"type": "text", "text": " more"}]
    body = BODY | {"messages": [{"role": "user", "content": parts}]}
    asked = WIRE.asked("p", "messages", VERSION, msgspec.json.encode(body))
    assert (asked.prompt_text, asked.n_marked_chars) == ("a\n\nrules more", len("a\n\nrules"))
    reply = EmulatedReply(text="hi", input_tokens=7, written_tokens=5)
    usage = msgspec.json.decode(WIRE.answer(reply, 1))["usage"]
    assert usage["cache_creation_input_tokens"] == usage["cache_creation"]["ephemeral_5m_input_tokens"] == 5
