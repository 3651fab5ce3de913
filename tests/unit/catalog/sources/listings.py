"""Synthetic listings of the shape of OpenRouter's, with its traps."""

import json
from typing import Any

PRICING = {"prompt": "0.0000002", "completion": "0.0000006", "request": "0", "image": "0", "discount": 0}


def entry(tag: str = "acme/fp8", **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": "Acme | acme/m-1",
        "provider_name": "Acme",
        "tag": tag,
        "model_id": "acme/m-1",
        "context_length": 131072,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "quantization": "fp8",
        "pricing": PRICING,
        "supported_parameters": ["max_tokens", "temperature", "tools", "structured_outputs"],
        "supports_implicit_caching": False,
        "status": 0,
        "uptime_last_30m": 99.5,
        "latency_last_30m": None,
    }
    return fields | changes


def priced(tag: str, prompt: str, completion: str, **changes: Any) -> dict[str, Any]:
    return entry(tag, pricing={"prompt": prompt, "completion": completion}, **changes)


def listing(*entries: object) -> bytes:
    return json.dumps({"data": {"id": "acme/m-1", "name": "M 1", "endpoints": list(entries)}}).encode()


def flat_listing(*entries: object) -> bytes:
    return json.dumps({"data": list(entries)}).encode()
