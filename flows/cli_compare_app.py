"""`modelsearch compare`. Imports late, as `cli` does."""

from pathlib import Path
from typing import Annotated

import typer

from flows import cli_options as options
from flows.json_option import Json


def compare(
    what: Annotated[
        list[str], typer.Argument(help="Folders of recorded tables; task specs with --tasks; or `report` and results.")
    ],
    tasks: Annotated[bool, typer.Option("--tasks", help="Compare on these task specs, with real calls.")] = False,
    emulated: options.Emulated = False,
    baseline: options.Baseline = "",
    budget_usd: Annotated[str | None, typer.Option(help="With --tasks: limits of a search in USD, by comma.")] = None,
    cases: Annotated[Path | None, typer.Option(help="CSV of table,baseline,margin,alpha; else three a table.")] = None,
    plans: Annotated[str, typer.Option(help="Plans by comma: names or YAML files.")] = "cheap,balanced,thorough",
    budget_share: Annotated[
        str, typer.Option(help="Shares of a table's whole cost, by comma.")
    ] = "0.01,0.02,0.05,0.1,0.2",
    seeds: Annotated[int, typer.Option(help="Searches of each case, plan and share: seeds from 0.", min=1)] = 10,
    baseline_imported: Annotated[
        bool, typer.Option("--baseline-imported", help="The baseline's outcomes are known at no cost.")
    ] = False,
    mean_costs_known: Annotated[
        bool, typer.Option("--mean-costs-known", help="Every model's true cost per item is given.")
    ] = False,
    past: options.Past = None,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    dask: Annotated[str, typer.Option(help="A Dask scheduler's address, or `local`, in place of processes.")] = "",
    out: Annotated[Path, typer.Option(help="Where the rows go (Parquet).")] = Path("results.parquet"),
    as_json: Json = False,
) -> None:
    """Try search plans on recorded tables, scored by the truth; `compare report FILE` shows the results again."""
    from flows.cli_compare import CompareOptions, compare_own_tasks, compare_tables, show_comparison

    if what[0] == "report":
        show_comparison(Path(what[1] if len(what) > 1 else "results.parquet"), is_json=as_json)
        return
    given = CompareOptions(
        cases=cases, plans=plans, budget_share=budget_share, n_seeds=seeds, n_jobs=jobs, out=out,
        is_baseline_imported=baseline_imported, is_cost_known=mean_costs_known, baseline=baseline,
        budget_usd=budget_usd, is_emulated=emulated, past=tuple(past or ()), dask=dask, is_json=as_json,
    )  # fmt: skip
    (compare_own_tasks if tasks else compare_tables)([Path(path) for path in what], given)
