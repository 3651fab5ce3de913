"""Every format of every recommendation: loads in its own language, names no key's value, and nothing breaks out."""

import ast
import json
from typing import Any

import pytest
import yaml

from modelsearch.core.candidate import Candidate, singles_of
from modelsearch.core.errors import OptionError
from modelsearch.interop.exports.as_json import recommendation_json
from modelsearch.interop.exports.environment import env_lines
from modelsearch.interop.exports.lines import commented, env_value, one_line
from modelsearch.interop.exports.litellm import litellm_config
from modelsearch.interop.exports.openrouter import openrouter_settings
from modelsearch.interop.exports.snippet import python_snippet
from tests.unit.interop.exports.small import CASCADE, HOSTILE, PROVIDERS, VOTE, deployed, single, task

CANDIDATES: list[Candidate] = [*(single(name) for name in PROVIDERS), VOTE, CASCADE]


def config(candidate: Candidate) -> dict[str, Any]:
    loaded = yaml.safe_load(litellm_config(deployed(candidate)))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize(
    ("name", "model", "base"),
    [
        ("anthropic", "anthropic/claude-x", None),
        ("google", "gemini/gemini-x", None),
        ("openrouter", "openrouter/acme/wide-7b", "https://openrouter.ai/api/v1"),
        ("zai", "openai/glm-x", "https://api.z.ai/api/paas/v4"),
        ("vllm", "openai/wide-7b", "http://localhost:8000/v1"),
        ("own", "anthropic/mine", "http://localhost:9000/p/own"),
    ],
)
def test_litellm_calls_what_was_evaluated_by_its_own_name(name: str, model: str, base: str | None) -> None:
    entry = config(single(name))["model_list"][0]
    params = entry["litellm_params"]
    assert (entry["model_name"], params["model"], params.get("api_base")) == ("sorting", model, base)
    key = PROVIDERS[name][2]
    assert params["api_key"] == ("none" if key is None else f"os.environ/{key}")
    assert (params["max_tokens"], params["temperature"]) == (64, 0.0)
    assert entry["model_info"] == {"input_cost_per_token": 5e-7, "output_cost_per_token": 2e-6}


def test_litellm_falls_back_to_the_baseline_with_its_own_parameters() -> None:
    found = config(single("zai"))
    assert found["router_settings"]["fallbacks"] == [{"sorting": ["sorting-baseline"]}]
    baseline = found["model_list"][1]["litellm_params"]
    assert baseline["max_completion_tokens"] == 64 + 2048
    assert baseline["reasoning_effort"] == "low"
    assert "temperature" not in baseline


def test_litellm_pins_the_host_of_a_router() -> None:
    provider = config(single("openrouter"))["model_list"][0]["litellm_params"]["extra_body"]["provider"]
    assert provider["only"] == ["acmehost/fp8"]
    assert provider["allow_fallbacks"] is False
    assert provider["max_price"]["prompt"] == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("candidate", [VOTE, CASCADE])
def test_a_composite_is_its_server_and_its_members(candidate: Candidate) -> None:
    found = config(candidate)
    first = found["model_list"][0]
    assert first["litellm_params"] == {
        "model": "openai/sorting",
        "api_base": "http://127.0.0.1:4310/v1",
        "api_key": "os.environ/MODELSEARCH_SERVE_KEY",
    }
    assert len(found["model_list"]) == 2 + len(singles_of(candidate))
    assert "modelsearch serve-candidate r --mode messages" in litellm_config(deployed(candidate))


def test_the_baseline_has_nobody_to_fall_back_to() -> None:
    kept = deployed(single("openai", "low"))
    assert "fallbacks" not in litellm_config(kept)
    assert "FALLBACK" not in env_lines(kept)
    assert json.loads(recommendation_json(kept))["is_recommended"] is False


def test_openrouter_settings_are_a_request_without_its_messages() -> None:
    found = json.loads(openrouter_settings(deployed(single("openrouter"))))["request"]
    assert found["model"] == "acme/wide-7b"
    assert "messages" not in found
    routing = found["provider"]
    assert (routing["order"], routing["only"], routing["quantizations"]) == (
        ["acmehost/fp8"],
        ["acmehost/fp8"],
        ["fp8"],
    )
    assert (routing["allow_fallbacks"], routing["require_parameters"]) == (False, True)
    assert routing["max_price"]["completion"] == pytest.approx(2, rel=1e-5)


def test_openrouter_refuses_what_it_does_not_serve() -> None:
    with pytest.raises(OptionError, match="openai/m is not at OpenRouter: use --format"):
        openrouter_settings(deployed(CASCADE))


def test_env_names_the_variable_of_the_key() -> None:
    lines = dict(line.split("=", 1) for line in env_lines(deployed(single("zai"))).splitlines() if line[0] != "#")
    assert lines["LLM_MODEL"] == "glm-x"
    assert lines["LLM_API_KEY_VARIABLE"] == "ZAI_API_KEY"
    assert lines["LLM_FALLBACK_REASONING_EFFORT"] == "low"
    assert "LLM_FALLBACK_TEMPERATURE" not in lines


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_every_format_loads_and_says_what_it_rests_on(candidate: Candidate) -> None:
    found, spec = deployed(candidate), task()
    texts = [litellm_config(found), env_lines(found), python_snippet(found, spec), recommendation_json(found)]
    assert all("certified" in text for text in texts)
    yaml.safe_load(texts[0])
    ast.parse(texts[2])
    json.loads(texts[3])


def test_names_of_strangers_do_not_break_out() -> None:
    spec = task(user=f"{{{{ input }}}} {HOSTILE}", name=HOSTILE)
    found = deployed(single("zai"), spec, told=(HOSTILE, "certified", HOSTILE))
    lines = litellm_config(found).splitlines()
    assert yaml.safe_load("\n".join(lines))["model_list"][0]["model_name"] == HOSTILE
    tree = ast.parse(python_snippet(found, spec))
    assert [type(node).__name__ for node in tree.body] == [
        *["Import"] * 4, "Assign", *["FunctionDef"] * 5, "If",
    ]  # fmt: skip
    assert all(line.startswith("#") or "=" in line for line in env_lines(found).splitlines())
    assert json.loads(recommendation_json(found))["name"] == HOSTILE


def test_comments_are_one_line_each_and_show_nothing_unseen() -> None:
    text = commented([HOSTILE, "", "plain"])
    assert len(text.splitlines()) == 3
    assert all(line.startswith("#") for line in text.splitlines())
    assert "\u202e" not in one_line(HOSTILE)
    assert "\u2028" not in one_line(HOSTILE)


@pytest.mark.parametrize("value", ["a$b", "a`b", 'a"b', "a\\b", "it's"])
def test_env_refuses_what_tools_read_differently(value: str) -> None:
    with pytest.raises(OptionError, match="use json"):
        env_value(value)


def test_env_quotes_what_is_more_than_a_word() -> None:
    assert env_value("two words") == '"two words"'
    assert env_value("acme/wide-7b:free") == "acme/wide-7b:free"
