"""Bytes of somebody's CSV as text and cells: encoding and separator are found out, and told where unusual."""

import codecs
import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelsearch.core.errors import TaskFileError

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
MAX_CELL_CHARS = 2_000_000
_N_SNIFFED = 2000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ZIP = b"PK\x03\x04"

Line = tuple[int, list[str]]


def decoded(raw: bytes, where: str) -> tuple[str, tuple[str, ...]]:
    """The text, and a note where it was not UTF-8.

    Raises:
        TaskFileError: these bytes are no text.
    """
    if raw.startswith(_ZIP):
        message = f"{where}: this is a spreadsheet or an archive under another name: save the sheet as CSV (UTF-8)"
        raise TaskFileError(message)
    marked = next((name for mark, name in _BOMS if raw.startswith(mark)), "")
    try:
        if marked:
            text = raw.decode(marked)
            return text, () if marked == "utf-8-sig" else ("the file is UTF-16, as Excel's `Unicode text` is",)
        if b"\0" not in raw:
            return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        if marked:
            message = f"{where}: begins like {marked} and is not: save it as CSV (UTF-8)"
            raise TaskFileError(message) from None
        return _western(raw)
    message = f"{where}: holds bytes of 0, so it is no text: give a CSV, JSONL or Parquet file"
    raise TaskFileError(message)


def _western(raw: bytes) -> tuple[str, tuple[str, ...]]:
    at = next(number for number, byte in enumerate(raw) if byte > 0x7F)
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    line = raw.count(b"\n", 0, at) + 1
    shown = text[max(0, at - 12) : at + 12].split("\n")[-1].strip()
    return text, (f"not UTF-8: read as Windows-1252; see whether line {line} is right: ...{ascii_safe(shown)}...",)


def told(n: int, one: str, many: str) -> str:
    """How many, in words that go with the number: 1 row is, 3 rows are."""
    return f"{n:,} {one if n == 1 else many}"


def ascii_safe(text: str) -> str:
    """Text for a terminal: control characters shown as what they are."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def split_cells(text: str, where: str) -> tuple[list[Line], tuple[str, ...]]:
    """(line on which it begins, cells) of each row that is not blank, and a note on the separator if not a comma.

    Raises:
        TaskFileError: a quote that never closes, or no separator that makes two columns.
    """
    told = ""
    if text[:4].lower() == "sep=" and len(text) > 4 and text[4] in SEPARATORS:  # Excel's own hint to itself
        told, text = text[4], text.partition("\n")[2]
    first = 2 if told else 1
    separator = told or max(SEPARATORS, key=lambda each: _fit(text, each))
    rows = _parsed(text, separator, where, first)
    if rows and max(len(cells) for _, cells in rows) < 2:
        message = (
            f"{where}: expected at least two columns, one for the input and one for the target, got one: separate "
            f"cells by {', '.join(SEPARATORS.values())}"
        )
        raise TaskFileError(message)
    return rows, () if separator == "," else (f"cells are separated by {SEPARATORS[separator]}",)


def _fit(text: str, separator: str) -> tuple[float, int]:
    """How regular a table is with this separator: share of rows as wide as the first one, and that width."""
    rows: list[Sequence[str]] = []
    try:
        for row in _reader(text, separator):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) == _N_SNIFFED:
                break
    except csv.Error:
        return 0.0, 0
    width = len(rows[0]) if rows else 0
    return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, 0)


def _parsed(text: str, separator: str, where: str, first: int) -> list[Line]:
    reader = _reader(text, separator)
    rows: list[Line] = []
    begins = first
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begins, row))
            begins = reader.line_num + first
    except csv.Error as error:
        message = f"{where}, line {begins}: not CSV: {error}: a quote inside a quoted text is written twice"
        raise TaskFileError(message) from error
    return rows


def _reader(text: str, separator: str) -> "Reader":
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARS))
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
