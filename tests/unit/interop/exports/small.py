"""Recommendations of every kind, made by hand, with names that try to break out of the file that they are put in."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, GenParams, Single, singles_of
from modelsearch.core.ids import EndpointId, ItemId, ModelId, PromptId, ProviderId, TaskId
from modelsearch.core.market import Endpoint, Market, Provider, Rate
from modelsearch.core.result import Certainty
from modelsearch.core.task import Item, Prompt, TaskSpec
from modelsearch.interop.exports.deployed import Deployed, leg_of
from modelsearch.testing.factories import make_task

HOSTILE = "x\nimport os; os.abort()\u2028# \u202e\"'`$(id)\r\n- evil: yes"
RATES = (Rate(kind="input", usd=Decimal("0.5")), Rate(kind="output", usd=Decimal(2)))
PROVIDERS = {
    "openai": ("openai_chat", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": ("anthropic_messages", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": ("google_generate", "https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY"),
    "openrouter": ("openai_chat", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "zai": ("openai_chat", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
    "vllm": ("openai_chat", "http://localhost:8000/v1", None),
    "own": ("anthropic_messages", "http://localhost:9000/p/own/v1", None),
}
NAMES = {
    "openai": "gpt-x",
    "anthropic": "claude-x",
    "google": "gemini-x",
    "openrouter": "acme/wide-7b",
    "zai": "glm-x",
    "vllm": "wide-7b",
    "own": "mine",
}


def market() -> Market:
    """One endpoint a provider; OpenRouter's is pinned, OpenAI's reasons."""
    providers = {
        ProviderId(name): Provider(
            id=ProviderId(name), name=name, dialect=dialect, base_url=url, key_env=key, pricing_class="variable"
        )
        for name, (dialect, url, key) in PROVIDERS.items()
    }
    endpoints = [_endpoint(name) for name in PROVIDERS]
    return Market(
        as_of=date(2026, 11, 1), models={}, providers=providers, endpoints={each.id: each for each in endpoints}
    )


def _endpoint(name: str) -> Endpoint:
    plain = Endpoint(
        id=EndpointId(f"{name}/m"), model_id=ModelId("m"), provider_id=ProviderId(name), wire_name=NAMES[name],
        rates=RATES,
    )  # fmt: skip
    if name == "openrouter":
        return replace(plain, host="acmehost/fp8", quantization="fp8")
    if name == "openai":
        capabilities = frozenset({"reasoning", "no_temperature", "max_completion_tokens"})
        return replace(plain, capabilities=capabilities)
    return plain


def task(user: str = "Sort: {{ input }}", system: str = "", name: str = "sorting") -> TaskSpec:
    items = tuple(Item(id=ItemId(f"i{n}"), input="where is it? " * (n + 1), target="a") for n in range(4))
    prompts = (
        Prompt(id=PromptId("default"), user=user, system=system),
        Prompt(id=PromptId("short"), user="{{ input }}!"),
    )
    spec = make_task(id=TaskId(name), items=items, labels=("a", "b"), prompts=prompts)
    return replace(spec, temperature=0.0, max_output_tokens=64)


def single(name: str, effort: str | None = None, prompt: str = "default") -> Single:
    params = GenParams(reasoning_effort=effort)
    return Single(endpoint_id=EndpointId(f"{name}/m"), prompt_id=PromptId(prompt), params=params)


def deployed(candidate: Candidate, spec: TaskSpec | None = None, **changes: object) -> Deployed:
    """A certified recommendation of the candidate; the baseline is OpenAI's."""
    spec, shelves = spec or task(), market()
    legs = tuple(leg_of(each, spec, shelves, {}) for each in singles_of(candidate))
    plain = Deployed(
        name=str(spec.id), source="run r", source_id="r", candidate=candidate, legs=legs,
        baseline=leg_of(single("openai", "low"), spec, shelves, {}), certainty=Certainty.CERTIFIED,
        told=("modelsearch: task, run r of 2026-11-01", "Use x instead of y: certified.", "Margin 2 points"),
        margin=0.02, alpha=0.05, on=date(2026, 11, 1),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


VOTE = Ensemble(members=(single("openrouter"), single("anthropic"), single("google")))
CASCADE = Cascade(legs=(single("openrouter"), single("openai", "low")), thresholds=(0.9,))
