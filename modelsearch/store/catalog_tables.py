"""Price rows and changes of the synced catalogue, as Parquet."""

import json
from collections.abc import Iterable
from pathlib import Path

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Rate
from modelsearch.core.offering import ModelChange, PriceRow
from modelsearch.store.tables import Row, read_table, write_table


def write_prices(path: Path, rows: Iterable[PriceRow]) -> None:
    """Write a whole price history.

    Raises:
        FileWriteError: the disk does not take it.
    """
    write_table(path, "prices", [_price(row) for row in rows], fingerprint=path.stem)


def read_prices(path: Path) -> tuple[PriceRow, ...]:
    """A price history, in its order.

    Raises:
        StoreError: it cannot be read.
    """
    return tuple(_price_row(row) for row in read_table(path, "prices").to_pylist())


def write_changes(path: Path, changes: Iterable[ModelChange]) -> None:
    """Write a whole history of changes.

    Raises:
        FileWriteError: the disk does not take it.
    """
    write_table(path, "changes", [_change(change) for change in changes], fingerprint=path.stem)


def read_changes(path: Path) -> tuple[ModelChange, ...]:
    """A history of changes, in its order.

    Raises:
        StoreError: it cannot be read.
    """
    return tuple(_model_change(row) for row in read_table(path, "changes").to_pylist())


def _price(row: PriceRow) -> Row:
    rate = row.rate
    window = rate.utc_window or (None, None)
    return {
        "endpoint_id": row.endpoint_id,
        "kind": rate.kind,
        "processing": rate.processing,
        "per": rate.per,
        "min_prompt_tokens": rate.min_prompt_tokens,
        "utc_start": window[0],
        "utc_end": window[1],
        "price_usd": rate.usd,
        "valid_from": rate.valid_from,
        "observed_at": rate.observed_at,
        "source": rate.source,
        "is_disputed": rate.is_disputed,
        "is_listed": row.is_listed,
    }


def _price_row(row: Row) -> PriceRow:
    rate = Rate(
        kind=row["kind"],
        usd=None if row["price_usd"] is None else row["price_usd"].normalize() + 0,
        per=row["per"],
        processing=row["processing"],
        min_prompt_tokens=row["min_prompt_tokens"],
        utc_window=None if row["utc_start"] is None else (row["utc_start"], row["utc_end"]),
        valid_from=row["valid_from"],
        observed_at=row["observed_at"],
        source=row["source"],
        is_disputed=row["is_disputed"],
    )
    return PriceRow(endpoint_id=EndpointId(row["endpoint_id"]), rate=rate, is_listed=row["is_listed"])


def _change(change: ModelChange) -> Row:
    return {
        "change_id": change.id,
        "kind": change.kind,
        "endpoint_id": change.endpoint_id,
        "model_id": change.model_id,
        "provider_id": change.provider_id,
        "day": change.day,
        "facts": json.dumps(dict(change.facts), sort_keys=True),
    }


def _model_change(row: Row) -> ModelChange:
    return ModelChange(
        kind=row["kind"],
        endpoint_id=EndpointId(row["endpoint_id"]),
        model_id=ModelId(row["model_id"]),
        provider_id=ProviderId(row["provider_id"]),
        day=row["day"],
        facts=json.loads(row["facts"]),
    )
