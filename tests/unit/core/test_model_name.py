import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.model_name import model_name

SAME = [
    ("meta-llama/Meta-Llama-3.1-8B-Instruct", "Meta-Llama-3_1-8B-Instruct", "llama-3-1-8b-instruct"),
    ("accounts/fireworks/models/dbrx-instruct", "dbrx-instruct"),
    ("llama-3.1-405b-instruct", "Llama-3.1-405B-Inst@sambanova", "Llama-3.1-405B-Inst-fp8"),
    ("Phi-4-Q8_0", "phi4", "phi-4"),
    ("mixtral-8x7b-instruct-v0.1.Q8_0", "Mixtral-8x7B-Instruct-v0.1"),
    ("gemini-1.5-flash-002", "gemini-flash-1.5-002"),
    ("claude-3.5-sonnet-1022", "claude-3-5-sonnet-20241022"),
    ("gpt-4o-2024-05-13", "gpt-4o-20240513", "openai/gpt-4o-2024-05-13"),
    ("gpt-4-1-mini", "gpt-4.1-mini"),
    ("DeepSeek-Coder-V2-0724", "deepseek-v2-coder-0724"),
    ("deepseek-v3-1", "deepseek-v3p1", "deepseek-v3.1"),
    ("c4ai-command-r-plus-08-2024", "command-r-plus-2408"),
    ("open-mixtral-8x22b", "mixtral-8x22b"),
    ("qwen1_5-72b-chat-q8_0", "Qwen1.5-72B-Chat"),
    ("qwen3-5-flash-2026-02-23", "qwen3-5-flash-02-23"),
    ("qwen2-5-0-5b", "Qwen2.5-0.5B"),
]
VERSIONS = [
    ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "gpt-4o"),
    ("gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-3.5-turbo-1106"),
    ("Meta-Llama-3.1-70B", "Meta-Llama-3.1-70B-Instruct", "llama-3.1-70b-instruct-sys"),
    ("codellama:70b-instruct-q2_K", "codellama:70b-instruct-q4_K_M"),
    ("gemini-2.5-pro", "gemini-2.5-pro-preview-03-25"),
    ("mistral-large-2407", "mistral-large-2411"),
    ("Mistral-7B-Instruct-v0.1", "Mistral-7B-Instruct-v0.2"),
]
OTHERS = [
    ("o3-mini", "o3-mini-high", "o3", "o4-mini"),
    ("gpt-4", "gpt-4o", "gpt-4.1", "gpt-4-turbo", "gpt-4o-mini", "gpt-4.1-mini", "gpt-4.1-nano"),
    ("claude-3-5-sonnet", "claude-3-7-sonnet", "claude-sonnet-4", "claude-sonnet-4-5", "claude-opus-4"),
    ("llama-3-8b", "llama-3.1-8b", "llama-3-1-70b", "llama-3.3-70b"),
    ("qwen3-30b-a3b-thinking-2507", "qwen3-30b-a3b-instruct-2507"),
    ("grok-4-fast-reasoning", "grok-4-fast-non-reasoning"),
    ("gemini-2.0-flash", "gemini-2.0-flash-lite", "gemini-2.5-flash"),
    ("deepseek-v2", "deepseek-v2.5", "deepseek-v3", "deepseek-r1"),
    ("mistral-small", "mistral-medium", "mistral-large", "mistral-nemo", "ministral-8b"),
    ("gemma2_27b", "gemma3_27b", "gemma2_9b"),
    ("kimi-k2-5", "kimi-k2-6", "kimi-k2"),
]


@pytest.mark.parametrize("names", SAME)
def test_one_model_spelled_in_several_ways_has_one_key(names: tuple[str, ...]) -> None:
    assert len({model_name(name).key for name in names}) == 1


@pytest.mark.parametrize("names", VERSIONS)
def test_versions_have_one_line_and_never_one_key(names: tuple[str, ...]) -> None:
    assert len({model_name(name).line for name in names}) == 1
    assert len({model_name(name).key for name in names}) == len(names)


@pytest.mark.parametrize("names", OTHERS)
def test_other_sizes_generations_and_efforts_are_other_lines(names: tuple[str, ...]) -> None:
    assert len({model_name(name).line for name in names}) == len(names)


@pytest.mark.parametrize(
    ("name", "params_b", "same"),
    [
        ("llama3.1", 8.0, "llama-3.1-8b"),
        ("llama3.1_70b", 70.0, "llama-3.1-70b"),
        ("qwen3-1-7b", 1.7, "Qwen3-1.7B"),
        ("deepseek-r1_1.5b", 1.5, "deepseek-r1-1.5b"),
        ("kimi-k2", 1000.0, "kimi-k2-1000b"),
    ],
)
def test_a_size_told_beside_the_name_counts_as_told_in_it(name: str, params_b: float, same: str) -> None:
    assert model_name(name, params_b).key == model_name(same).key


def test_without_the_size_a_torn_number_is_a_version() -> None:
    assert model_name("qwen3-1-7b").key != model_name("Qwen3-1.7B").key


def test_families_are_the_first_word() -> None:
    names = ("o1-mini", "o4-mini", "gpt-4o", "meta-llama/Meta-Llama-3-8B", "qwen2.5_7b", "chatgpt-4o-latest")
    assert [model_name(name).family for name in names] == ["o", "o", "gpt", "llama", "qwen", "chatgpt"]


@given(st.text(max_size=40), st.none() | st.floats(0.01, 5000))
def test_any_text_is_a_name_and_spelling_it_in_capitals_changes_nothing(name: str, params_b: float | None) -> None:
    found = model_name(name, params_b)
    assert found.key.startswith(found.family)
    assert found.line.startswith(found.family)
    if name.isascii():
        assert model_name(name.upper(), params_b) == found
        assert model_name(f"host/{name}@place" if "@" not in name and "/" not in name else name, params_b) == found
