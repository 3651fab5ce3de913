"""`docs/reference/tables.md`: every table that runs, syncs, nights and comparisons write, and each of its columns."""

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from modelsearch.store import night_tables, schemas
from modelsearch.store.comparisons import COMPARISON

HEAD = """# Tables and columns

Made from the declared schemas (`modelsearch/store/schemas.py`, `night_tables.py`, `comparisons.py`) by
`python -m bench.docs_pages`; do not edit.

All are Parquet; meaning and unit of a column are also in the file's own schema (`field.metadata`). Money is
`decimal128(38, 12)`, exact. *May be empty* means null, which is never 0. Version of the tables: {version}.

- A run: `.modelsearch/runs/RUN/stages/PHASE/TABLE.parquet`.
- The synced catalogue: `.modelsearch/catalog/prices-N.parquet`, `changes-N.parquet`.
- A registered task: `.modelsearch/nights/TASK/TABLE.parquet`, and the same as `.jsonl`.
- A comparison: the file that `compare --out` names.
"""
ABOUT = {
    "endpoints": "Of a run: what could be called, and at what price.",
    "screen": "Of a run: who left in a phase, why, and what would bring them back.",
    "trajectory": "Of a run: every decision, in order.",
    "calls": "Of a run: every request that was reserved.",
    "outcomes": "Of a run: candidate x item x repeat.",
    "ledger": "Of a run: the books. Sums of `calls` and `ledger` agree to the last digit.",
    "estimates": "Of a run: what is known of each candidate at the end of the phase.",
    "decision": "Of a run: one row, the recommendation.",
    "prices": "Of the synced catalogue: each price, from the day on which it was first seen. Append-only.",
    "changes": "Of the synced catalogue: what appeared, went, was repriced.",
    "nights": "Of a registered task: a row a night.",
    "jobs": "Of a registered task: a row for each piece of a night's work.",
    "moves": "Of a registered task: recommendations that moved.",
    "alarms": "Of a registered task: what somebody should look at.",
    "standings": "Of a registered task: where each candidate stands after a night.",
}


OTHER = "A table of the project."


class Column(NamedTuple):
    """One line of a table's description."""

    name: str
    kind: str
    unit: str
    meaning: str


def page() -> str:
    """The page in Markdown."""
    parts = [HEAD.format(version=schemas.VERSION)]
    for name, schema in {**schemas.SCHEMAS, **night_tables.TABLES}.items():
        parts.append(_section(name, ABOUT.get(name, OTHER), _columns(schema)))
    told = "Of `modelsearch compare`: a row for each search and share."
    parts.append(_section("comparison", told, (Column(n, _kind(k), "", m) for n, k, m in COMPARISON)))
    return "\n".join(parts)


def _columns(schema: pa.Schema) -> Iterable[Column]:
    for each in schema:
        told = {key.decode(): value.decode() for key, value in (each.metadata or {}).items()}
        empty = "; may be empty" if each.nullable else ""
        yield Column(each.name, _kind(each.type), told.get("unit", ""), told.get("meaning", "") + empty)


def _section(name: str, about: str, columns: Iterable[Column]) -> str:
    rows = [f"| `{c.name}` | {c.kind} | {c.unit or '-'} | {c.meaning} |" for c in columns]
    return "\n".join(
        [f"## {name}", "", about, "", "| column | type | unit | meaning |", "|---|---|---|---|", *rows, ""]
    )


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return "list of text"
    if pa.types.is_decimal(kind):
        return "decimal"
    names = {"string": "text", "int64": "integer", "double": "float", "bool": "yes/no", "date32[day]": "date"}
    return names.get(str(kind), str(kind))
