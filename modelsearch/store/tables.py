"""One validated Parquet file per table and stage, written whole or not at all; the manifest comes last."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelsearch.core.errors import StoreError
from modelsearch.store.layout import RunDir, write_whole
from modelsearch.store.schemas import SCHEMAS, VERSION

Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = Mapping[str, Sequence[Any]]
_NOT_LISTED = ("manifest.json", "run.lock", "lives.json")


def write_table(path: Path, name: str, rows: Sequence[Row] | Columns, *, fingerprint: str) -> int:
    """Write a table and return its number of rows.

    Args:
        path: the Parquet file, replaced whole.
        name: one of `SCHEMAS`.
        rows: dictionaries by field, or equally long columns by field. Fields that may be empty may be left out.
        fingerprint: of the search, kept in the file.

    Raises:
        StoreError: an unknown table or field, a value of another type, or nothing where something is needed.
    """
    schema = _schema_of(name)
    columns = _columns(name, schema, rows)
    arrays = [_array(name, field, columns[field.name]) for field in schema]
    _check_lengths(name, columns)
    table = pa.Table.from_arrays(arrays, schema=schema.with_metadata(_metadata(schema, fingerprint)))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())
    return int(table.num_rows)


def read_table(path: Path, name: str) -> pa.Table:
    """The table of a file written by `write_table`.

    Raises:
        StoreError: missing, no Parquet file, another table, or another version.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        message = f"table {name!r}: {path} cannot be read: {error}"
        raise StoreError(message) from error
    _check_kind(path, name, table.schema)
    return table


def read_frame(path: Path, name: str) -> pd.DataFrame:
    """The table as a pandas frame, money as `Decimal`.

    Raises:
        StoreError: as `read_table`.
    """
    return read_table(path, name).to_pandas()


def table_fingerprint(path: Path) -> str:
    """The fingerprint of the search that wrote a table."""
    metadata = pq.read_schema(path).metadata or {}
    return metadata.get(b"fingerprint", b"").decode()


def write_manifest(run: RunDir) -> None:
    """Write manifest.json: bytes, sha256 and (of tables) rows of every file of the run. Call it last."""
    files = {path.relative_to(run.path).as_posix(): _described(path) for path in _listed(run)}
    content = {"version": VERSION, "run_id": run.run_id, "files": files}
    write_whole(run.manifest, json.dumps(content, indent=2).encode())


def manifest_faults(run: RunDir) -> list[str]:
    """What differs from the manifest, one sentence each; empty where the run is as it was written.

    Raises:
        StoreError: there is no manifest: the run did not finish.
    """
    try:
        files = json.loads(run.manifest.read_bytes())["files"]
    except (OSError, ValueError, KeyError) as error:
        message = f"run {run.run_id!r}: {run.manifest} cannot be read: {error}; the run did not finish: resume it"
        raise StoreError(message) from error
    faults = []
    for name, listed in files.items():
        path = run.path / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif _sha256(path) != listed["sha256"]:
            faults.append(f"{name} was changed after the run")
    return faults


def _schema_of(name: str) -> pa.Schema:
    if name not in SCHEMAS:
        message = f"table {name!r}: expected one of {', '.join(SCHEMAS)}"
        raise StoreError(message)
    return SCHEMAS[name]


def _columns(name: str, schema: pa.Schema, rows: Sequence[Row] | Columns) -> dict[str, list[Any]]:
    """A list of values for each field of the schema."""
    given = set(rows) if isinstance(rows, Mapping) else {field for row in rows for field in row}
    unknown = sorted(given - set(schema.names))
    if unknown:
        message = f"table {name!r}: unknown field {', '.join(unknown)}; it has {', '.join(schema.names)}"
        raise StoreError(message)
    if isinstance(rows, Mapping):
        n_rows = max((len(column) for column in rows.values()), default=0)
        return {field: list(rows.get(field, [None] * n_rows)) for field in schema.names}
    return {field: [row.get(field) for row in rows] for field in schema.names}


def _array(name: str, field: "pa.Field[Any]", values: list[Any]) -> "pa.Array[Any]":
    try:
        array: pa.Array[Any] = pa.array(_plain(values), type=field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        message = f"table {name!r}: field {field.name!r} holds {field.type}: {error}"
        raise StoreError(message) from error
    if array.null_count and not field.nullable:
        row = next(number for number, value in enumerate(values) if value is None)
        message = f"table {name!r}: field {field.name!r} needs a value in each row, row {row} has none"
        raise StoreError(message)
    return array


def _plain(values: list[Any]) -> list[Any]:
    """Numpy scalars as Python's own."""
    if not any(issubclass(kind, np.generic) for kind in {type(value) for value in values}):
        return values
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _check_lengths(name: str, columns: Mapping[str, list[Any]]) -> None:
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        message = f"table {name!r}: expected columns of one length, got lengths {sorted(lengths)}"
        raise StoreError(message)


def _metadata(schema: pa.Schema, fingerprint: str) -> dict[bytes | str, bytes | str]:
    return {**dict[bytes | str, bytes | str]((schema.metadata or {}).items()), "fingerprint": fingerprint}


def _check_kind(path: Path, name: str, schema: pa.Schema) -> None:
    metadata = schema.metadata or {}
    found = (metadata.get(b"table", b"").decode(), metadata.get(b"version", b"").decode())
    if found != (name, str(VERSION)):
        message = f"table {name!r}: expected version {VERSION} of it in {path}, got {found[0]!r} version {found[1]!r}"
        raise StoreError(message)


def _listed(run: RunDir) -> list[Path]:
    paths = (path for path in run.path.rglob("*") if path.is_file() and not path.name.endswith(".part"))
    return sorted(path for path in paths if path.name not in _NOT_LISTED)


def _described(path: Path) -> dict[str, int | str]:
    described: dict[str, int | str] = {"sha256": _sha256(path), "n_bytes": path.stat().st_size}
    if path.suffix == ".parquet":
        described["n_rows"] = pq.read_metadata(path).num_rows
    return described


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
