"""`python -m bench.search --study`: what the default plan's constants owe to the tables that they were tuned on.

For every constant a small grid: what is shipped, about half, about double. For every table that value is chosen which
captures most on the other nine (mean over the shares), and scored on the table left out. Where the choice of nine
tables scores on the tenth as the shipped value does, the shipped one owes nothing to the table; the worst of the grid
shows what there is to lose. One search per case and value (`--seeds` for more), costs learnt. Searches are kept in
.modelsearch/bench/search_study as Parquet, under a name made of the code and of what was asked, and done once.
"""

import hashlib
import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench.compared import Bench
from bench.study_constants import Constant, constants, overridden, with_value
from modelsearch.compare.aggregate import column
from modelsearch.compare.run import Comparison, compare
from modelsearch.store.comparisons import read_comparison, write_comparison

SHARES = (0.02, 0.05, 0.1)
ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".modelsearch" / "bench" / "search_study"
SHIPPED = "shipped"
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of one constant; `name` is `SHIPPED` where nothing is changed."""

    name: str
    value: float
    comparison: Comparison
    path: Path


def study(bench: Bench, wanted: Sequence[str]) -> int:
    """Search whatever is not kept yet, then print the table; always holds, for it is told and not judged."""
    print(bench.told("python -m bench.search --study"))
    asked = [each for each in constants() if not wanted or each.name in wanted]
    cells = {(cell.name, cell.value): cell for cell in _cells(bench, asked)}
    for n_done, cell in enumerate(_run([each for each in cells.values() if not each.path.exists()], bench.n_jobs), 1):
        sys.stderr.write(f"{n_done}: {cell}\n")
    plain = read_comparison(cells[SHIPPED, 0.0].path)
    rows = {each.name: {each.grid[0]: plain} | _read(cells, each) for each in asked}
    print(
        f"\n{'constant':34} {'grid':>18}  left-out choices {'':14} net captured at {SHARES}: shipped | left out | worst"
    )
    losses = [tell(each, rows[each.name]) for each in asked]
    print(
        f"study: choosing each of {len(asked)} constants on nine tables loses {np.mean(losses):+.3f} on the tenth, in "
        f"the mean over constants and shares, beside what is shipped; the most {max(losses, default=0.0):+.3f}"
    )
    return 0


def _read(cells: Mapping[tuple[str, float], Cell], constant: Constant) -> dict[float, Rows]:
    return {value: read_comparison(cells[constant.name, value].path) for value in constant.grid[1:]}


def tell(constant: Constant, by_value: Mapping[float, Rows]) -> float:
    """Print one constant's line; what the left-out choice loses beside what is shipped, mean over the shares."""
    chosen = chosen_without(by_value, constant.grid[0])
    left_out = [row for table, value in chosen.items() for row in by_value[value] if row["table"] == table]
    scores = {value: captured(rows) for value, rows in by_value.items()}
    shipped, without = scores[constant.grid[0]], captured(left_out)
    worst = scores[min(scores, key=lambda value: float(scores[value].mean()))]
    counts = " ".join(f"{value:g}:{list(chosen.values()).count(value)}" for value in sorted(by_value))
    told = " | ".join(" ".join(f"{each:+.3f}" for each in some) for some in (shipped, without, worst))
    print(f"{constant.name:34} {' '.join(f'{v:g}' for v in sorted(by_value)):>18}  {counts:30} {told}")
    return float((shipped - without).mean())


def chosen_without(by_value: Mapping[float, Rows], first: float) -> dict[str, float]:
    """For each table the value that captures most on all others; ties to `first`, then to the smaller."""
    tables = sorted({str(row["table"]) for row in by_value[first]})

    def merit(value: float, table: str) -> tuple[float, bool, float]:
        others = [row for row in by_value[value] if row["table"] != table]
        return round(float(captured(others).mean()), 9), value == first, -value

    return {table: max(by_value, key=lambda value: merit(value, table)) for table in tables}


def captured(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(n_shares,) mean net captured saving; cases with nothing to capture left out unless the choice was wrong."""
    by_share = [column([row for row in rows if row["budget_share"] == share], "net_captured") for share in SHARES]
    return np.array([values[~np.isnan(values)].mean() if (~np.isnan(values)).any() else 0.0 for values in by_share])


def _cells(bench: Bench, asked: Sequence[Constant]) -> Iterator[Cell]:
    (plan,) = bench.contenders()
    plain = bench.comparison([plan], SHARES)
    code, tables = code_hash(), ",".join(bench.folders)
    for name, value in [(SHIPPED, 0.0), *((each.name, value) for each in asked for value in each.grid[1:])]:
        key = repr((code, name, value, tables, bench.n_seeds, SHARES, plan.plan))
        path = KEPT / f"{name}={value:g}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.parquet"
        changed = plan if name == SHIPPED else with_value(plan, name, value)
        yield Cell(name=name, value=value, comparison=replace(plain, contenders=(changed,), n_jobs=1), path=path)


def code_hash() -> str:
    """Of all sources of the product: what was searched with other code is not taken for this."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "modelsearch").rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _run(cells: Sequence[Cell], n_jobs: int) -> Iterator[str]:
    """Search cells in processes of their own, one after another in each."""
    with ProcessPoolExecutor(n_jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_search, cell) for cell in cells]):
            yield done.result()


def _search(cell: Cell) -> str:
    with threadpool_limits(1):
        if cell.name == SHIPPED:
            rows = compare(cell.comparison)
        else:
            with overridden(cell.name, cell.value):
                rows = compare(cell.comparison)
    cell.path.parent.mkdir(parents=True, exist_ok=True)
    write_comparison(cell.path, rows)
    return cell.path.name
