"""Flow and task runs that a kill left `Running` for ever: closed when their search is resumed."""

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
    TaskRunFilterTags,
)
from prefect.client.schemas.objects import State, StateType
from prefect.states import Crashed


async def crash_stale(run_id: str) -> int:
    """Mark this search's unfinished flow and task runs as crashed; how many flow runs.

    Args:
        run_id: the tag of all of them; the caller holds the run's lock, so none of them is alive.
    """
    ours, alive = [run_id], [StateType.RUNNING, StateType.PENDING]
    flow_runs = FlowRunFilter(
        tags=FlowRunFilterTags(all_=ours), state=FlowRunFilterState(type=FlowRunFilterStateType(any_=alive))
    )
    task_runs = TaskRunFilter(
        tags=TaskRunFilterTags(all_=ours), state=TaskRunFilterState(type=TaskRunFilterStateType(any_=alive))
    )
    killed: State[None] = Crashed(message="its process was killed; the search goes on in a later flow run")
    async with get_client() as client:
        for task_run in await client.read_task_runs(task_run_filter=task_runs, limit=200):
            await client.set_task_run_state(task_run.id, killed, force=True)
        found = await client.read_flow_runs(flow_run_filter=flow_runs, limit=200)
        for flow_run in found:
            await client.set_flow_run_state(flow_run.id, killed, force=True)
    return len(found)
