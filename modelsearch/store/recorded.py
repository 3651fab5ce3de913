"""Recorded tables: a folder with `outcomes.parquet` (model, item, score, cost_usd, ...) and `models.csv`.

Cells without a cost are left out, then items and then models with under 90 % of their cells; a cell that is missing
after that counts as score 0 at the model's mean cost, so that every cell can be bought.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from modelsearch.core.errors import RecordedTableError, TaskFileError
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.store.layout import write_whole
from modelsearch.store.recorded_models import MODELS_FILE, models_csv, read_models

OUTCOMES_FILE = "outcomes.parquet"
MIN_DENSITY = 0.9
CONFIDENCE = "confidence"
_NEEDED = ("model", "item", "score", "cost_usd")
_OPTIONAL = ("answer", "gold", "input_tokens", "output_tokens", "latency_s", CONFIDENCE)

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """The records in the file's order: (n_cells,) codes into names, and their columns."""

    models: list[str]
    items: list[str]
    model: _Ints
    item: _Ints
    table: pa.Table

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.models), len(self.items)

    def floats(self, column: str) -> _Floats:
        """(n_models, n_items), NaN = no record or null."""
        grid = np.full(self.shape, np.nan)
        if column in self.table.column_names:
            grid[self.model, self.item] = _floats(self.table, column)
        return grid

    def counts(self, column: str) -> _Ints:
        """(n_models, n_items), -1 = unknown."""
        grid = self.floats(column)
        return np.where(np.isnan(grid), -1, grid).astype(np.int64)

    def texts(self, column: str) -> npt.NDArray[np.object_]:
        """(n_models, n_items) text or None."""
        grid = np.full(self.shape, None, dtype=object)
        if column in self.table.column_names:
            grid[self.model, self.item] = np.array(
                self.table.column(column).cast(pa.string()).to_pylist(), dtype=object
            )
        return grid


def read_recorded_table(folder: Path) -> RecordedTable:
    """The table of a folder, named after it.

    Raises:
        RecordedTableError: a missing file, column or model; a score outside [0, 1], a cost below 0, a cell twice, a
            number that is none, or nothing left after thin items and models are left out.
    """
    cells = _read_cells(folder)
    described = read_models(folder / MODELS_FILE)
    score, cost_usd = cells.floats("score"), cells.floats("cost_usd")
    columns = np.flatnonzero(_share(~np.isnan(score), axis=0) >= MIN_DENSITY)
    rows = np.flatnonzero(_share(~np.isnan(score[:, columns]), axis=1) >= MIN_DENSITY)
    if not len(columns) or not len(rows):
        message = f"recorded table {folder}: no item or no model has {MIN_DENSITY:.0%} of its cells with score and cost"
        raise RecordedTableError(message)
    _check_described(folder, [cells.models[row] for row in rows], described)
    kept = np.ix_(rows, columns)
    score, cost_usd = score[kept], cost_usd[kept]
    mean_usd = np.nanmean(cost_usd, axis=1, keepdims=True)
    gold = cells.texts("gold")[kept]
    return RecordedTable(
        name=folder.name,
        models=tuple(described[cells.models[row]] for row in rows),
        item_ids=tuple(cells.items[column] for column in columns),
        score=np.nan_to_num(score, nan=0.0),
        cost_usd=np.where(np.isnan(cost_usd), mean_usd, cost_usd),
        latency_s=cells.floats("latency_s")[kept],
        input_tokens=cells.counts("input_tokens")[kept],
        output_tokens=cells.counts("output_tokens")[kept],
        answer=cells.texts("answer")[kept],
        gold=tuple(next((text for text in column if text is not None), "") for column in gold.T),
        is_recorded=~np.isnan(score),
        confidence=cells.floats(CONFIDENCE)[kept] if CONFIDENCE in cells.table.column_names else None,
    )


