"""A comparison of search plans on recorded tables, as a flow: for deployments, on demand."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.cli_compare import CompareOptions, compare_tables
from modelsearch.compare.tell import comparison_lines
from modelsearch.settings import read_settings
from modelsearch.store.comparisons import read_comparison


@flow(name="compare")
async def compare(
    folders: Sequence[str],
    plans: str = "cheap,balanced,thorough",
    budget_share: str = "0.01,0.02,0.05,0.1,0.2",
    n_seeds: int = 10,
    workers: str = "1",
    out: str = "",
) -> dict[str, str]:
    """Try search plans on recorded tables, scored by the truth.

    Args:
        folders: of recorded tables, on the worker's machine.
        plans: names or YAML files by comma.
        budget_share: shares of a table's whole cost by comma.
        n_seeds: searches of each case, plan and share.
        workers: how many processes, or the address of a Dask scheduler whose workers search; `local` = here.
        out: where the rows go (Parquet); "" = comparison.parquet in the project's home.
    """
    path = Path(out) if out else read_settings().home / "comparison.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    is_number = workers.isdecimal()
    options = CompareOptions(
        cases=None, plans=plans, budget_share=budget_share, n_seeds=n_seeds, is_baseline_imported=False,
        is_cost_known=False, n_jobs=int(workers) if is_number else 1, out=path, dask="" if is_number else workers,
    )  # fmt: skip
    await asyncio.to_thread(compare_tables, [Path(folder) for folder in folders], options)
    lines = "\n".join(comparison_lines(read_comparison(path)))
    await acreate_markdown_artifact(f"```\n{lines}\n```", key="comparison", description=", ".join(folders))
    return {"rows": str(path), "page": str(path.with_suffix(".html"))}
