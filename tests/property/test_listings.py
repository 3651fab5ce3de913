"""Whatever a source sends: a listing or a `CatalogError`, and no price that cannot be right gets into force."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.catalog.listed_sources import SOURCES, SourceSpec
from modelsearch.catalog.price_rows import Condition, condition_of
from modelsearch.catalog.rate_guards import is_free
from modelsearch.catalog.reconcile import reconciled
from modelsearch.catalog.sync_guards import Refused, checked
from modelsearch.core.errors import CatalogError
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Listing

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
EMPTY = CatalogState(observed_at=NOW)
NUMBERS: tuple[Any, ...] = (
    "-1", "0", "1e-7", "0.0000005", "5e3", "NaN", "1e400", "", "x", None, True, [], {}, 0, -1, 0.5, 1e-9, 1e308, 10**40,
    float("nan"), float("inf"), -0.0, "0.000002", 2, 3.5, "١",
)  # fmt: skip
TEXTS = (
    "acme/one",
    "acme/one:free",
    "openrouter/auto",
    "2026-12-01",
    "chat",
    "\u0000",
    "x" * 300,
    "01:00:00Z",
    "batch",
)
WORDS = tuple(
    word
    for line in (
        "id data models name pricing prompt completion cost input output cache_read tiers tier size type prices when",
        "base price_variants constraint start_date start_time end_time processing price start input_mtok output_mtok",
        "overrides openai anthropic context_length limit context capabilities lifecycle aliases deprecation discount",
    )
    for word in line.split()
)
PRICE_KEYS = {
    "pricing": ("prompt", "completion", "input", "output", "input_cache_read", "cachedInput", "discount", "overrides"),
    "prices": ("input_mtok", "output_mtok", "cache_read_mtok"),
    "cost": ("input", "output", "cache_read", "tiers"),
}


def any_value(rng: Random, depth: int = 0) -> Any:
    """Any JSON, of words that sources use."""
    kind = rng.randrange(5 if depth < 4 else 3)
    if kind < 2:
        return rng.choice(NUMBERS)
    if kind == 2:
        return rng.choice(TEXTS)
    if kind == 3:
        return [any_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(WORDS): any_value(rng, depth + 1) for _ in range(rng.randrange(5))}


def any_row(rng: Random) -> Any:
    """Mostly a row with an id and some prices."""
    if rng.random() < 0.2:
        return any_value(rng)
    row = {rng.choice(WORDS): any_value(rng, 2) for _ in range(rng.randrange(3))}
    row["id"] = row["name"] = rng.choice(("acme/one", "acme/two", "acme/one:free", "openrouter/auto"))
    for name, keys in PRICE_KEYS.items():
        row[name] = {key: any_value(rng, 3) if rng.random() < 0.2 else rng.choice(NUMBERS) for key in keys}
    return row


def any_payload(rng: Random, name: str) -> bytes:
    rows = [any_row(rng) for _ in range(rng.randrange(5))]
    return json.dumps(any_value(rng) if rng.random() < 0.1 else wrapped(name, rows)).encode()


def wrapped(name: str, rows: list[Any]) -> Any:
    """Rows where that source has them."""
    if name == "models.dev":
        return {"openai": {"models": {f"m-{i}": row for i, row in enumerate(rows)}}}
    if name == "genai-prices":
        return [{"id": "openai", "models": rows}]
    key = "models" if name == "google" else "data"
    return {key: rows}


def told(spec: SourceSpec, body: bytes, at: datetime = NOW) -> Listing | None:
    try:
        return spec.listing_of(body, observed_at=at)
    except CatalogError as error:
        message = str(error)
    assert message.startswith(f"source {spec.name}: ")
    assert "\n" not in message
    return None


def problems_of(rates: tuple[Rate, ...], *, may_be_free: bool) -> list[str]:
    """What no price in force may be."""
    table: dict[Condition, Decimal | None] = {condition_of(rate): rate.usd for rate in rates}
    found = []
    for key, usd in table.items():
        if usd is None:
            continue
        if not usd.is_finite() or usd < 0 or usd > 1000 or (usd == 0 and not may_be_free):
            found.append(f"{key}: {usd}")
        limit = table.get(key._replace(kind="input"))
        if key.kind == "cache_read" and key.processing == "standard" and limit is not None and usd > limit:
            found.append(f"{key}: {usd} above input {limit}")
        plain = table.get(key._replace(processing="standard"))
        if key.processing == "batch" and plain is not None and usd > plain:
            found.append(f"{key}: {usd} above standard {plain}")
    return found


@pytest.mark.parametrize("spec", SOURCES, ids=lambda spec: spec.name)
@settings(max_examples=60, deadline=None)
@given(rng=st.integers(0, 2**32).map(Random))
def test_any_json_is_a_listing_or_a_catalog_error_and_prices_in_force_can_be_right(
    spec: SourceSpec, rng: Random
) -> None:
    state = EMPTY
    for hour in (0, 1, 30):
        at = NOW + timedelta(hours=hour)
        listing = told(spec, any_payload(rng, spec.name), at)
        found = None if listing is None else checked(listing, state, is_released=rng.random() < 0.5)
        if found is None or isinstance(found, Refused):
            continue
        state = reconciled([found], state)
        for offering in state.offerings.values():
            assert problems_of(offering.rates, may_be_free=is_free(offering)) == [], offering.endpoint_id


@given(body=st.binary(max_size=200), spec=st.sampled_from(SOURCES))
def test_any_bytes_are_a_listing_or_a_catalog_error(body: bytes, spec: SourceSpec) -> None:
    told(spec, body)


@given(
    cents=st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), min_size=2, max_size=6),
    spec=st.sampled_from([spec for spec in SOURCES if spec.name in ("openrouter", "together")]),
)
def test_no_price_in_force_jumps_a_hundredfold_without_a_person(cents: list[tuple[int, int]], spec: SourceSpec) -> None:
    state, last = EMPTY, None
    for day, (paid_in, paid_out) in enumerate(cents):
        unit = 10**6 if spec.name == "openrouter" else 1
        keys = ("prompt", "completion") if spec.name == "openrouter" else ("input", "output")
        usd = [str(Decimal(paid) / 10_000 / unit) for paid in (paid_in, paid_out)]
        pricing: Any = dict(zip(keys, usd if unit > 1 else map(float, usd), strict=True))
        at = NOW + timedelta(days=2 * day)
        listing = told(spec, json.dumps(wrapped(spec.name, [{"id": "acme/one", "pricing": pricing}])).encode(), at)
        assert listing is not None
        found = checked(listing, state)
        assert not isinstance(found, Refused)
        state = reconciled([found], state)
        (offering,) = state.offerings.values()
        for rate in offering.rates:
            assert rate.usd is None or rate.usd <= 1000
        if last is not None and offering.rates:
            for was, now in zip(last, offering.rates, strict=True):
                assert was.usd is not None
                assert now.usd is not None
                assert was.usd / 100 < now.usd < was.usd * 100
        last = offering.rates or last
