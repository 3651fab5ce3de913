"""Flow runs that a kill left `Running` for ever: closed when their search is resumed."""

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import State, StateType
from prefect.states import Crashed


async def crash_stale(run_id: str) -> int:
    """Mark this search's unfinished flow runs as crashed; how many.

    Args:
        run_id: the tag of all its flow runs; the caller holds the run's lock, so none of them is alive.
    """
    unfinished = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[run_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])),
    )
    async with get_client() as client:
        found = await client.read_flow_runs(flow_run_filter=unfinished, limit=200)
        for flow_run in found:
            state: State[None] = Crashed(message="its process was killed; the search goes on in a later flow run")
            await client.set_flow_run_state(flow_run.id, state, force=True)
    return len(found)
