"""OpenRouter's listing of the hosts of a model, `GET /models/{author}/{slug}/endpoints`, as hosts with dated rates.

Source: https://openrouter.ai/docs/api-reference/list-endpoints-for-a-model. Prices there are decimal strings in USD a
token (`request`: USD a call); a negative one means unknown. Unknown fields are passed over, an entry that cannot be
read is left out. `/endpoints/zdr` lists endpoints of the same shape, of all models, that keep nothing.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from modelsearch.catalog.sources.host import Host
from modelsearch.catalog.sources.openrouter_prices import rates_of

ZDR_PATH = "/endpoints/zdr"
_SUPPORTED = {
    "tools": "tools",
    "structured_outputs": "json_schema",
    "reasoning": "reasoning",
    "seed": "seed",
    "logprobs": "logprobs",
}
_LIMITS = frozenset({"max_tokens", "max_completion_tokens"})
_PLAIN_SERVICE = (None, "", "default", "standard")
_MAX_TOKENS = 10**9


def listing_path(wire_name: str) -> str | None:
    """Where the hosts of a model are listed; None for a name that is not `author/slug`."""
    author, _, slug = wire_name.partition("/")
    is_plain = (
        author and slug and wire_name.isascii() and wire_name.isprintable() and not set(wire_name) & set(" ?#%\\")
    )
    if not is_plain or "/" in slug or {author, slug} & {".", ".."}:
        return None
    return f"/models/{author}/{slug}/endpoints"


def hosts_of(body: bytes, *, observed_at: date, wire_name: str = "") -> tuple[Host, ...]:
    """The hosts of a listing, in its order.

    Args:
        body: the reply, of a model's own listing or of `/endpoints/zdr`.
        observed_at: the day, which the rates carry.
        wire_name: the model's name where entries do not tell it.

    Raises:
        ValueError: the reply is no such listing.
    """
    try:
        data = json.loads(body, parse_float=Decimal)
    except RecursionError:
        data = None
    data = data.get("data") if isinstance(data, dict) else None
    entries = data.get("endpoints") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        message = "listing: expected {data: {endpoints: [...]}} or {data: [...]}, got something else"
        raise ValueError(message)  # noqa: TRY004 - a reply of another shape, no wrong argument
    return tuple(_host(entry, observed_at, wire_name) for entry in entries if _is_host(entry))


def capabilities_of(named: frozenset[str], entry: Mapping[str, Any]) -> frozenset[str]:
    """Our words for the parameters that the host takes: what it does not name is refused, so it is not sent."""
    flags = {flag for word, flag in _SUPPORTED.items() if word in named}
    if "temperature" not in named:
        flags.add("no_temperature")
    if "max_completion_tokens" in named and "max_tokens" not in named:
        flags.add("max_completion_tokens")
    if entry.get("supports_implicit_caching") is True or "input_cache_read" in _object(entry.get("pricing")):
        flags.add("prompt_cache")
    return frozenset(flags)


def _is_host(entry: object) -> bool:
    """Whether an entry can be pinned; other service tiers must be asked for by a field of their own."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("tag"), str)
        and entry["tag"] != ""
        and entry.get("service_tier") in _PLAIN_SERVICE
    )


def _host(entry: Mapping[str, Any], observed_at: date, wire_name: str) -> Host:
    told = entry.get("model_id")
    named = frozenset(word for word in _list(entry.get("supported_parameters")) if isinstance(word, str))
    quantization = entry.get("quantization")
    return Host(
        wire_name=told if isinstance(told, str) and told else wire_name,
        tag=entry["tag"],
        is_live=_is_live(entry.get("status")),
        takes_limit=not named or bool(named & _LIMITS),
        rates=rates_of(_object(entry.get("pricing")), observed_at),
        quantization=quantization if isinstance(quantization, str) and quantization != "unknown" else None,
        context_tokens=_count(entry.get("context_length")),
        max_output_tokens=_count(entry.get("max_completion_tokens")),
        capabilities=capabilities_of(named, entry) if named else None,
        uptime=_share(entry.get("uptime_last_30m")),
    )


def _is_live(status: object) -> bool:
    """0 is well; every other number is some kind of trouble; not told is taken as well."""
    return status is None or (not isinstance(status, bool) and status == 0)


def _share(percent: object) -> float | None:
    value = _number(percent)
    return float(value) / 100 if value is not None and 0 <= value <= 100 else None


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 1 <= number <= _MAX_TOKENS else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
