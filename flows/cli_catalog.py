"""Commands that read the catalogue: list and show."""

from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from fnmatch import fnmatch

from modelsearch.api.market import market_in_force
from modelsearch.catalog.price import prices_at
from modelsearch.catalog.tiers import tier_of
from modelsearch.core.errors import OptionError
from modelsearch.core.market import Endpoint, Market, Rate
from modelsearch.settings import read_settings


def catalog_lines(match: str, limit: int) -> list[str]:
    """Endpoints as a table."""
    market = _market()
    found = sorted(endpoint_id for endpoint_id in market.endpoints if fnmatch(endpoint_id, match))
    if not found:
        message = f"catalog: no endpoint id matches {match!r}; try `--match '*haiku*'`"
        raise OptionError(message)
    lines = [f"{'endpoint':<64}{'input':>10}{'output':>10}{'context':>11}  tier"]
    lines += [_endpoint_line(market, market.endpoints[endpoint_id]) for endpoint_id in found[:limit]]
    n_models = len({market.endpoints[endpoint_id].model_id for endpoint_id in found})
    lines.append(f"{len(found)} endpoints of {n_models} models, USD per Mtok at list price; ? = unknown")
    return lines


def endpoint_lines(endpoint_id: str) -> list[str]:
    """Everything about an endpoint."""
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
    return list(_facts(market, endpoint))


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


def _known(value: object) -> str:
    return "?" if value is None else str(value)


def _market() -> Market:
    return market_in_force(read_settings(), datetime.now(UTC).date())
