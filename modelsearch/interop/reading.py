"""Files of another tool as rows: JSON, JSON lines and CSV, with limits; every problem names file and line."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from modelsearch.core.errors import LogFileError
from modelsearch.interop.fields import Fields, fields_of, shown

MAX_FILE_BYTES = 1_000_000_000
MAX_FILES = 10_000
MAX_CELL_CHARS = 10_000_000
_BEGINS_JSON = ("[", "{")


def files_of(given: Sequence[Path], patterns: Sequence[str]) -> list[Path]:
    """The files given, folders searched for files of these patterns, in order of their names.

    Raises:
        LogFileError: nothing there, or far too many.
    """
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = sorted({each for pattern in patterns for each in path.rglob(pattern) if each.is_file()})
            if not inside:
                raise LogFileError(f"{path}: no file {' or '.join(patterns)} in this folder")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise LogFileError(f"{path}: no such file or folder")
    if len(found) > MAX_FILES:
        raise LogFileError(f"{len(found)} files: at most {MAX_FILES} are read at once: name fewer")
    return found


def text_of(path: Path) -> str:
    """The text of a UTF-8 file, a byte order mark dropped.

    Raises:
        LogFileError: not readable, too large, or not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise LogFileError(f"{path}: {size} bytes: at most {MAX_FILE_BYTES} are read: split it")
        raw = path.read_bytes()
    except OSError as error:
        raise LogFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LogFileError(f"{path}: not UTF-8 at byte {error.start}: save the file as UTF-8") from error


def json_value(text: str | bytes, where: str) -> Any:
    """The value of a JSON text; NaN and infinity, which some tools write, are floats.

    Raises:
        LogFileError: no JSON, nested too deeply, or a number of absurd length.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise LogFileError(f"{where}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise LogFileError(f"{where}: JSON is nested too deeply") from error
    except ValueError as error:
        raise LogFileError(f"{where}: not JSON that can be used: {error}") from error


def json_lines(path: Path) -> Iterator[Fields]:
    """The objects of a JSON-lines file, in order; empty lines are passed over.

    Raises:
        LogFileError: a line is no JSON object.
    """
    # split on line feeds alone: a line separator inside a JSON string is part of the text
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            yield fields_of(json_value(line, where), where)


def rows_of(path: Path) -> list[Fields]:
    """The rows of a CSV file, a JSON-lines file, or a JSON list (also one under `data`).

    Raises:
        LogFileError: none of these, or broken.
    """
    if path.suffix.lower() in {".csv", ".tsv"}:
        return list(_csv_rows(path))
    text = text_of(path)
    head = text.lstrip()[:1]
    if head not in _BEGINS_JSON:
        raise LogFileError(f"{path}: expected a .csv file, JSON lines or a JSON list, got {shown(text[:20])}")
    if head == "{" and _is_lines(text):
        return list(json_lines(path))
    return list(_listed(json_value(text, str(path)), path))


def _is_lines(text: str) -> bool:
    """Whether the first line is an object by itself."""
    try:
        first = json.loads(text.lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and not isinstance(first.get("data"), list)


def _listed(value: Any, path: Path) -> Iterator[Fields]:
    rows = value.get("data") if isinstance(value, dict) and "data" in value else value
    if not isinstance(rows, list):
        rows = [rows]
    for number, row in enumerate(rows, start=1):
        where = f"{path}, row {number}"
        yield fields_of(row, where)


def _csv_rows(path: Path) -> Iterator[Fields]:
    """Each row by the header; an empty cell is an absent value."""
    csv.field_size_limit(MAX_CELL_CHARS)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.DictReader(io.StringIO(text_of(path), newline=""), strict=True, restkey="", delimiter=delimiter)
    try:
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if "" in row or None in row.values():
                raise LogFileError(f"{where}: expected {len(reader.fieldnames or ())} columns as in the header")
            yield Fields({name: value for name, value in row.items() if value != ""}, where)
    except csv.Error as error:
        raise LogFileError(f"{path}, line {reader.line_num}: not CSV: {error}") from error
