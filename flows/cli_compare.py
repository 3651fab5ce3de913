"""`modelsearch compare`: which search plan is best, on recorded tables or on the user's own tasks."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.json_option import tell
from modelsearch.api.compare_tasks import TaskComparison, compare_tasks
from modelsearch.api.request import budget_of
from modelsearch.api.world_tables import world_table_of
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.aggregate import Row
from modelsearch.compare.cases import cases_of, read_cases
from modelsearch.compare.contenders import Contender
from modelsearch.compare.page import comparison_page
from modelsearch.compare.peers import MAX_ROUNDS, peer, peers
from modelsearch.compare.run import Comparison, compare
from modelsearch.compare.tell import comparison_data, comparison_lines
from modelsearch.core.errors import OptionError
from modelsearch.core.registry import names
from modelsearch.search.plan import make_plan
from modelsearch.settings import read_settings
from modelsearch.store.comparisons import read_comparison, write_comparison
from modelsearch.store.layout import write_whole
from modelsearch.store.recorded import write_recorded_table


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """The options of the command, as typed."""

    cases: Path | None
    plans: str
    budget_share: str
    n_seeds: int
    is_baseline_imported: bool
    is_cost_known: bool
    n_jobs: int
    out: Path
    baseline: str = ""
    budget_usd: str | None = None
    is_emulated: bool = False
    past: tuple[Path, ...] = ()
    dask: str = ""
    is_json: bool = False


def compare_tables(folders: Sequence[Path], options: CompareOptions) -> None:
    """Run the comparison, write its rows, show its tables.

    Raises:
        InputError: a table, a case, a plan or an option cannot be used.
    """
    by_name = _by_name(folders)
    comparison = Comparison(
        folders=by_name,
        cases=cases_of(list(by_name.values())) if options.cases is None else read_cases(options.cases, by_name),
        contenders=[each for name in options.plans.split(",") for each in contenders_of(name.strip())],
        shares=shares_of(options.budget_share),
        seeds=range(options.n_seeds),
        is_baseline_imported=options.is_baseline_imported,
        is_cost_known=options.is_cost_known,
        past=options.past,
        n_jobs=options.n_jobs,
        dask=options.dask,
    )
    rows = compare(comparison, _tell_progress if sys.stderr.isatty() else None)
    write_comparison(options.out, rows)
    _show(rows, options.out, is_json=options.is_json)


def compare_own_tasks(tasks: Sequence[Path], options: CompareOptions) -> None:
    """The same on the user's own tasks: in a made-up market whose truth is known, or with real calls.

    Raises:
        InputError: a task, a plan, the baseline, a key or an option cannot be used.
    """
    settings = read_settings()
    if options.is_emulated:
        with tempfile.TemporaryDirectory() as home:
            folders = [_written(Path(home), path) for path in tasks]
            compare_tables(folders, options)
        return
    comparison = TaskComparison(
        tasks=tasks,
        baseline=options.baseline,
        plans=[name.strip() for name in options.plans.split(",")],
        budgets_usd=[amount for text in (options.budget_usd or "").split(",") if (amount := budget_of(text or None))],
        n_seeds=options.n_seeds,
    )
    sys.stderr.write(f"all searches together may spend {comparison.most_usd} USD\n")
    rows = compare_tasks(comparison, settings, _tell_progress if sys.stderr.isatty() else None)
    write_comparison(options.out, rows)
    _show(rows, options.out, is_json=options.is_json)


def _written(home: Path, task: Path) -> Path:
    """The world of a task as a recorded table's folder."""
    table = world_table_of(task, read_settings())
    folder = home / task.stem
    write_recorded_table(table, folder)
    return folder


def show_comparison(path: Path, *, is_json: bool) -> None:
    """The tables and plots of an earlier comparison, or the tables as JSON.

    Raises:
        StoreError: the file is no comparison.
    """
    _show(read_comparison(path), path, is_json=is_json)


def _show(rows: Sequence[Row], path: Path, *, is_json: bool) -> None:
    """The tables, and a page with the plots beside the results."""
    page = path.with_suffix(".html")
    write_whole(page, comparison_page(rows).encode())
    lines = [*comparison_lines(rows), "", f"{len(rows)} rows in {path}, plots in {page}"]
    data = {"n_rows": len(rows), "results": path, "page": page, **comparison_data(rows)}
    tell(lines, data, is_json=is_json)


def contenders_of(name: str) -> tuple[Contender, ...]:
    """Who competes under a name: a plan of the catalogue or of a YAML file, a yardstick in all its settings, or a
    sampler alone, after the filter that leaves out what is dearer than the baseline.

    Raises:
        PlanError: there is nobody of that name.
    """
    if name in peers():
        return peer(name)
    if name in names("sampler"):
        phase = {"name": "alone", "filters": ["price_ceiling"], "sampler": name, "max_rounds": MAX_ROUNDS}
        return (Contender(name=name, plan=make_plan({"name": name, "phases": [phase]})),)
    plan = make_plan(read_plan(name, read_settings().plan_folder(name)))
    return (Contender(name=plan.name, plan=plan),)


def shares_of(text: str) -> tuple[float, ...]:
    """Shares by comma.

    Raises:
        OptionError: one is no number.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        message = f"--budget-share: expected numbers in (0, 1] by comma, such as 0.01,0.05, got {text!r}"
        raise OptionError(message) from None


def _by_name(folders: Sequence[Path]) -> dict[str, Path]:
    by_name = {folder.resolve().name: folder for folder in folders}
    if not folders or len(by_name) < len(folders):
        got = ", ".join(map(str, folders)) or "none"
        message = f"compare: expected folders of recorded tables with different names, got {got}"
        raise OptionError(message)
    return by_name


def _tell_progress(n_done: int, n_jobs: int) -> None:
    sys.stderr.write(f"\r{n_done} of {n_jobs} searches{chr(10) if n_done == n_jobs else ''}")
    sys.stderr.flush()
