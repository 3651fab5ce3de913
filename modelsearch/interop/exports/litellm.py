"""A recommendation as a LiteLLM proxy's config.yaml; `litellm.Router` takes the same lists.

LiteLLM's own provider is named where it speaks the wire that was evaluated; every other endpoint is `openai/` with its
base URL, which is the same HTTP. Prices go along, for LiteLLM knows few of these names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import yaml

from modelsearch.catalog.price import prices_at
from modelsearch.core.market import Endpoint, Provider
from modelsearch.interop.exports.deployed import SERVED_KEY, SERVED_URL, Deployed, Leg
from modelsearch.interop.exports.lines import commented
from modelsearch.providers.router import ROUTER_ID

N_RETRIES = 2
NO_KEY = "none"
"""What stands for the key of a server that asks for none: LiteLLM's OpenAI client refuses an empty one."""
_MTOK = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class _Home:
    """LiteLLM's name of a provider, and the host that it calls unless told."""

    prefix: str
    host: str


_HOMES: Mapping[str, _Home] = {
    "openai": _Home("openai", "api.openai.com"),
    "anthropic": _Home("anthropic", "api.anthropic.com"),
    "google": _Home("gemini", "generativelanguage.googleapis.com"),
    ROUTER_ID: _Home("openrouter", "openrouter.ai"),
    "groq": _Home("groq", "api.groq.com"),
    "together": _Home("together_ai", "api.together.xyz"),
    "mistral": _Home("mistral", "api.mistral.ai"),
    "deepseek": _Home("deepseek", "api.deepseek.com"),
    "fireworks": _Home("fireworks_ai", "api.fireworks.ai"),
    "cerebras": _Home("cerebras", "api.cerebras.ai"),
    "xai": _Home("xai", "api.x.ai"),
    "deepinfra": _Home("deepinfra", "api.deepinfra.com"),
}
_BY_DIALECT = {"openai_chat": "openai", "anthropic_messages": "anthropic", "google_generate": "gemini"}
_ANTHROPIC_VERSION = "/v1"


def litellm_config(deployed: Deployed) -> str:
    """The text of a config.yaml."""
    body = yaml.safe_dump(litellm_settings(deployed), sort_keys=False, allow_unicode=True, width=100)
    return commented(_about(deployed)) + body


def litellm_settings(deployed: Deployed) -> dict[str, Any]:
    """`model_list` and `router_settings`, as plain data."""
    models, fallbacks = _models(deployed), []
    if not deployed.is_baseline:
        models.append(_entry(_baseline_name(deployed), deployed.baseline))
        fallbacks = [{deployed.name: [_baseline_name(deployed)]}]
    router: dict[str, Any] = {"num_retries": N_RETRIES}
    return {"model_list": models, "router_settings": {**router, "fallbacks": fallbacks} if fallbacks else router}


def _baseline_name(deployed: Deployed) -> str:
    return f"{deployed.name}-baseline"


def _about(deployed: Deployed) -> list[str]:
    lines = [*deployed.told, f"Applications ask for the model {deployed.name!r}: litellm --config THIS_FILE"]
    if deployed.needs_server:
        lines += [
            f"It is served by `{deployed.serve_command}`, which needs the members' keys;",
            "the members themselves are listed too, to be asked by themselves.",
        ]
    variables = sorted({name for name in _variables(deployed) if name})
    return [*lines, f"Environment variables with keys: {', '.join(variables) or 'none'}"]


def _variables(deployed: Deployed) -> list[str | None]:
    served = [SERVED_KEY] if deployed.needs_server else []
    return [*served, *(leg.provider.key_env for leg in (*deployed.legs, deployed.baseline))]


def _models(deployed: Deployed) -> list[dict[str, Any]]:
    """What applications ask for, first; then the members of a composite."""
    if not deployed.needs_server:
        return [_entry(deployed.name, deployed.legs[0])]
    params = {"model": f"openai/{deployed.name}", "api_base": SERVED_URL, "api_key": f"os.environ/{SERVED_KEY}"}
    served = {"model_name": deployed.name, "litellm_params": params}
    members = [_entry(f"{deployed.name}-member-{n}", leg) for n, leg in enumerate(deployed.legs, start=1)]
    return [served, *members]


def _entry(name: str, leg: Leg) -> dict[str, Any]:
    prices = _prices(leg.endpoint)
    entry: dict[str, Any] = {"model_name": name, "litellm_params": _params(leg)}
    return {**entry, "model_info": prices} if prices else entry


def _params(leg: Leg) -> dict[str, Any]:
    """How LiteLLM asks what was evaluated."""
    request, can = leg.request, leg.endpoint.capabilities
    params: dict[str, Any] = {"model": f"{_prefix(leg.provider)}/{leg.endpoint.wire_name.removeprefix('models/')}"}
    base = _api_base(leg.provider)
    params |= {} if base is None else {"api_base": base}
    params["api_key"] = NO_KEY if leg.provider.key_env is None else f"os.environ/{leg.provider.key_env}"
    params["max_completion_tokens" if "max_completion_tokens" in can else "max_tokens"] = request.max_output_tokens
    if request.temperature is not None and "no_temperature" not in can:
        params["temperature"] = request.temperature
    extra = {key: leg.body[key] for key in ("provider", "reasoning") if key in leg.body}
    if request.reasoning_effort is not None and "reasoning" in can and "reasoning" not in extra:
        params["reasoning_effort"] = request.reasoning_effort
    return {**params, "timeout": leg.provider.timeout_s, **({"extra_body": extra} if extra else {})}


def _prefix(provider: Provider) -> str:
    home = _HOMES.get(provider.id)
    return home.prefix if home is not None else _BY_DIALECT.get(provider.dialect, "openai")


def _api_base(provider: Provider) -> str | None:
    """The base URL in LiteLLM's own counting; None where it is the one that LiteLLM calls by itself."""
    base, prefix = provider.base_url.rstrip("/"), _prefix(provider)
    home = _HOMES.get(provider.id)
    is_home = home is not None and urlsplit(base).hostname == home.host
    if prefix in ("anthropic", "gemini") and is_home:
        return None
    return base.removesuffix(_ANTHROPIC_VERSION) if prefix == "anthropic" else base


def _prices(endpoint: Endpoint) -> dict[str, float]:
    """USD per token of today's shortest prompts; an unknown price is left out, never 0."""
    prices = prices_at(endpoint, at=datetime.now(UTC), prompt_tokens=0)
    names = {"input_cost_per_token": prices.get("input"), "output_cost_per_token": prices.get("output")}
    return {name: float(usd / _MTOK) for name, usd in names.items() if usd is not None}
