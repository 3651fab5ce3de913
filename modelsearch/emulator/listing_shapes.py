"""Catalogue pages as their owners shape them: OpenAI, Anthropic, Google, Mistral, Groq, Together, DeepSeek, models.dev.

Only the fields that tell something of what is on sale; prices where the real page has them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from modelsearch.catalog.price_rows import Condition, in_force
from modelsearch.core.market import Endpoint, RateKind
from modelsearch.emulator.listing_openrouter import LISTED_ON, OPENROUTER, last_day, openrouter_page, seconds_of
from modelsearch.emulator.shelf import OnSale, Shelf

Page: TypeAlias = dict[str, Any] | list[Any]
MODELS_DEV = "/models.dev/api.json"


def models_dev_page(shelf: Shelf) -> Page:
    """`api.json` of models.dev, over all providers."""
    return {
        str(provider.id): {
            "id": provider.id,
            "name": provider.name,
            "npm": "emulated",
            "env": [provider.key_env] if provider.key_env else [],
            "doc": provider.base_url,
            "models": {each.endpoint.wire_name: _models_dev_row(shelf, each) for each in shelf.at(provider.id)},
        }
        for provider in shelf.market.providers.values()
    }


def _openai_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    return {"object": "list", "data": [{**_openai_row(e), "shutdown_date": last_day(e.endpoint)} for e in on_sale]}


def _groq_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    data = [
        _openai_row(each)
        | {
            "active": True,
            "context_window": each.endpoint.context_tokens,
            "max_completion_tokens": each.endpoint.max_output_tokens,
        }
        for each in on_sale
    ]
    return {"object": "list", "data": data}


def _deepseek_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    names = ("id", "object", "owned_by")
    return {"object": "list", "data": [{name: _openai_row(each)[name] for name in names} for each in on_sale]}


def _anthropic_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    data = [
        {
            "id": each.endpoint.wire_name,
            "type": "model",
            "display_name": each.endpoint.wire_name,
            "created_at": _moment(LISTED_ON),
            "max_input_tokens": each.endpoint.context_tokens,
            "max_tokens": each.endpoint.max_output_tokens,
            "lifecycle": "active" if each.endpoint.deprecated_on is None else "deprecated",
            "deprecated_at": None,
            "retires_at": None if each.endpoint.deprecated_on is None else _moment(each.endpoint.deprecated_on),
            "capabilities": {
                "structured_outputs": {"supported": "json_schema" in each.endpoint.capabilities},
                "thinking": {"supported": "reasoning" in each.endpoint.capabilities},
            },
        }
        for each in on_sale
    ]
    ids = [row["id"] for row in data]
    return {"data": data, "has_more": False, "first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}


def _google_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    return {
        "models": [
            {
                "name": f"models/{each.endpoint.wire_name}",
                "version": each.revision or "001",
                "displayName": each.endpoint.wire_name,
                "inputTokenLimit": each.endpoint.context_tokens,
                "outputTokenLimit": each.endpoint.max_output_tokens,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
                "thinking": "reasoning" in each.endpoint.capabilities,
            }
            for each in on_sale
        ]
    }


def _mistral_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    data = [
        _openai_row(each)
        | {
            "aliases": [],
            "capabilities": {
                "completion_chat": True,
                "function_calling": "tools" in each.endpoint.capabilities,
                "reasoning": "reasoning" in each.endpoint.capabilities,
            },
            "max_context_length": each.endpoint.context_tokens,
            "deprecation": None if each.endpoint.deprecated_on is None else _moment(each.endpoint.deprecated_on),
            "deprecation_replacement_model": None,
            "default_model_temperature": 0.3,
            "type": "base",
            "archived": False,
        }
        for each in on_sale
    ]
    return {"object": "list", "data": data}


def _together_page(_: Shelf, on_sale: Sequence[OnSale]) -> Page:
    return [
        _openai_row(each)
        | {
            "type": "chat",
            "running": True,
            "display_name": each.endpoint.wire_name,
            "context_length": each.endpoint.context_tokens,
            "pricing": {"hourly": 0, "base": 0, "finetune": 0, **_plain_usd(each.endpoint, "input", "output")},
        }
        for each in on_sale
    ]


SHAPES: Mapping[str, Callable[[Shelf, Sequence[OnSale]], Page]] = {
    OPENROUTER: openrouter_page,
    "openai": _openai_page,
    "anthropic": _anthropic_page,
    "google": _google_page,
    "mistral": _mistral_page,
    "groq": _groq_page,
    "together": _together_page,
    "deepseek": _deepseek_page,
}


def _models_dev_row(shelf: Shelf, each: OnSale) -> dict[str, Any]:
    endpoint, model = each.endpoint, shelf.model(each.endpoint)
    able, released = endpoint.capabilities, model.released or LISTED_ON
    cost = _plain_usd(endpoint, "input", "output", "cache_read")
    return {
        "id": endpoint.wire_name,
        "name": endpoint.wire_name,
        "family": model.family,
        "attachment": False,
        "reasoning": "reasoning" in able,
        "tool_call": "tools" in able,
        "structured_output": "json_schema" in able,
        "temperature": "no_temperature" not in able,
        "release_date": released.isoformat(),
        "last_updated": released.isoformat(),
        "modalities": {"input": ["text"], "output": ["text"]},
        "open_weights": bool(model.is_open_weights),
        "limit": {"context": endpoint.context_tokens, "output": endpoint.max_output_tokens},
        **({"cost": cost} if {"input", "output"} <= cost.keys() else {}),
    }


def _plain_usd(endpoint: Endpoint, *kinds: RateKind) -> dict[str, Decimal]:
    """USD per Mtok of standard processing and short prompts, of the kinds that have a known price today."""
    held = in_force(endpoint.rates, datetime.now(UTC).date())
    found = {kind: held[Condition(kind)].usd for kind in kinds if Condition(kind) in held}
    return {kind: usd for kind, usd in found.items() if usd is not None}


def _openai_row(each: OnSale) -> dict[str, Any]:
    endpoint = each.endpoint
    return {
        "id": endpoint.wire_name, "object": "model", "created": seconds_of(LISTED_ON), "owned_by": endpoint.provider_id,
    }  # fmt: skip


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
