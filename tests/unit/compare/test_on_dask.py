"""Searches in tasks, and the same rows from a cluster as from one process."""

from pathlib import Path

import pytest

from modelsearch.compare.on_dask import rows_on_dask, run_jobs, tasks_of
from modelsearch.compare.run import Comparison, compare, jobs_of
from modelsearch.compare.search import Row
from modelsearch.core.errors import OptionError
from tests.unit.compare.test_run import make_comparison

TIMES = ("wall_s", "cpu_s")


def timeless(rows: list[Row]) -> list[str]:
    return [repr({name: value for name, value in row.items() if name not in TIMES}) for row in rows]


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    return make_comparison(tmp_path)


def test_a_task_is_of_one_table_and_holds_all_of_its_searches_in_order(comparison: Comparison) -> None:
    jobs = jobs_of(comparison)
    tasks = tasks_of(jobs, 3)
    assert [job for some in tasks for job in some] == jobs
    assert all(len({job.folder for job in some}) == 1 and len(some) <= 3 for some in tasks)
    assert len(tasks) < len(jobs)


def test_a_task_gives_the_rows_of_its_searches(comparison: Comparison) -> None:
    rows = [row for some in tasks_of(jobs_of(comparison), 2) for found in run_jobs(some) for row in found]
    assert sorted(timeless(rows)) == sorted(timeless(compare(comparison)))


def test_nobody_at_the_address_is_told(comparison: Comparison) -> None:
    with pytest.raises(OptionError, match="no scheduler answers"):
        next(rows_on_dask(jobs_of(comparison), "nonsense://x"))
