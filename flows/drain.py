"""Waits until Prefect's embedded server has recorded the run: it is stopped with this process, its queue in memory."""

import asyncio
import time

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterTags
from prefect.client.schemas.objects import TaskRun

PAGE = 200
QUIET_S = 1.5
LIMIT_S = 15.0


async def await_recorded(run_id: str) -> int:
    """Wait until the number of this run's ended task runs stops growing; that number.

    Args:
        run_id: the tag of all its task runs.
    """
    started_s = time.monotonic()
    n_before, since_s = -1, started_s
    async with get_client() as client:
        while time.monotonic() - started_s < LIMIT_S:
            runs = await _task_runs(client, run_id)
            n_ended = sum(run.state is not None and run.state.is_final() for run in runs)
            if n_ended != n_before:
                n_before, since_s = n_ended, time.monotonic()
            elif time.monotonic() - since_s > QUIET_S and n_ended == len(runs):
                break
            await asyncio.sleep(0.25)
    return n_before


async def _task_runs(client: PrefectClient, run_id: str) -> list[TaskRun]:
    """All of the run's task runs, page by page: the server gives at most 200 at once."""
    ours = TaskRunFilter(tags=TaskRunFilterTags(all_=[run_id]))
    runs: list[TaskRun] = []
    while True:
        page = await client.read_task_runs(task_run_filter=ours, limit=PAGE, offset=len(runs))
        runs += page
        if len(page) < PAGE:
            return runs
