"""All stages of one table of a run as one pandas frame, with what its columns mean."""

import pandas as pd

from modelsearch.core.errors import OptionError, RunNotFoundError
from modelsearch.store.layout import RunDir
from modelsearch.store.schemas import SCHEMAS
from modelsearch.store.tables import read_table

RUN_TABLES = ("endpoints", "screen", "trajectory", "calls", "outcomes", "ledger", "estimates", "decision")
"""Tables that a run has; the other schemas are the catalogue's."""


def run_table(run: RunDir, name: str) -> pd.DataFrame:
    """The rows of a table over all stages, `stage` in front; amounts are `Decimal`, exact; empty is None or NaN.

    The stages come in the order in which they ended; a table that none of them has is empty. `attrs["columns"]` holds
    the meaning and unit of each column.

    Raises:
        OptionError: a run has no table of that name.
        RunNotFoundError: the run has no files, for example because it was moved.
        StoreError: a file cannot be read.
    """
    if name not in RUN_TABLES:
        message = f"table: expected one of {', '.join(RUN_TABLES)}, got {name!r}"
        raise OptionError(message)
    if not any(run.stages.glob("*/*.parquet")):
        message = f"table {name!r} of run {run.run_id!r}: no file in {run.stages}: was the run moved or not finished?"
        raise RunNotFoundError(message)
    paths = sorted(run.stages.glob(f"*/{name}.parquet"), key=lambda path: path.stat().st_mtime_ns)
    parts = [_staged(read_table(path, name).to_pandas(), path.parent.name) for path in paths]
    frame = pd.concat(parts, ignore_index=True) if parts else _staged(SCHEMAS[name].empty_table().to_pandas(), "")
    frame.attrs["columns"] = column_meanings(name)
    return frame


def _staged(part: pd.DataFrame, stage: str) -> pd.DataFrame:
    part.insert(0, "stage", stage)
    return part


def column_meanings(name: str) -> dict[str, str]:
    """Meaning and unit of each column of a table of `SCHEMAS`, `stage` in front."""
    told = {"stage": "the phase whose file it is from"}
    for field in SCHEMAS[name]:
        about = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        unit = f" [{about['unit']}]" if about.get("unit") else ""
        told[field.name] = f"{about.get('meaning', '')}{unit}"
    return told
