"""Made-up files of labelled rows."""

from collections.abc import Sequence
from pathlib import Path

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_doubts import Labelled
from modelsearch.taskfile.propose_table import Table, read_table

DESKS = ("refund", "billing", "order status")


def table_of(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table of these cells; None = an empty one."""
    filled = [{name: cell for name, cell in zip(columns, row, strict=True) if cell is not None} for row in rows]
    return Table(path=Path("rows.csv"), columns=tuple(columns), rows=tuple(enumerate(filled, start=2)))


def desks(n_rows: int = 60) -> Table:
    """Messages with one of three desks each, and an id."""
    rows = [(f"T{at}", f"message number {at} says something else", DESKS[at % 3]) for at in range(n_rows)]
    return table_of(("ticket_id", "message", "desk"), rows)


def written(tmp_path: Path, content: str | bytes, name: str = "rows.csv") -> Table:
    """What is read of a file with this content."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)


def labelled(pairs: Sequence[tuple[str, Json]]) -> list[Labelled]:
    """Rows of input and target, on lines from 2."""
    return [Labelled(line=at, input=text, text=text, target=target) for at, (text, target) in enumerate(pairs, start=2)]
