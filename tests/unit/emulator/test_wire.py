from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.core.ports import Dialect
from modelsearch.core.wire import Message, ModelRequest, RawReply
from modelsearch.emulator.app import WIRES
from modelsearch.emulator.replies import EmulatedReply, surely_told
from modelsearch.emulator.wire import Failure, Trouble, WireFormat, encoded
from modelsearch.emulator.wire_google import GoogleWire
from modelsearch.emulator.wire_openai import OpenAiWire
from modelsearch.evaluate.confidence import confidence_of
from modelsearch.providers.dialects.google_generate import GoogleGenerate
from modelsearch.providers.dialects.openai_chat import OpenAiChat
from modelsearch.testing.factories import make_endpoint

STATUSES = {
    "openai_chat": {Trouble.OVERLOADED: 503, Trouble.QUOTA: 429},
    "openai_embeddings": {Trouble.OVERLOADED: 503, Trouble.QUOTA: 429},
    "anthropic_messages": {Trouble.OVERLOADED: 529, Trouble.QUOTA: 402},
    "google_generate": {Trouble.OVERLOADED: 503, Trouble.QUOTA: 429},
}
EVERYWHERE = {
    Trouble.BAD_REQUEST: 400,
    Trouble.UNSUPPORTED: 400,
    Trouble.AUTH: 401,
    Trouble.NOT_FOUND: 404,
    Trouble.RATE: 429,
    Trouble.SERVER: 500,
}


@pytest.mark.parametrize("name", sorted(WIRES))
@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_format_has_a_status_for_every_trouble(name: str, trouble: Trouble) -> None:
    answer = WIRES[name].error(Failure(trouble=trouble, message="so it is"))
    assert answer.status == (EVERYWHERE | STATUSES[name])[trouble]
    assert b"so it is" in answer.body


def test_money_is_a_plain_number_on_the_wire() -> None:
    assert encoded({"cost": Decimal("0.000012000000")}) == b'{"cost":0.000012000000}'


def test_waiting_is_told_in_whole_or_broken_seconds() -> None:
    assert Failure(trouble=Trouble.RATE, message="", retry_after_s=2).retry_headers() == ((b"retry-after", b"2"),)
    assert Failure(trouble=Trouble.RATE, message="", retry_after_s=0.25).retry_headers() == ((b"retry-after", b"0.25"),)
    assert Failure(trouble=Trouble.RATE, message="").retry_headers() == ()


@pytest.mark.parametrize(
    ("wire", "dialect", "name"),
    [(OpenAiWire(), OpenAiChat(), "chat/completions"), (GoogleWire(), GoogleGenerate(), "models/m:generateContent")],
)
def test_who_is_asked_how_sure_it_is_tells_it_so_that_the_dialect_reads_it(
    wire: WireFormat, dialect: Dialect, name: str
) -> None:
    able = make_endpoint(capabilities=frozenset({"logprobs"}))
    request = ModelRequest(messages=(Message(role="user", content="x"),), max_output_tokens=9, has_logprobs=True)
    asked = wire.asked("p", name, {}, dialect.encode(request, able).body)
    assert "logprobs" in asked.given
    assert "logprobs" not in wire.asked("p", name, {}, dialect.encode(request, make_endpoint()).body).given
    told = EmulatedReply(text="Label: yes", logprobs=surely_told("Label: yes", "yes", 0.25), output_tokens=2)
    reply = dialect.decode(RawReply(http_status=200, body=wire.answer(told, 1)))
    assert reply.logprobs == told.logprobs
    assert confidence_of(reply, "yes") == pytest.approx(0.25)
    silent = dialect.decode(RawReply(http_status=200, body=wire.answer(replace(told, logprobs=()), 1)))
    assert silent.logprobs == ()
