import json

from modelsearch.providers.dialects.anthropic_messages import AnthropicMessages
from tests.unit.providers.dialects.test_openai_chat import REQUEST, make_endpoint


def test_the_system_text_is_a_field_of_its_own_and_there_is_no_seed() -> None:
    wire = AnthropicMessages().encode(REQUEST, make_endpoint("seed"))
    assert wire.path == "/messages"
    assert wire.headers["anthropic-version"] == "2023-06-01"
    assert json.loads(wire.body) == {
        "model": "acme-m",
        "max_tokens": 16,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "é?"}],
        "temperature": 0.0,
    }


def test_effort_tool_and_no_temperature_follow_the_capabilities() -> None:
    endpoint = make_endpoint("reasoning", "json_schema", "no_temperature", "no_system")
    body = json.loads(AnthropicMessages().encode(REQUEST, endpoint).body)
    assert body == {
        "model": "acme-m",
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "Be brief.\n\né?"}],
        "output_config": {"effort": "low"},
        "tools": [{"name": "answer", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "answer"},
    }
