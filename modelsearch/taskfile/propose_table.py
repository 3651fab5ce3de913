"""A file of labelled rows as it comes from a spreadsheet, a database or a colleague: read whatever can be read, and
say what was made of it.

`read_rows` is for task specs and refuses whatever is doubtful; this is for their first draft, which a person looks at.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_text import decoded, split_cells, told
from modelsearch.taskfile.read import ReadParquet, Row, read_bytes, read_rows

WHAT = "labelled rows"
SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".pq")
SHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
_ERRORS = frozenset({"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!"})
_MAX_NAME_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Labelled rows, cleaned of what a file format did to them.

    Attributes:
        columns: names, distinct and not empty, in the file's order.
        rows: (line or row number from 1, value of each column that has one); no value is None, "" or a cell's error.
        notes: what was made of the file, one line each.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]
    notes: tuple[str, ...] = ()


def read_table(path: Path, read_parquet: ReadParquet | None = None) -> Table:
    """The rows of a CSV (any usual separator and encoding), JSON, JSONL or Parquet file.

    Raises:
        TaskFileError: no such file, a spreadsheet's own format, no table, or no row in it.
    """
    suffix = path.suffix.lower()
    if suffix in SHEETS:
        message = f"{WHAT} {path}: {suffix} is a spreadsheet's own format: save the sheet as CSV (UTF-8) and give that"
        raise TaskFileError(message)
    if suffix in {".parquet", ".pq", ".jsonl", ".ndjson"}:
        table = _of_objects(path, read_rows(path, read_parquet, WHAT))
    elif suffix == ".json":
        table = _of_objects(path, _json_rows(path))
    elif suffix in SUFFIXES or not suffix:
        table = _of_cells(path)
    else:
        message = f"{WHAT} {path}: expected a {', '.join(SUFFIXES)} file, got {suffix!r}"
        raise TaskFileError(message)
    if not table.rows:
        message = f"{WHAT} {path}: no row holds a value: give a file with a row for each example"
        raise TaskFileError(message)
    return table


def _json_rows(path: Path) -> list[tuple[int, Row]]:
    text, _ = decoded(read_bytes(path, WHAT), f"{WHAT} {path}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{WHAT} {path}: not JSON: {error}"
        raise TaskFileError(message) from error
    if isinstance(value, dict):  # {"data": [...]} and the like
        value = next((part for part in value.values() if isinstance(part, list)), value)
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        message = f"{WHAT} {path}: expected a list of objects, one for each example, got {type(value).__name__}"
        raise TaskFileError(message)
    return list(enumerate(value, start=1))


def _of_objects(path: Path, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> Table:
    names = dict.fromkeys(str(name) for _, row in rows for name in row)
    kept = [(number, _filled(row)) for number, row in rows]
    return _without_empty(Table(path=path, columns=tuple(names), rows=tuple(kept)))


def _filled(row: Mapping[str, Any]) -> dict[str, Json]:
    """The values that are values; text without the blanks around it."""
    stripped = {str(name): value.strip() if isinstance(value, str) else value for name, value in row.items()}
    return {
        name: value
        for name, value in stripped.items()
        if value is not None
        and value not in ("", [], {})
        and not (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN
        and not (isinstance(value, str) and value.lower() in _ERRORS)
    }


def _of_cells(path: Path) -> Table:
    where = f"{WHAT} {path}"
    text, notes = decoded(read_bytes(path, WHAT), where)
    lines, separated = split_cells(text, where)
    if not lines:
        return Table(path=path, columns=(), rows=())
    has_header = _has_header([cells for _, cells in lines])
    width = _width([cells for _, cells in lines])
    head = lines[0][1] if has_header else ()
    columns, renamed = _names(head, width)
    body = lines[1:] if has_header else lines
    if not has_header:
        renamed = (f"the first row looks like an example, not like names: the columns are called {', '.join(columns)}",)
    table, dropped = _rows(path, columns, body, tuple(head))
    return replace(_without_empty(table), notes=(*notes, *separated, *renamed, *dropped, *_without_empty(table).notes))


def _width(lines: Sequence[Sequence[str]]) -> int:
    """The last column that holds anything in more than a stray row."""
    filled = Counter(max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0) for cells in lines)
    head = max((at for at, cell in enumerate(lines[0], 1) if cell.strip()), default=0)
    return max(head, filled.most_common(1)[0][0])


def _has_header(lines: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: short, distinct, no numbers, and no value that its own column has again."""
    first, others = [cell.strip() for cell in lines[0]], lines[1:]
    named = [cell for cell in first if cell]
    if not others or not named:
        return bool(named)
    for at, cell in enumerate(first):
        again = sum(1 for cells in others if at < len(cells) and cells[at].strip() == cell and list(cells) != lines[0])
        if cell and (len(cell) > _MAX_NAME_CHARS or _is_number(cell) or again > 1):
            return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _names(head: Sequence[str], width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Distinct names, and what was renamed."""
    names: list[str] = []
    notes: list[str] = []
    for at in range(width):
        given = " ".join(head[at].split()) if at < len(head) else ""
        name = base = given or f"column_{at + 1}"
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        if given and name != given:
            notes.append(f"the column {given!r} is there more than once: another one is called {name!r}")
        names.append(name)
    return tuple(names), tuple(notes)


def _rows(
    path: Path, columns: tuple[str, ...], body: Sequence[tuple[int, Sequence[str]]], head: tuple[str, ...]
) -> tuple[Table, tuple[str, ...]]:
    """The rows by column; rows that have more cells than columns, and repeated headers, are left out and told."""
    rows: list[tuple[int, Row]] = []
    broken: list[int] = []
    n_heads = 0
    for number, cells in body:
        if head and tuple(cells) == head:
            n_heads += 1
        elif any(cell.strip() for cell in cells[len(columns) :]):
            broken.append(number)
        else:
            rows.append((number, _filled(dict(zip(columns, map(_plain, cells), strict=False)))))
    notes = []
    if broken:
        notes.append(
            f"{told(len(broken), 'row has', 'rows have')} more cells than there are columns (first: line {broken[0]}): "
            "left out; usually a separator inside a text that is not in quotes"
        )
    if n_heads:
        notes.append(f"the header is there again in {told(n_heads, 'row', 'rows')}: left out")
    return Table(path=path, columns=columns, rows=tuple(rows)), tuple(notes)


def _plain(cell: str) -> str:
    """A cell without what Excel puts around text that looks like a number: ="0012"."""
    text = cell.strip()
    if len(text) > 3 and text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_empty(table: Table) -> Table:
    """Without the columns and rows that hold nothing, which is told of rows."""
    used = {name for _, row in table.rows for name in row}
    rows = tuple((number, row) for number, row in table.rows if row)
    n_empty = len(table.rows) - len(rows)
    notes = (*table.notes, f"{told(n_empty, 'row is', 'rows are')} empty: left out") if n_empty else table.notes
    return replace(table, columns=tuple(name for name in table.columns if name in used), rows=rows, notes=notes)
