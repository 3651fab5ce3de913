"""Looks for keys in every file under a folder: as they are, and in the forms in which programs pass them on.

Files that hide text from a plain search are read as what they are too: SQLite tables (long values are spread over
pages), Parquet columns (compressed), gzip.
"""

import gzip
import json
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow.parquet as pq

_SQLITE_MAGIC = b"SQLite format 3\0"
_BASE64_STARTS = (0, 2, 3)
"""Characters at the front of an encoding that depend on 0, 1 or 2 bytes before the key."""


@dataclass(frozen=True)
class Hit:
    """A key that was found: whose, in which form, where."""

    name: str
    form: str
    place: str


def forms_of(key: str) -> dict[bytes, str]:
    """Every form of a key that is looked for, and its name; forms that are alike once."""
    raw = key.encode()
    forms = {
        "plain": raw,
        "url": quote(key, safe="").encode(),
        "url+": quote_plus(key).encode(),
        "json": json.dumps(key)[1:-1].encode(),
        "json/": json.dumps(key)[1:-1].replace("/", "\\/").encode(),
        "utf-16": key.encode("utf-16-le"),
        "hex": raw.hex().encode(),
    }
    for shift, start in enumerate(_BASE64_STARTS):
        end = (shift + len(raw)) * 8 // 6
        forms[f"base64 at {shift}"] = b64encode(b"\0" * shift + raw)[start:end]
        forms[f"base64url at {shift}"] = urlsafe_b64encode(b"\0" * shift + raw)[start:end]
    return {needle: form for form, needle in reversed(forms.items())}


def hits_in(data: bytes, place: str, keys: Mapping[str, str]) -> Iterator[Hit]:
    """Each key and form that some bytes hold; keys by the name to tell."""
    for name, key in keys.items():
        for needle, form in forms_of(key).items():
            if needle in data:
                yield Hit(name, form, place)


def scan(folder: Path, keys: Mapping[str, str]) -> tuple[list[Hit], int]:
    """Every hit in every file under a folder, and how many files there are; names of files count too."""
    hits: list[Hit] = []
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        place = str(path.relative_to(folder))
        hits += hits_in(place.encode(), "file name", keys)
        for how, data in _readings(path):
            hits += hits_in(data, f"{place}{how}", keys)
    return hits, len(paths)


def _readings(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and what they stand for."""
    data = path.read_bytes()
    yield "", data
    if data.startswith(_SQLITE_MAGIC):
        yield " (tables)", _tables(path)
    elif path.suffix == ".parquet":
        yield " (columns)", _columns(path)
    elif data.startswith(b"\x1f\x8b"):
        yield " (unpacked)", gzip.decompress(data)


def _tables(path: Path) -> bytes:
    """Every value of every table, the WAL's newer ones included."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = bytes
    try:
        names = [row[0].decode() for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = (row for name in names for row in db.execute(f'SELECT * FROM "{name}"'))  # noqa: S608 - its own names
        return b"\n".join(value for row in rows for value in row if isinstance(value, bytes))
    finally:
        db.close()


def _columns(path: Path) -> bytes:
    """Every value of every column, and the metadata."""
    table = pq.read_table(path)
    values = b"\n".join(str(value).encode() for column in table.columns for value in column.to_pylist())
    return values + b"\n" + str(table.schema.metadata).encode()
