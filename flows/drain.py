"""Waits until Prefect's embedded server has recorded the run: it is stopped with this process, its queue in memory."""

import asyncio
import time

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterTags

QUIET_S = 1.5
LIMIT_S = 15.0


async def await_recorded(run_id: str) -> int:
    """Wait until the number of this run's ended task runs stops growing; that number.

    Args:
        run_id: the tag of all its task runs.
    """
    started_s = time.monotonic()
    n_before, since_s = -1, started_s
    ours = TaskRunFilter(tags=TaskRunFilterTags(all_=[run_id]))
    async with get_client() as client:
        while time.monotonic() - started_s < LIMIT_S:
            runs = await client.read_task_runs(task_run_filter=ours, limit=200)
            n_ended = sum(run.state is not None and run.state.is_final() for run in runs)
            if n_ended != n_before:
                n_before, since_s = n_ended, time.monotonic()
            elif time.monotonic() - since_s > QUIET_S and n_ended == len(runs):
                break
            await asyncio.sleep(0.25)
    return n_before
