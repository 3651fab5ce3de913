"""Cases: a table, the baseline to replace, margin and alpha. Given as CSV, or by the rule of the method."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelsearch.compare.tables import Field, read_field
from modelsearch.core.errors import OptionError

MARGIN, ALPHA = 0.02, 0.05
N_BASELINES = 3
DEAR_QUANTILE = 0.75
_COLUMNS = ("table", "baseline", "margin", "alpha")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What to search: `margin` in score units, `alpha` the rate of false certificates accepted."""

    table: str
    baseline: str
    margin: float = MARGIN
    alpha: float = ALPHA


def baselines_of(field: Field) -> list[str]:
    """Among the dearest quarter of models by cost the three most accurate; ties to the cheaper, then to the name."""
    dear = np.flatnonzero(field.cost_usd >= np.quantile(field.cost_usd, DEAR_QUANTILE))
    order = sorted(dear, key=lambda row: (-field.quality[row], field.cost_usd[row], field.table.models[row].name))
    return [field.table.models[row].name for row in order[:N_BASELINES]]


def cases_of(folders: Sequence[Path]) -> list[Case]:
    """The cases of tables by that rule."""
    return [Case(table=folder.name, baseline=name) for folder in folders for name in baselines_of(read_field(folder))]


def read_cases(path: Path, folders: Mapping[str, Path]) -> list[Case]:
    """The cases of a CSV file `table,baseline,margin,alpha`; the last two may be left out.

    Args:
        path: the file.
        folders: by table name; cases of other tables are left out, as a file may list more than are compared.

    Raises:
        OptionError: it cannot be read, misses a column, holds a number out of range, or no case of these tables.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"--cases {path}: expected a CSV file with the columns {', '.join(_COLUMNS)}: {error}"
        raise OptionError(message) from error
    cases = [_case(path, number, line) for number, line in enumerate(lines, start=2) if line.get("table") in folders]
    if not cases:
        message = f"--cases {path}: no case of the tables {', '.join(sorted(folders))}"
        raise OptionError(message)
    return cases


def _case(path: Path, number: int, line: Mapping[str, str | None]) -> Case:
    table, baseline = line.get("table"), line.get("baseline")
    margin, alpha = _number(line.get("margin"), MARGIN), _number(line.get("alpha"), ALPHA)
    if not table or not baseline or not 0 <= margin <= 1 or not 0 < alpha < 1:
        message = (
            f"--cases {path}, line {number}: expected table, baseline, margin in [0, 1] and alpha in (0, 1), "
            f"got {table!r}, {baseline!r}, {line.get('margin')!r} and {line.get('alpha')!r}"
        )
        raise OptionError(message)
    return Case(table=table, baseline=baseline, margin=margin, alpha=alpha)


def _number(text: str | None, default: float) -> float:
    """NaN where it is none, which is in no range."""
    try:
        return float(text) if text else default
    except ValueError:
        return math.nan
