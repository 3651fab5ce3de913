"""The positive control of `bench.secrets`: keys planted in every kind of file must be found."""

import gzip
import json
import sqlite3
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from bench.secrets_scan import scan

KEY = "sk-planted-0123456789abcdef+/0123456789=="
_SURROUNDING = "x" * 4070
"""So long that SQLite spreads the value over pages."""


def plant(folder: Path) -> set[str]:
    """Write one key in many ways; the names of the files."""
    folder.mkdir(parents=True)
    (folder / "plain.log").write_text(f"Authorization: Bearer {KEY}")
    (folder / "basic.txt").write_bytes(b64encode(f":{KEY}".encode()))
    (folder / "bearer.txt").write_bytes(b64encode(f"Bearer {KEY}, and more".encode()))
    (folder / "url.txt").write_text(f"https://host/path?key={quote(KEY, safe='')}&x=1")
    (folder / "escaped.json").write_text(json.dumps(f"key {KEY}").replace("/", "\\/"))
    (folder / "packed.gz").write_bytes(gzip.compress(KEY.encode()))
    pq.write_table(pa.table({"text": [KEY, _SURROUNDING]}), folder / "table.parquet", compression="zstd")
    db = sqlite3.connect(folder / "tables.db")
    db.execute("CREATE TABLE t (value TEXT)")
    db.execute("INSERT INTO t VALUES (?)", (f"{_SURROUNDING}{KEY}{_SURROUNDING}",))
    db.commit()
    db.close()
    return {path.name for path in folder.iterdir()}


def missed_plants(folder: Path) -> list[str]:
    """A line for each planted key that the scan did not find, and for one that is not there and was."""
    planted = plant(folder)
    hits, _ = scan(folder, {"planted": KEY, "absent": KEY.replace("planted", "elsewhere")})
    found = {hit.place.partition(" ")[0] for hit in hits if hit.name == "planted"}
    missed = [f"the scan did not find the key planted in {name}" for name in sorted(planted - found)]
    return missed + [f"the scan found an absent key in {hit.place}" for hit in hits if hit.name == "absent"]
