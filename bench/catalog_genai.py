"""Prices of the genai-prices package as price rows of our catalogue: tiers, batch, dates and hours included."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from genai_prices import data, types

SOURCE = "genai-prices 0.2.3"
OBSERVED = date(2026, 11, 1)
IDS = {"xai": "x-ai"}
KEYS = {
    "input_mtok": "input_mtok",
    "output_mtok": "output_mtok",
    "cache_read_mtok": "cache_read_mtok",
    "cache_write_mtok": "cache_write_5m_mtok",
    "cache_write_1h_mtok": "cache_write_1h_mtok",
}
PriceDict = dict[str, Any]


@cache
def models_of(provider: str) -> dict[str, Any]:
    """Models that are not deprecated, by the name that our provider has for them."""
    for each in data.providers:
        if each.id == IDS.get(provider, provider):
            return {_wire(provider, model.id): model for model in each.models if not model.deprecated}
    return {}


def price_rows(provider: str, wire: str) -> list[PriceDict]:
    """Rows of one endpoint; empty where the package does not know it or has no input and output price."""
    model = models_of(provider).get(wire)
    if model is None:
        return []
    rows = [row for each in _standard(model.prices) for row in each]
    for n_before, variant in enumerate(_batches(model)):
        condition = {"valid_from": variant.constraint.start_date} if n_before else {}
        rows += [{**row, "processing": "batch"} for row in _tiers(variant.prices, condition)]
    has_both = any(row.get("input_mtok") and row.get("output_mtok") for row in rows)
    return rows if has_both else []


def _batches(model: Any) -> list[Any]:
    """Batch prices, oldest first; the first one's date is only that of its entry in the package."""
    variants = getattr(model, "price_variants", None) or ()
    batches = [variant for variant in variants if variant.when == {"processing": "batch"}]
    return sorted(batches, key=lambda variant: variant.constraint.start_date if variant.constraint else date.min)


def _wire(provider: str, name: str) -> str:
    if provider == "fireworks":
        return f"accounts/fireworks/models/{name}"
    return name.lower() if provider == "zai" else name


def _standard(prices: Any) -> Iterator[list[PriceDict]]:
    """One list of rows per condition; a condition of the day begins with the newest dated row before it."""
    if not isinstance(prices, list):
        yield list(_tiers(prices, {}))
        return
    start: PriceDict = {}
    for each in prices:
        condition = dict(start)
        if isinstance(each.constraint, types.StartDateConstraint):
            start = {"valid_from": each.constraint.start_date}
            condition = dict(start)
        elif isinstance(each.constraint, types.TimeOfDateConstraint):
            condition["utc"] = [f"{each.constraint.start_time:%H%M}", f"{each.constraint.end_time:%H%M}"]
        yield list(_tiers(each.prices, condition))


def _tiers(prices: Any, condition: PriceDict) -> Iterator[PriceDict]:
    """The base row and one row per prompt length from which another price holds."""
    stated = {ours: getattr(prices, theirs) for theirs, ours in KEYS.items()}
    stated = {key: price for key, price in stated.items() if price is not None}
    starts = sorted({tier.start for price in stated.values() if not isinstance(price, Decimal) for tier in price.tiers})
    for start in (0, *starts):
        row = {key: usd for key, price in stated.items() if (usd := _price_at(price, start))}
        if row:
            over = {"over_tokens": start} if start else {}
            yield row | over | condition | {"observed_at": OBSERVED, "source": SOURCE}


def _price_at(price: Any, start: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    usd: Decimal = price.base
    for tier in price.tiers:
        if tier.start <= start:
            usd = tier.price
    return usd
