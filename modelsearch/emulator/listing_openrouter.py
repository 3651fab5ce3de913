"""OpenRouter's catalogue pages: its models, and the hosts of each."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from modelsearch.catalog.price_rows import in_force
from modelsearch.core.market import Endpoint, RateKind
from modelsearch.emulator.shelf import OnSale, Shelf

OPENROUTER = "openrouter"
LISTED_ON = date(2026, 1, 1)
"""Where no day is known: listings have no word for that."""
_MTOK = Decimal(1_000_000)
_PRICE_KEYS: Mapping[RateKind, str] = {
    "input": "prompt",
    "output": "completion",
    "reasoning": "internal_reasoning",
    "cache_read": "input_cache_read",
    "cache_write_5m": "input_cache_write",
    "cache_write_1h": "input_cache_write_1h",
    "request": "request",
}
_PARAMETERS = {
    "tools": ("tools", "tool_choice"),
    "json_schema": ("structured_outputs", "response_format"),
    "reasoning": ("reasoning",),
    "seed": ("seed",),
    "logprobs": ("logprobs", "top_logprobs"),
}


def openrouter_page(shelf: Shelf, on_sale: Sequence[OnSale]) -> dict[str, Any]:
    """OpenRouter's `/models`: each wire name once, at the price of its first host."""
    rows = {each.endpoint.wire_name: _openrouter_row(shelf, each) for each in reversed(on_sale)}
    data = [rows[name] for name in sorted(rows)]
    return {"data": data, "links": {"next": None}, "total_count": len(data)}


def hosts_page(shelf: Shelf, on_sale: Sequence[OnSale]) -> dict[str, Any] | None:
    """OpenRouter's `/models/{author}/{slug}/endpoints`; None where nobody serves the model."""
    if not on_sale:
        return None
    row = _openrouter_row(shelf, on_sale[0])
    named = {name: row[name] for name in ("id", "name", "created", "architecture")}
    return {"data": {**named, "endpoints": [_host(each.endpoint) for each in on_sale]}}


def _openrouter_row(shelf: Shelf, each: OnSale) -> dict[str, Any]:
    endpoint, model = each.endpoint, shelf.model(each.endpoint)
    return {
        "id": endpoint.wire_name,
        "canonical_slug": each.revision or endpoint.wire_name,
        "hugging_face_id": endpoint.wire_name if model.is_open_weights else None,
        "name": endpoint.wire_name,
        "created": seconds_of(model.released or LISTED_ON),
        "context_length": endpoint.context_tokens,
        "architecture": {
            "modality": "text->text",
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": _pricing(endpoint),
        "top_provider": {
            "context_length": endpoint.context_tokens,
            "max_completion_tokens": endpoint.max_output_tokens,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": _parameters(endpoint),
        "default_parameters": None,
        "expiration_date": last_day(endpoint),
        "knowledge_cutoff": None,
    }


def _host(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": f"{endpoint.host or endpoint.provider_id} | {endpoint.wire_name}",
        "model_id": endpoint.wire_name,
        "provider_name": (endpoint.host or endpoint.provider_id).partition("/")[0],
        "tag": endpoint.host or endpoint.provider_id,
        "context_length": endpoint.context_tokens,
        "max_completion_tokens": endpoint.max_output_tokens,
        "quantization": endpoint.quantization or "unknown",
        "pricing": _pricing(endpoint),
        "supported_parameters": _parameters(endpoint),
        "supports_implicit_caching": "prompt_cache" in endpoint.capabilities,
        "status": 0,
        "uptime_last_30m": 100,
    }


def _pricing(endpoint: Endpoint) -> dict[str, Any]:
    """USD a token as text, of standard processing today; longer prompts as overrides; "-1" where it is unknown."""
    held = in_force(endpoint.rates, datetime.now(UTC).date())
    pricing: dict[str, Any] = {"prompt": "-1", "completion": "-1"}
    overrides: dict[int, dict[str, Any]] = {}
    for key, rate in held.items():
        if (
            key.processing != "standard"
            or key.utc_window is not None
            or rate.usd is None
            or key.kind not in _PRICE_KEYS
        ):
            continue
        usd = rate.usd if key.kind == "request" else rate.usd / _MTOK
        row = overrides.setdefault(key.min_prompt_tokens, {"min_prompt_tokens": key.min_prompt_tokens})
        (row if key.min_prompt_tokens else pricing)[_PRICE_KEYS[key.kind]] = f"{usd.normalize():f}"
    listed = [row for tokens, row in sorted(overrides.items()) if tokens]
    return pricing | ({"overrides": listed} if listed else {})


def _parameters(endpoint: Endpoint) -> list[str]:
    able = endpoint.capabilities
    found = ["max_completion_tokens" if "max_completion_tokens" in able else "max_tokens", "stop"]
    found += [] if "no_temperature" in able else ["temperature", "top_p"]
    return [*found, *(name for flag in sorted(able & _PARAMETERS.keys()) for name in _PARAMETERS[flag])]


def last_day(endpoint: Endpoint) -> str | None:
    """The last day of service as ISO text."""
    return None if endpoint.deprecated_on is None else endpoint.deprecated_on.isoformat()


def seconds_of(day: date) -> int:
    """The beginning of a day in unix seconds."""
    return int(datetime.combine(day, time(), UTC).timestamp())
