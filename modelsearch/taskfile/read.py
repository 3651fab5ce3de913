"""Files of items as rows of plain values: JSONL, CSV and, where a reader is handed in, Parquet."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from modelsearch.core.errors import TaskFileError

MAX_ITEM_BYTES = 1_000_000
Row: TypeAlias = Mapping[str, Any]
ReadParquet: TypeAlias = Callable[[Path], list[dict[str, Any]]]


def read_text(path: Path, what: str) -> str:
    """The text of a UTF-8 file, a byte order mark dropped.

    Args:
        path: of the file.
        what: whose file it is, for messages.

    Raises:
        TaskFileError: no such file, not readable, or not UTF-8.
    """
    raw = read_bytes(path, what)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaskFileError(
            f"{what} {path}: not UTF-8 at byte {error.start} (0x{raw[error.start]:02x}): save the file as UTF-8"
        ) from error


def read_bytes(path: Path, what: str) -> bytes:
    """The bytes of a file.

    Raises:
        TaskFileError: there is none, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise TaskFileError(f"{what} {path}: no such file") from error
    except OSError as error:
        raise TaskFileError(f"{what} {path}: cannot be read: {error.strerror or error}") from error


def read_rows(path: Path, read_parquet: ReadParquet | None = None, what: str = "items") -> list[tuple[int, Row]]:
    """(line number or row number from 1, row) of each item of a file.

    Raises:
        TaskFileError: the file is missing, malformed, of an unknown kind or empty, or an item is too large.
    """
    suffix = path.suffix.lower()
    if suffix in {".parquet", ".pq"}:
        rows = _parquet_rows(path, read_parquet, what)
    elif suffix in {".jsonl", ".ndjson"}:
        rows = _jsonl_rows(read_text(path, what), path, what)
    elif suffix == ".csv":
        rows = _csv_rows(read_text(path, what), path, what)
    else:
        raise TaskFileError(f"{what} {path}: expected a .jsonl, .csv or .parquet file, got {suffix or 'no suffix'!r}")
    if not rows:
        raise TaskFileError(f"{what} {path}: the file holds no item")
    return rows


def _jsonl_rows(text: str, path: Path, what: str) -> list[tuple[int, Row]]:
    rows: list[tuple[int, Row]] = []
    # split on line feeds alone: a line separator inside a JSON string is part of the text
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{what} {path}, line {number}"
        check_size(line, where)
        rows.append((number, _json_row(line, where)))
    return rows


def _json_row(line: str, where: str) -> Row:
    def refuse(name: str) -> NoReturn:
        raise TaskFileError(f"{where}: {name} is not a value: leave the item out or give a number")

    try:
        row = json.loads(line, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise TaskFileError(f"{where}: not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise TaskFileError(f"{where}: JSON is nested too deeply") from error
    if not isinstance(row, dict):
        raise TaskFileError(f"{where}: expected an object with `input` and `target`, got {type(row).__name__}")
    return row


def _csv_rows(text: str, path: Path, what: str) -> list[tuple[int, Row]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="")
    rows: list[tuple[int, Row]] = []
    try:
        for row in reader:
            where = f"{what} {path}, line {reader.line_num}"
            if "" in row or None in row.values():
                raise TaskFileError(f"{where}: expected {len(reader.fieldnames or ())} columns as in the header")
            check_size("".join(row.values()), where)
            # an empty cell is an absent value
            rows.append((reader.line_num, {name: value for name, value in row.items() if value != ""}))
    except csv.Error as error:
        raise TaskFileError(f"{what} {path}, line {reader.line_num}: not CSV: {error}") from error
    return rows


def _parquet_rows(path: Path, read_parquet: ReadParquet | None, what: str) -> list[tuple[int, Row]]:
    if read_parquet is None:
        raise TaskFileError(f"{what} {path}: no Parquet reader was given: use a .jsonl or .csv file")
    read_bytes(path, what)
    try:
        rows = read_parquet(path)
    except (OSError, ValueError) as error:
        raise TaskFileError(f"{what} {path}: not a Parquet file that can be read: {error}") from error
    return list(enumerate(rows, start=1))


def check_size(text: str, where: str) -> None:
    """Refuse an item of more than 1 MB.

    Raises:
        TaskFileError: it is larger.
    """
    size = len(text) if len(text) * 4 <= MAX_ITEM_BYTES else len(text.encode(errors="replace"))
    if size > MAX_ITEM_BYTES:
        raise TaskFileError(f"{where}: an item of {size} bytes: at most {MAX_ITEM_BYTES} are accepted: shorten it")
