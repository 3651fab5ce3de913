"""What the dialects send to providers that keep the start of a prompt."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.ports import Dialect
from modelsearch.core.wire import Message, ModelRequest
from modelsearch.providers.dialects.anthropic_messages import AnthropicMessages
from modelsearch.providers.dialects.google_generate import GoogleGenerate
from modelsearch.providers.dialects.openai_chat import OpenAiChat
from modelsearch.testing.factories import make_endpoint, make_rates

RULES, EXAMPLES = "Rule. " * 300, "Example. " * 500
CHARGED = (
    *make_rates(),
    Rate(kind="cache_read", usd=Decimal("0.1")),
    Rate(kind="cache_write_5m", usd=Decimal("1.25")),
)
EPHEMERAL = {"cache_control": {"type": "ephemeral"}}
BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}


def request(rest: str = "Is it?", examples: str = EXAMPLES) -> ModelRequest:
    system = Message(role="system", content=RULES, n_stable_chars=len(RULES))
    user = Message(role="user", content=examples + rest, n_stable_chars=len(examples))
    return ModelRequest(messages=(system, user), max_output_tokens=16)


def endpoint(provider_id: str = "p0", **changes: Any) -> Endpoint:
    given = {"rates": CHARGED, "capabilities": frozenset({"prompt_cache"}), "provider_id": ProviderId(provider_id)}
    return make_endpoint(**(given | changes))


def bodies(dialect: Dialect, to: Endpoint, asked: ModelRequest | None = None) -> tuple[Any, Any]:
    wire = dialect.encode(asked or request(), to)
    return json.loads(wire.body), json.loads(wire.marked.body)


def test_anthropic_marks_the_end_of_the_examples() -> None:
    plain, marked = bodies(AnthropicMessages(), endpoint())
    assert "cache_control" not in json.dumps(plain)
    assert marked["system"] == RULES
    assert marked["messages"][0]["content"] == [
        {"type": "text", "text": EXAMPLES, **EPHEMERAL},
        {"type": "text", "text": "Is it?"},
    ]
    assert marked | {"messages": plain["messages"]} == plain


def test_anthropic_marks_the_system_text_where_items_begin_apart() -> None:
    plain, marked = bodies(AnthropicMessages(), endpoint(), request(examples=""))
    assert marked["system"] == [{"type": "text", "text": RULES, **EPHEMERAL}]
    assert marked | {"system": RULES} == plain


def test_anthropic_without_system_messages_marks_the_first_user_message() -> None:
    _, marked = bodies(AnthropicMessages(), endpoint(capabilities=frozenset({"prompt_cache", "no_system"})))
    first, rest = marked["messages"][0]["content"]
    assert first == {"type": "text", "text": f"{RULES}\n\n{EXAMPLES}", **EPHEMERAL}
    assert rest["text"] == "Is it?"


@pytest.mark.parametrize("dialect", [AnthropicMessages(), OpenAiChat(), GoogleGenerate()])
@pytest.mark.parametrize("provider_id", ["openai", "openrouter", "p0"])
def test_a_mark_makes_no_other_call(dialect: Dialect, provider_id: str) -> None:
    can = endpoint(provider_id)
    wire = dialect.encode(request(), can)
    plain = dialect.encode(request(), replace(can, capabilities=frozenset()))
    key = plain.body if plain.key_body is None else plain.key_body
    for sent in (wire, wire.marked):
        assert (sent.body if sent.key_body is None else sent.key_body) == key
    assert wire.prefix == dialect.encode(request("Another?"), can).prefix != ""
    assert plain.prefix == ""
    assert plain.marked is plain


def test_openai_keeps_only_what_is_marked_where_keeping_is_charged() -> None:
    plain, marked = bodies(OpenAiChat(), endpoint("openai"))
    assert plain["prompt_cache_options"] == marked["prompt_cache_options"] == {"mode": "explicit"}
    assert isinstance(plain["messages"][1]["content"], str)
    assert marked["messages"][1]["content"][0] == {"type": "text", "text": EXAMPLES, **BREAKPOINT}


def test_openai_models_that_keep_for_nothing_are_asked_plainly() -> None:
    free = endpoint("openai", rates=CHARGED[:-1])
    plain, marked = bodies(OpenAiChat(), free)
    assert plain == marked
    assert "prompt_cache_options" not in plain
    short = ModelRequest(messages=(Message(role="user", content="Short?"),), max_output_tokens=16)
    assert "prompt_cache_options" not in bodies(OpenAiChat(), endpoint("openai"), short)[0]


def test_a_router_passes_marks_on() -> None:
    plain, marked = bodies(OpenAiChat(), endpoint("openrouter"))
    assert "prompt_cache_options" not in plain
    assert marked["messages"][1]["content"][0] == {"type": "text", "text": EXAMPLES, **EPHEMERAL}
    assert marked["provider"] == plain["provider"]


def test_others_need_no_mark() -> None:
    for dialect in (OpenAiChat(), GoogleGenerate()):
        wire = dialect.encode(request(), endpoint("deepseek"))
        assert wire.marked is wire
        assert wire.prefix
