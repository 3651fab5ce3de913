"""Facts that the sources of `make_catalogs` do not hold: sizes, equal names, and what is no chat model with a price.

Sizes are from the makers' model cards and papers; None = not published. What is not listed is read from the name
("8b", "30b-a3b") or stays unknown.
"""

import re
from typing import NamedTuple


class Facts(NamedTuple):
    """Billions of parameters, of active ones, trillions of training tokens."""

    params_b: float | None
    active_params_b: float | None = None
    training_tokens_t: float | None = None


SIZES: dict[str, Facts] = {
    "llama-3-8b": Facts(8, None, 15),
    "llama-3-1-8b": Facts(8, None, 15),
    "llama-3-1-70b": Facts(70, None, 15),
    "llama-3-2-1b": Facts(1.2, None, 9),
    "llama-3-2-3b": Facts(3.2, None, 9),
    "llama-3-3-70b": Facts(70, None, 15),
    "llama-4-scout": Facts(109, 17, 40),
    "llama-4-maverick": Facts(400, 17, 22),
    "gemma-2-27b": Facts(27, None, 13),
    "gemma-3-4b": Facts(4, None, 4),
    "gemma-3-12b": Facts(12, None, 12),
    "gemma-3-27b": Facts(27, None, 14),
    "phi-4": Facts(14, None, 9.8),
    "qwen2-5-7b": Facts(7.6, None, 18),
    "qwen2-5-14b": Facts(14.7, None, 18),
    "qwen2-5-32b": Facts(32.5, None, 18),
    "qwen2-5-72b": Facts(72.7, None, 18),
    "qwen3-8b": Facts(8.2, None, 36),
    "qwen3-14b": Facts(14.8, None, 36),
    "qwen3-32b": Facts(32.8, None, 36),
    "qwen3-30b-a3b": Facts(30.5, 3.3, 36),
    "qwen3-235b-a22b": Facts(235, 22, 36),
    "qwen3-235b-a22b-2507": Facts(235, 22, 36),
    "qwen3-coder": Facts(480, 35),
    "deepseek-v3": Facts(671, 37, 14.8),
    "deepseek-v3-0324": Facts(671, 37, 14.8),
    "deepseek-v3-1": Facts(671, 37),
    "deepseek-v3-1-terminus": Facts(671, 37),
    "deepseek-v3-2": Facts(671, 37),
    "deepseek-v3-2-exp": Facts(671, 37),
    "deepseek-r1": Facts(671, 37, 14.8),
    "deepseek-r1-0528": Facts(671, 37, 14.8),
    "gpt-oss-20b": Facts(21, 3.6),
    "gpt-oss-120b": Facts(117, 5.1),
    "kimi-k2": Facts(1000, 32, 15.5),
    "kimi-k2-0905": Facts(1000, 32, 15.5),
    "kimi-k2-thinking": Facts(1000, 32),
    "glm-4-5": Facts(355, 32, 23),
    "glm-4-5-air": Facts(106, 12, 23),
    "glm-4-6": Facts(355, 32),
    "minimax-01": Facts(456, 45.9),
    "minimax-m1": Facts(456, 45.9),
    "minimax-m2": Facts(230, 10),
    "mixtral-8x7b": Facts(46.7, 12.9),
    "mixtral-8x22b": Facts(141, 39),
    "wizardlm-2-8x22b": Facts(141, 39),
    "mistral-nemo": Facts(12),
    "mistral-7b": Facts(7.3),
    "mistral-large-2407": Facts(123),
    "mistral-large-2411": Facts(123),
    "mistral-large-2512": Facts(675, 41),
    "mistral-small-2506": Facts(24),
    "pixtral-12b": Facts(12),
    "hunyuan-a13b": Facts(80, 13),
    "command-a-03-2025": Facts(111),
    "command-a": Facts(111),
    "command-r-08-2024": Facts(32),
    "command-r-plus-08-2024": Facts(104),
    "granite-4-0-h-micro": Facts(3),
    "reka-flash-3": Facts(21),
}
# Open weights that people serve themselves: in models.yaml although no provider here sells them.
SELF_SERVED: dict[str, Facts] = {
    "smollm2-135m": Facts(0.135, None, 2),
    "smollm2-360m": Facts(0.362, None, 4),
    "smollm2-1-7b": Facts(1.7, None, 11),
    "gemma-3-270m": Facts(0.27, None, 6),
    "gemma-3-1b": Facts(1, None, 2),
    "qwen2-5-0-5b": Facts(0.49, None, 18),
    "qwen2-5-1-5b": Facts(1.5, None, 18),
    "qwen2-5-3b": Facts(3.1, None, 18),
    "qwen3-0-6b": Facts(0.6, None, 36),
    "qwen3-1-7b": Facts(1.7, None, 36),
    "qwen3-4b": Facts(4, None, 36),
    "phi-4-mini": Facts(3.8, None, 5),
    "mistral-7b": Facts(7.3),
    "llama-3-2-1b": Facts(1.2, None, 9),
    "llama-3-2-3b": Facts(3.2, None, 9),
}
DENSE = re.compile(
    r"^(llama-3|smollm|gemma-[23]|phi-4|qwen2-5|qwen3-(0-6b|1-7b|4b|8b|14b|32b)$|mistral-(7b|nemo|small|large-24)|ministral|hermes)"
)
SAME_MODEL = {
    "deepseek-chat": "deepseek-v3",
    "deepseek-chat-v3-0324": "deepseek-v3-0324",
    "deepseek-chat-v3-1": "deepseek-v3-1",
    "deepseek-flash": "deepseek-v4-1-flash",
    "deepseek-exp-v3-2": "deepseek-v3-2-exp",
    "deepseek-v4-flash-vision-exp": "deepseek-v4-flash-vision",
    "llama-4-maverick-17b-128e": "llama-4-maverick",
    "llama-4-scout-17b-16e": "llama-4-scout",
    "qwen3-coder-480b-a35b": "qwen3-coder",
    "qwen3-235b-a22b-instruct-2507": "qwen3-235b-a22b-2507",
    "nemotron-3-ultra-nvfp4": "nemotron-3-ultra-550b-a55b",
    "nemotron-lightning-3-5-30b-a3b": "nemotron-3-5-lightning",
    "open-mistral-nemo": "mistral-nemo",
    "open-mistral-7b": "mistral-7b",
    "open-mixtral-8x7b": "mixtral-8x7b",
    "open-mixtral-8x22b": "mixtral-8x22b",
    "qwen3-6-plus-2026-04-02": "qwen3-6-plus",
    "command-a-plus-05-2026": "command-a-plus",
    "command-a-03-2025": "command-a",
}
SERVING_WORDS = {
    "instruct",
    "it",
    "instruct-turbo",
    "instruct-fp8",
    "instruct-lite",
    "versatile",
    "instant",
    "tput",
    "turbo",
    "fp8",
}
# No chat model, a moving alias, a free offer, or one whose fees (searches, tools) are not in the sources.
NOT_OURS = re.compile(
    r":free|-latest|^~|/routers/|guard|safety|moderation|embed|tts|audio|realtime|transcribe|-live|live-|image|lyria"
    r"|robotics|ocr|asr|-omni|captioner|qwen-mt|hy-mt|deep-research|search|sonar|computer-use|apply|morph|router|auto$"
    r"|bodybuilder|babbage|davinci|translate|character|banana|cyber|rosalind|daybreak|turbo-instruct|voxtral|space-bunny"
    r"|contributor|multi-agent|mistral-code|vibe|leanstral|learnlm|experimental-|gv2|perceptron|-law|-legal|ui-tars"
    r"|switchpoint|pareto|nova-2|-fim|mythos|gemini-gemma|moonshot-v1|4-1106|gpt-audio"
)
# Served by OpenAI on its responses interface only, which is no dialect of ours.
NOT_CHAT_AT_OPENAI = re.compile(r"codex|^o\d-pro|^gpt-\d(\.\d)?-pro|^chat-")
OPENAI_REASONING = re.compile(r"^(o\d|gpt-[5-9])")
# Makers of proprietary models by their name on OpenRouter: our provider, and what OpenRouter calls them as a host.
OPENROUTER_HOSTS = {
    "openai": ("openai", "openai"),
    "anthropic": ("anthropic", "anthropic"),
    "x-ai": ("xai", "xai"),
    "cohere": ("cohere", "cohere"),
}
PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "openrouter": "openrouter",
    "togetherai": "together",
    "groq": "groq",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "fireworks-ai": "fireworks",
    "xai": "xai",
    "deepinfra": "deepinfra",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "moonshotai": "moonshotai",
    "zai": "zai",
    "minimax": "minimax",
    "alibaba": "alibaba",
}
# Makers whose endpoints are added from genai-prices where prices.csv lacks them: provider -> author on OpenRouter.
MAKERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "xai": "x-ai",
    "deepseek": "deepseek",
    "moonshotai": "moonshotai",
    "zai": "z-ai",
}
# Not served (any more) by the maker, though genai-prices and OpenRouter still know them.
NOT_ADDED = re.compile(r"gpt-oss|gpt-3|gemma|deepseek-v3")


def quantization_of(provider: str, wire: str) -> str | None:
    """What the name says about how the weights are stored."""
    name = wire.lower()
    for mark in ("nvfp4", "fp8", "fp4"):
        if mark in name:
            return mark
    return "fp8" if provider in ("together", "deepinfra") and name.endswith("-turbo") else None
