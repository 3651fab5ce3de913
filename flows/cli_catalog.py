"""Commands that read the catalogue: list and show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from fnmatch import fnmatch
from typing import Any

from modelsearch.api.market import market_in_force
from modelsearch.catalog.price import prices_at
from modelsearch.catalog.tiers import tier_of
from modelsearch.core.errors import OptionError
from modelsearch.core.market import Endpoint, Market, Rate
from modelsearch.settings import read_settings


@dataclass(frozen=True, slots=True)
class Listed:
    """Endpoints of a market, sorted by id."""

    market: Market
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One endpoint of a market."""

    market: Market
    endpoint: Endpoint


def listed_endpoints(match: str) -> Listed:
    """Endpoints whose id matches a glob.

    Raises:
        OptionError: there is none.
    """
    market = _market()
    found = sorted(endpoint_id for endpoint_id in market.endpoints if fnmatch(endpoint_id, match))
    if not found:
        message = f"catalog: no endpoint id matches {match!r}; try `--match '*haiku*'`"
        raise OptionError(message)
    return Listed(market, tuple(market.endpoints[endpoint_id] for endpoint_id in found))


def catalog_lines(found: Listed, limit: int) -> list[str]:
    """Endpoints as a table."""
    lines = [f"{'endpoint':<64}{'input':>10}{'output':>10}{'context':>11}  tier"]
    lines += [_endpoint_line(found.market, endpoint) for endpoint in found.endpoints[:limit]]
    n_models = len({endpoint.model_id for endpoint in found.endpoints})
    lines.append(f"{len(found.endpoints)} endpoints of {n_models} models, USD per Mtok at list price; ? = unknown")
    return lines


def catalog_data(found: Listed, limit: int) -> dict[str, Any]:
    """The same for programs; prices are text, exact."""
    return {
        "n_endpoints": len(found.endpoints),
        "n_models": len({endpoint.model_id for endpoint in found.endpoints}),
        "endpoints": [_endpoint_row(found.market, endpoint) for endpoint in found.endpoints[:limit]],
    }


def shown_endpoint(endpoint_id: str) -> Shown:
    """The endpoint of an id.

    Raises:
        OptionError: there is none; the nearest are named.
    """
    market = _market()
    endpoint = next((e for e in market.endpoints.values() if e.id == endpoint_id), None)
    if endpoint is None:
        ids = [str(e) for e in market.endpoints]
        near = [e for e in ids if endpoint_id.lower() in e.lower()][:5] or get_close_matches(endpoint_id, ids, 3, 0.4)
        message = (
            f"catalog show: expected the id of one of {len(ids)} endpoints, got {endpoint_id!r}; "
            f"near it: {', '.join(near) or 'none'} (`modelsearch catalog list` shows all)"
        )
        raise OptionError(message)
    return Shown(market, endpoint)


def endpoint_lines(found: Shown) -> list[str]:
    """Everything about an endpoint."""
    return list(_facts(found.market, found.endpoint))


def endpoint_data(found: Shown) -> dict[str, Any]:
    """The same for programs: endpoint with its rates, model with its scores, provider without its key."""
    endpoint, market = found.endpoint, found.market
    provider = market.providers[endpoint.provider_id]
    return {
        "endpoint": endpoint,
        "model": market.models[endpoint.model_id],
        "provider": {
            "id": provider.id, "name": provider.name, "dialect": provider.dialect, "base_url": provider.base_url,
            "key_env": provider.key_env, "pricing_class": provider.pricing_class,
        },
    }  # fmt: skip


def _facts(market: Market, endpoint: Endpoint) -> Iterator[str]:
    model, provider = market.models[endpoint.model_id], market.providers[endpoint.provider_id]
    yield f"{endpoint.id}: {model.id} at {provider.name}"
    facts = {
        "pricing class": provider.pricing_class,
        "key": provider.key_env or "none needed",
        "family": model.family,
        "architecture": model.architecture,
        "parameters (billions)": model.params_b,
        "released": model.released,
        "open weights": model.is_open_weights,
        "context (tokens)": endpoint.context_tokens,
        "most output (tokens)": endpoint.max_output_tokens,
        "quantisation": endpoint.quantization,
        "region": endpoint.region,
        "ends": endpoint.deprecated_on,
        "capabilities": ", ".join(sorted(endpoint.capabilities)) or None,
    }
    yield from (f"  {name}: {_known(value)}" for name, value in facts.items())
    yield from (f"  {_price(rate)}" for rate in endpoint.rates)
    for score in model.scores:
        where = f"[{score.source} {score.observed_on}]"
        yield f"  {score.benchmark} {score.metric} {score.variant}: {score.value:.3f} {where}"


def _price(rate: Rate) -> str:
    over = f", prompts over {rate.min_prompt_tokens} tokens" if rate.min_prompt_tokens else ""
    disputed = ", disputed: the higher of two sources" if rate.is_disputed else ""
    seen = f"[{rate.source}, seen {rate.observed_at}{disputed}]"
    return f"{rate.kind} ({rate.processing}{over}): {_known(rate.usd)} USD per {rate.per} {seen}"


def _endpoint_line(market: Market, endpoint: Endpoint) -> str:
    prices = prices_at(endpoint, at=datetime.now(UTC), prompt_tokens=0)
    tier = tier_of(endpoint, market.tiers, datetime.now(UTC))
    price_in, price_out = _known(prices.get("input")), _known(prices.get("output"))
    context, name = _known(endpoint.context_tokens), tier.name if tier else "?"
    return f"{endpoint.id:<64}{price_in:>10}{price_out:>10}{context:>11}  {name}"


def _endpoint_row(market: Market, endpoint: Endpoint) -> dict[str, Any]:
    now = datetime.now(UTC)
    prices, tier = prices_at(endpoint, at=now, prompt_tokens=0), tier_of(endpoint, market.tiers, now)
    return {
        "id": endpoint.id,
        "model": endpoint.model_id,
        "provider": endpoint.provider_id,
        "usd_per_mtok_input": prices.get("input"),
        "usd_per_mtok_output": prices.get("output"),
        "context_tokens": endpoint.context_tokens,
        "tier": tier.name if tier else None,
    }


def _known(value: object) -> str:
    return "?" if value is None else str(value)


def _market() -> Market:
    return market_in_force(read_settings(), datetime.now(UTC).date())
