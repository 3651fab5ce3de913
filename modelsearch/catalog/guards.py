"""Prices that cannot be right are refused on load: each function lists problems as `key: allowed, got`."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from modelsearch.catalog.schema import ComplexityFile, EndpointRow, PriceRow, ProviderFile, ScalingFile, TiersFile

_TOKEN_KEYS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_5m_mtok", "cache_write_1h_mtok")


def price_problems(provider: ProviderFile) -> Iterator[str]:
    """Everything wrong with the prices of a provider's endpoints.

    A price of 0 is for local providers only (an unknown price is absent or null); reading a cache costs at most what
    input costs; batch costs at most what standard does; a longer prompt's row states every token price that the row
    for short prompts states, for the whole call moves to it; of two rows with one condition and date none would hold.
    """
    for endpoint in provider.endpoints:
        where = f"endpoints[{endpoint.wire}]"
        for row in endpoint.prices:
            yield from _row_problems(f"{where}.{_row_name(row)}", row, is_local=provider.pricing_class == "local")
        yield from _batch_problems(where, endpoint)
        yield from _tier_problems(where, endpoint)
        yield from _twin_problems(where, endpoint)


def tier_file_problems(file: TiersFile) -> Iterator[str]:
    """Bands that overlap, leave a gap, or do not cover all prices."""
    if file.tiers[0].min_usd_per_mtok != 0:
        yield f"tiers[{file.tiers[0].name}].min_usd_per_mtok: expected 0, got {file.tiers[0].min_usd_per_mtok}"
    if file.tiers[-1].max_usd_per_mtok is not None:
        yield f"tiers[{file.tiers[-1].name}].max_usd_per_mtok: expected null, got {file.tiers[-1].max_usd_per_mtok}"
    for lower, upper in pairwise(file.tiers):
        if lower.max_usd_per_mtok != upper.min_usd_per_mtok:
            yield (
                f"tiers[{upper.name}].min_usd_per_mtok: expected the max of {lower.name!r} "
                f"({lower.max_usd_per_mtok}), got {upper.min_usd_per_mtok}"
            )


def complexity_problems(file: ComplexityFile) -> Iterator[str]:
    """Weights that do not sum to 1; bands that do not rise or do not reach complexity 1."""
    total = sum(file.weights.values())
    if abs(total - 1) > 1e-9:
        yield f"weights: expected a sum of 1, got {total:g}"
    for lower, upper in pairwise(file.bands):
        if upper.below <= lower.below:
            yield f"bands.below: expected more than {lower.below:g}, got {upper.below:g}"
    if file.bands[-1].below <= 1:
        last = file.bands[-1].below
        yield f"bands.below: expected the last one above 1, so that complexity 1 has a band, got {last:g}"


def scaling_problems(file: ScalingFile) -> Iterator[str]:
    """Knots that do not rise, slopes that do not go with them, offsets that shrink as the level rises."""
    if len(file.slopes) != len(file.knots_b):
        yield f"slopes: expected one for each of {len(file.knots_b)} knots_b, got {len(file.slopes)}"
    for lower, upper in pairwise(file.knots_b):
        if upper <= lower:
            yield f"knots_b: expected more than {lower:g}, got {upper:g}"
    for name, rows in (("offsets", file.offsets), ("kin_offsets", file.kin_offsets)):
        for less, more in pairwise(rows):
            if more.level <= less.level or more.gap < less.gap:
                yield f"{name}: expected levels that rise and gaps that do not fall, got {more.level:g}: {more.gap:g}"


def _row_name(row: PriceRow) -> str:
    marks = [f"over {row.over_tokens}" if row.over_tokens else "", f"utc {'-'.join(row.utc)}" if row.utc else ""]
    return f"prices[{' '.join([row.processing, *filter(None, marks), f'from {row.valid_from}'])}]"


def _row_problems(where: str, row: PriceRow, *, is_local: bool) -> Iterator[str]:
    stated = {key: usd for _, key, usd in row.prices()}
    if not stated:
        yield f"{where}: expected at least one price, got none"
    if not is_local:
        for key in (key for key, usd in stated.items() if usd == 0):
            yield f"{where}.{key}: 0 is allowed for local providers only (leave an unknown price out), got 0"
    cached, fresh = stated.get("cache_read_mtok"), stated.get("input_mtok")
    if cached is not None and fresh is not None and cached > fresh:
        yield f"{where}.cache_read_mtok: expected at most input_mtok ({fresh}), got {cached}"


def _batch_problems(where: str, endpoint: EndpointRow) -> Iterator[str]:
    for row in endpoint.prices:
        if row.processing != "batch":
            continue
        for _, key, usd in row.prices():
            standard = _dearest_standard(endpoint, key, row.over_tokens)
            if usd is not None and standard is not None and usd > standard:
                yield f"{where}.{_row_name(row)}.{key}: expected at most the standard {standard}, got {usd}"


def _dearest_standard(endpoint: EndpointRow, key: str, over_tokens: int) -> Decimal | None:
    known = [
        usd
        for row in endpoint.prices
        if row.processing == "standard" and row.over_tokens == over_tokens
        for _, each, usd in row.prices()
        if each == key and usd is not None
    ]
    return max(known, default=None)


def _tier_problems(where: str, endpoint: EndpointRow) -> Iterator[str]:
    lengths = {row.over_tokens for row in endpoint.prices if row.processing == "standard"}
    for processing in dict.fromkeys(row.processing for row in endpoint.prices):
        rows = [row for row in endpoint.prices if row.processing == processing]
        absent = sorted(lengths - {row.over_tokens for row in rows})
        if absent:
            name = f"{where}.prices[{processing}]"
            yield f"{name}: expected a row for each prompt length of standard, got none over {absent}"
        base = {key for row in rows if row.over_tokens == 0 for _, key, _ in row.prices() if key in _TOKEN_KEYS}
        for row in (row for row in rows if row.over_tokens):
            unpriced = sorted(base - {key for _, key, _ in row.prices()})
            if unpriced:
                name = f"{where}.{_row_name(row)}"
                yield f"{name}: expected every token price of the short-prompt row, got none for {unpriced}"


def _twin_problems(where: str, endpoint: EndpointRow) -> Iterator[str]:
    seen: set[tuple[object, ...]] = set()
    for row in endpoint.prices:
        for kind, key, _ in row.prices():
            condition = (kind, row.processing, row.over_tokens, row.utc, row.valid_from, row.observed_at)
            if condition in seen:
                yield f"{where}.{_row_name(row)}.{key}: expected one price per condition and date, got two"
            seen.add(condition)