def write_recorded_table(table: RecordedTable, folder: Path) -> None:
    """Write the recorded cells and the models; filled-in cells are left out, as a reader fills them in again."""
    rows, columns = np.nonzero(table.is_recorded)
    names, items = np.array(list(table.row), dtype=object), np.array(table.item_ids, dtype=object)
    sureness = {} if table.confidence is None else {CONFIDENCE: _known(table.confidence[rows, columns])}
    content = pa.table(
        {
            "model": pa.array(names[rows].tolist(), pa.string()),
            "item": pa.array(items[columns].tolist(), pa.string()),
            "score": pa.array(table.score[rows, columns]),
            "answer": pa.array(table.answer[rows, columns].tolist(), pa.string()),
            "gold": pa.array(np.array(table.gold, dtype=object)[columns].tolist(), pa.string()),
            "input_tokens": _nullable(table.input_tokens[rows, columns]),
            "output_tokens": _nullable(table.output_tokens[rows, columns]),
            "latency_s": _known(table.latency_s[rows, columns]),
            "cost_usd": pa.array(table.cost_usd[rows, columns]),
            **sureness,
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(content, sink, compression="zstd")
    write_whole(folder / OUTCOMES_FILE, sink.getvalue().to_pybytes())
    write_whole(folder / MODELS_FILE, models_csv(table.models).encode())


def read_parquet_items(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file of task items, each a dictionary by column.

    Raises:
        TaskFileError: missing, or no Parquet file.
    """
    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        message = f"items {path}: expected a Parquet file: {error}"
        raise TaskFileError(message) from error
    return rows


def _read_cells(folder: Path) -> _Cells:
    path = folder / OUTCOMES_FILE
    try:
        names = pq.read_schema(path).names
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            message = f"recorded table {path}: column {', '.join(missing)} is missing; it has {', '.join(names)}"
            raise RecordedTableError(message)
        table = pq.read_table(path, columns=[*_NEEDED, *(name for name in _OPTIONAL if name in names)])
    except (OSError, pa.ArrowException) as error:
        message = f"recorded table {path}: expected a Parquet file: {error}"
        raise RecordedTableError(message) from error
    table = table.filter(pa.array(~np.isnan(_floats(table, "cost_usd", path))))
    _check_range(path, "score", _floats(table, "score", path), high=1.0)
    if CONFIDENCE in names:
        _check_range(path, CONFIDENCE, _floats(table, CONFIDENCE, path), high=1.0)
    _check_range(path, "cost_usd", _floats(table, "cost_usd", path), high=np.finfo(np.float64).max)
    models, model = _codes(table, "model", path)
    items, item = _codes(table, "item", path)
    _check_unique(path, models, items, model * max(1, len(items)) + item)
    return _Cells(models=models, items=items, model=model, item=item, table=table)


def _codes(table: pa.Table, column: str, path: Path) -> tuple[list[str], _Ints]:
    """Names sorted as text, and each cell's index among them."""
    texts = table.column(column).cast(pa.string())
    if texts.null_count:
        message = f"recorded table {path}: {column} is empty in {texts.null_count} rows; each row needs one"
        raise RecordedTableError(message)
    names, codes = np.unique(np.array(texts.to_pylist(), dtype=object), return_inverse=True)
    return names.tolist(), codes.astype(np.int64)


def _floats(table: pa.Table, column: str, path: Path | None = None) -> _Floats:
    """(n_cells,) numbers, NaN for null."""
    try:
        numbers = table.column(column).cast(pa.float64())
    except pa.ArrowException as error:
        message = (
            f"recorded table {path or ''}: column {column}: expected numbers, got {table.schema.field(column).type}"
        )
        raise RecordedTableError(message) from error
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _nullable(counts: _Ints) -> "pa.Array[Any]":
    """Counts with null for -1."""
    return pa.array(counts, mask=counts < 0)


def _known(numbers: _Floats) -> "pa.Array[Any]":
    """Numbers with null for NaN."""
    return pa.array(numbers, from_pandas=True)


def _share(has: npt.NDArray[np.bool_], *, axis: int) -> _Floats:
    """Share of true cells along an axis; 0 for an empty one."""
    n_cells = max(1, has.shape[axis])
    return np.asarray(has.sum(axis=axis) / n_cells, dtype=np.float64)


def _check_range(path: Path, column: str, values: _Floats, *, high: float) -> None:
    wrong = np.flatnonzero((values < 0) | (values > high))
    if len(wrong):
        limits = "in [0, 1]" if high == 1.0 else "finite and >= 0"
        message = f"recorded table {path}: {column} must be {limits}, got {values[wrong[0]]} ({len(wrong)} such cells)"
        raise RecordedTableError(message)


def _check_unique(path: Path, models: list[str], items: list[str], cell: _Ints) -> None:
    numbers, counts = np.unique(cell, return_counts=True)
    twice = numbers[counts > 1]
    if len(twice):
        model, item = models[twice[0] // len(items)], items[twice[0] % len(items)]
        message = f"recorded table {path}: model {model!r}, item {item!r} is there twice ({len(twice)} such cells)"
        raise RecordedTableError(message)


def _check_described(folder: Path, names: list[str], described: dict[str, RecordedModel]) -> None:
    missing = [name for name in names if name not in described]
    if missing:
        message = (
            f"recorded table {folder / MODELS_FILE}: no line for {', '.join(map(repr, missing[:5]))} of the outcomes"
        )
        raise RecordedTableError(message)
