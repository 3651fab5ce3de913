"""Results of a comparison as one Parquet file: a row per search and share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from modelsearch.core.errors import StoreError
from modelsearch.store.layout import write_whole

_TEXT: Final = pa.string()
_INT: Final = pa.int64()
_FLOAT: Final = pa.float64()
_BOOL: Final = pa.bool_()

# name, type, meaning
COMPARISON: Final[tuple[tuple[str, pa.DataType, str], ...]] = (
    ("table", _TEXT, "the recorded table, or the task"),
    ("baseline", _TEXT, "what is to be replaced"),
    ("plan", _TEXT, "who searched"),
    ("seed", _INT, "of item order and random choices"),
    ("budget_share", _FLOAT, "share of the whole cost X that might be spent"),
    ("recommended", _TEXT, "the candidate recommended; the baseline where it is kept"),
    ("verdict", _TEXT, "certified, likely or undecided"),
    ("spend_usd", _FLOAT, "what was spent, USD"),
    ("true_quality", _FLOAT, "quality of the recommended on the whole table"),
    ("true_cost_usd", _FLOAT, "cost of the recommended on the whole table, USD per item"),
    ("margin", _FLOAT, "largest loss of quality accepted"),
    ("alpha", _FLOAT, "rate of false certificates accepted"),
    ("p_right", _FLOAT, "stated probability that the recommendation is within the margin; NaN where none is stated"),
    ("is_baseline_imported", _BOOL, "whether the baseline's outcomes were given"),
    ("is_cost_known", _BOOL, "whether true mean costs were given"),
    ("n_calls", _INT, "calls paid"),
    ("n_rounds", _INT, "rounds closed"),
    ("time_to_solution_s", _FLOAT, "seconds at the recorded latencies, 32 calls in flight; NaN where unknown"),
    ("wall_s", _FLOAT, "seconds of deciding, calls not counted"),
    ("cpu_s", _FLOAT, "CPU seconds of deciding"),
    ("net_captured", _FLOAT, "share of the available saving, -1 if wrong, NaN where there was none to capture"),
    ("net_captured_certified", _FLOAT, "the same, counting certified recommendations alone"),
    ("cost_reduction", _FLOAT, "1 - true cost / the baseline's"),
    ("is_wrong", _BOOL, "worse than the margin by more than the slack"),
    ("is_certified", _BOOL, "a certified replacement"),
    ("is_false_certificate", _BOOL, "certified and worse than the margin"),
    ("spend_share", _FLOAT, "share of X spent"),
    ("is_over_budget", _BOOL, "more was spent than allowed: never"),
    ("n_candidates_tested", _INT, "models tested beside the baseline"),
    ("search_efficiency", _FLOAT, "truly feasible and cheaper ones among the tested / tested; NaN where none was"),
    ("front_hypervolume_share", _FLOAT, "hypervolume of the front found over the true one, at true values"),
)
KIND: Final[dict[bytes | str, bytes | str]] = {b"kind": b"modelsearch comparison", b"version": b"1"}


def write_comparison(path: Path, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write the rows, and return how many; the file is replaced whole. A field that a row lacks is left empty."""
    schema = pa.schema([pa.field(name, kind) for name, kind, _ in COMPARISON], metadata=KIND)
    columns = [pa.array([row.get(name) for row in rows], kind) for name, kind, _ in COMPARISON]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())
    return len(rows)


def read_comparison(path: Path) -> list[dict[str, Any]]:
    """The rows of a file written by `write_comparison`.

    Raises:
        StoreError: missing, no Parquet file, or not the results of a comparison.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        message = f"comparison {path}: cannot be read: {error}"
        raise StoreError(message) from error
    missing = [name for name, _, _ in COMPARISON if name not in table.column_names]
    if missing:
        message = f"comparison {path}: not written by `modelsearch compare`: no column {', '.join(missing)}"
        raise StoreError(message)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
