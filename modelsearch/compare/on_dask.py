"""The searches of a comparison on a Dask cluster: paths and plain values go out, rows come back.

A task costs the scheduler some milliseconds and a worker reads each table once, so a task holds as many searches of one
table as take ten seconds or so. The folders of the tables must be at the same paths on the workers, and modelsearch
installed in the same version. Rows are those of one process, for a search depends on nothing but its job.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import groupby
from typing import Any

from threadpoolctl import threadpool_limits

from modelsearch.compare.run import Job, run_job
from modelsearch.compare.search import Row
from modelsearch.core.errors import OptionError

LOCAL = "local"
SEARCHES_A_TASK = 10
_CONNECT_S = 30


def rows_on_dask(jobs: Sequence[Job], address: str, n_workers: int = 2) -> Iterator[list[Row]]:
    """The rows of each task as it ends.

    Args:
        jobs: those of a table stand together.
        address: of a scheduler, such as tcp://host:8786; "local" = a cluster on this machine, for the time being.
        n_workers: of a local cluster: processes of one thread each.

    Raises:
        OptionError: Dask is not installed, or nobody answers at the address.
        InputError: a table or a baseline cannot be used.
    """
    with _client(address, n_workers) as (client, as_completed):
        waiting = [client.submit(run_jobs, some, pure=False) for some in tasks_of(jobs)]
        try:
            for future in as_completed(waiting):
                yield from future.result()
        finally:
            client.cancel(waiting)


def tasks_of(jobs: Sequence[Job], n_searches: int = SEARCHES_A_TASK) -> list[list[Job]]:
    """Jobs in tasks: each of one table, at most so many searches."""
    tasks = []
    for _, some in groupby(jobs, key=lambda job: job.folder):
        own = list(some)
        tasks += [own[at : at + n_searches] for at in range(0, len(own), n_searches)]
    return tasks


def run_jobs(jobs: Sequence[Job]) -> list[list[Row]]:
    """The searches of a task, in this process: rows by job."""
    with threadpool_limits(1):
        return [run_job(job) for job in jobs]


@contextmanager
def _client(address: str, n_workers: int) -> Iterator[tuple[Any, Any]]:
    try:
        dask: Any = import_module("distributed")  # an extra, and it takes 2 s to import
    except ImportError as error:
        raise OptionError("--dask: Dask is not installed: install modelsearch[dask]") from error
    if address == LOCAL:
        with (
            dask.LocalCluster(
                n_workers=n_workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            ) as cluster,
            dask.Client(cluster) as client,
        ):
            yield client, dask.as_completed
        return
    try:
        client = dask.Client(address, timeout=_CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise OptionError(f"--dask {address}: no scheduler answers: {error}") from error
    with client:
        yield client, dask.as_completed
