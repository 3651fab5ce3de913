"""Synthetic payloads of the shapes that sources send."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.house.sources import ROOT

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def packed(value: Any) -> bytes:
    return json.dumps(value).encode()


def openrouter_row(wire: str = "acme/one-2", **told: Any) -> dict[str, Any]:
    return {
        "id": wire,
        "canonical_slug": f"{wire}-20260901",
        "name": "Acme: One 2",
        "created": 1780000000,
        "context_length": 131072,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"], "tokenizer": "Other"},
        "top_provider": {"context_length": 65536, "max_completion_tokens": 8192, "is_moderated": False},
        "supported_parameters": ["tools", "temperature", "max_tokens", "structured_outputs"],
        "pricing": {"prompt": "0.0000005", "completion": "0.0000015", "request": "0", "image": "0"},
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{wire}/endpoints"},
        **told,
    }


def openrouter(*rows: dict[str, Any], **more: Any) -> bytes:
    return packed({"data": list(rows), **more})


def models_dev_row(**told: Any) -> dict[str, Any]:
    return {
        "id": "one-2",
        "name": "One 2",
        "tool_call": True,
        "structured_output": True,
        "reasoning": False,
        "temperature": True,
        "release_date": "2026-09-01",
        "modalities": {"input": ["text"], "output": ["text"]},
        "open_weights": False,
        "limit": {"context": 200000, "output": 32000},
        "cost": {"input": 2, "output": 6, "cache_read": 0.2},
        **told,
    }


def models_dev(**providers: dict[str, dict[str, Any]]) -> bytes:
    """Payload of providers; `fireworks_ai` stands for `fireworks-ai`."""
    return packed(
        {name.replace("_", "-"): {"id": name, "npm": "x", "models": models} for name, models in providers.items()}
    )


def genai(**providers: list[dict[str, Any]]) -> bytes:
    """Payload of providers; `x_ai` stands for `x-ai`."""
    return packed([{"id": name.replace("_", "-"), "models": models} for name, models in providers.items()])


def providers_of_the_catalogue() -> frozenset[str]:
    """Ids of the catalogue that is shipped."""
    return frozenset(path.stem for path in (ROOT / "catalogs" / "providers").glob("*.yaml"))


def lines_of_the_catalogue() -> list[str]:
    """Lines of the files of its providers."""
    files = sorted((ROOT / "catalogs" / "providers").glob("*.yaml"))
    return [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
