"""A recommendation as lines of a .env file: which model to ask, where, how, and which variable holds the key."""

from collections.abc import Mapping

from modelsearch.interop.exports.deployed import SERVED_KEY, SERVED_URL, Deployed, Leg
from modelsearch.interop.exports.lines import commented, env_value


def env_lines(deployed: Deployed) -> str:
    """The text of the file; values are quoted where they are more than a word."""
    asked = _served(deployed) if deployed.needs_server else _leg(deployed.legs[0])
    lines = {f"LLM_{name}": value for name, value in asked.items()}
    if not deployed.is_baseline:
        lines |= {f"LLM_FALLBACK_{name}": value for name, value in _leg(deployed.baseline).items()}
    about = [*deployed.told, "LLM_API_KEY_VARIABLE names the variable that holds the key; the key itself is not here."]
    if deployed.needs_server:
        about.append(f"Served by `{deployed.serve_command}`.")
    return commented(about) + "".join(f"{name}={env_value(value)}\n" for name, value in lines.items() if value)


def _served(deployed: Deployed) -> Mapping[str, str]:
    return {"MODEL": deployed.name, "BASE_URL": SERVED_URL, "DIALECT": "openai_chat", "API_KEY_VARIABLE": SERVED_KEY}


def _leg(leg: Leg) -> Mapping[str, str]:
    request, can = leg.request, leg.endpoint.capabilities
    is_warm = request.temperature is not None and "no_temperature" not in can
    return {
        "MODEL": leg.endpoint.wire_name,
        "BASE_URL": leg.provider.base_url,
        "DIALECT": leg.provider.dialect,
        "API_KEY_VARIABLE": leg.provider.key_env or "",
        "MAX_OUTPUT_TOKENS": str(request.max_output_tokens),
        "TEMPERATURE": f"{request.temperature:g}" if is_warm else "",
        "REASONING_EFFORT": (request.reasoning_effort or "") if "reasoning" in can else "",
        "HOST": leg.endpoint.host or "",
    }
