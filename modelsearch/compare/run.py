"""All searches of a comparison, on one core or several: processes of their own, one BLAS thread each."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from threadpoolctl import threadpool_limits

from modelsearch.compare.cases import Case
from modelsearch.compare.contenders import Contender
from modelsearch.compare.search import Row, searched
from modelsearch.compare.tables import Asked, read_field
from modelsearch.core.errors import OptionError

DEFAULT_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
OnDone = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is compared.

    Attributes:
        folders: of the recorded tables, by name.
        shares: of X, each in (0, 1].
        n_jobs: processes; 1 = this one.
        dask: address of a Dask scheduler, or "local", in place of processes of our own; "" = no Dask.
        is_cost_known: strategies are given every model's true mean cost.
        past: folders of recorded tables and runs; a search may learn from those that are not of its own table.
    """

    folders: dict[str, Path]
    cases: Sequence[Case]
    contenders: Sequence[Contender]
    shares: Sequence[float] = DEFAULT_SHARES
    seeds: Sequence[int] = field(default_factory=lambda: range(10))
    is_baseline_imported: bool = False
    is_cost_known: bool = False
    past: tuple[Path, ...] = ()
    n_jobs: int = 1
    dask: str = ""

    def __post_init__(self) -> None:
        """Check what can be checked without opening a table.

        Raises:
            OptionError: a share or a number out of range, or two contenders of one name.
        """
        names = [contender.name for contender in self.contenders]
        wrong = [share for share in self.shares if not 0 < share <= 1]
        if wrong or not self.shares:
            message = f"--budget-share: expected shares of the whole cost in (0, 1], got {wrong or 'none'}"
            raise OptionError(message)
        if len(set(names)) < len(names) or not names:
            message = f"--plans: expected plans of different names, got {', '.join(names) or 'none'}"
            raise OptionError(message)
        if self.n_jobs < 1 or not self.seeds:
            message = f"--jobs and --seeds: expected at least 1 of each, got {self.n_jobs} and {len(self.seeds)}"
            raise OptionError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One search, scored at one share or, where the plan is anytime, at several."""

    folder: Path
    contender: Contender
    asked: Asked
    shares: tuple[float, ...]


def jobs_of(comparison: Comparison) -> list[Job]:
    """Every search of a comparison; those of a table stand together, so that a process reads few of them."""
    shares = sorted(set(comparison.shares))
    found = []
    for case, contender, seed in product(comparison.cases, comparison.contenders, comparison.seeds):
        groups = [tuple(shares)] if contender.plan.is_anytime else [(share,) for share in shares]
        for group in groups:
            asked = Asked(
                baseline=case.baseline,
                budget_share=group[-1],
                seed=seed,
                margin=case.margin,
                alpha=case.alpha,
                is_cost_known=comparison.is_cost_known,
                is_baseline_imported=comparison.is_baseline_imported,
                past=comparison.past,
            )
            folder = comparison.folders[case.table]
            found.append(Job(folder=folder, contender=contender, asked=asked, shares=group))
    return found


def compare(comparison: Comparison, on_done: OnDone | None = None) -> list[Row]:
    """Run every search; rows sorted by plan, table, baseline, seed and share, whoever came first.

    Args:
        comparison: what to run.
        on_done: told the searches done and all of them, after each.

    Raises:
        InputError: a table or a baseline cannot be used.
    """
    jobs = jobs_of(comparison)
    rows: list[Row] = []
    for n_done, some in enumerate(_found(comparison, jobs), start=1):
        rows += some
        if on_done is not None:
            on_done(n_done, len(jobs))
    keys = ("plan", "table", "baseline", "seed", "budget_share")
    return sorted(rows, key=lambda row: tuple((str(row[k]) if k in keys[:3] else "", row[k]) for k in keys))


def _found(comparison: Comparison, jobs: Sequence[Job]) -> Iterator[list[Row]]:
    """The rows of each search as it ends, wherever it runs."""
    if comparison.dask:
        from modelsearch.compare.on_dask import rows_on_dask  # noqa: PLC0415 - it imports the jobs from here

        return rows_on_dask(jobs, comparison.dask, max(comparison.n_jobs, 2))
    return _in_this_process(jobs) if comparison.n_jobs == 1 else _in_processes(jobs, comparison.n_jobs)


def run_job(job: Job) -> list[Row]:
    """One search, in this process."""
    return asyncio.run(searched(read_field(job.folder), job.contender, job.asked, job.shares))


def _in_this_process(jobs: Sequence[Job]) -> Iterator[list[Row]]:
    with threadpool_limits(1):
        for job in jobs:
            yield run_job(job)


def _in_processes(jobs: Sequence[Job], n_jobs: int) -> Iterator[list[Row]]:
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks of whoever asks
    with ProcessPoolExecutor(n_jobs, mp_context=context, initializer=_one_thread) as pool:
        waiting = [pool.submit(run_job, job) for job in jobs]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> None:
    threadpool_limits(1)
