"""A search that waits for batches holds no worker: its run ends, and another one of the deployment goes on later.

Why another run and not one that is suspended, paused or retried with a delay: what was measured to survive anything,
kill -9 included, is a new run that goes on from the journal, and a worker that picks up a scheduled run. A retry with a
delay sleeps in the same process, which holds the worker for hours and is lost with it; a suspended run needs somebody
to wake it, fails when nobody does in time, and keeps results in Prefect that the journal has already.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import State, runtime
from prefect.deployments import arun_deployment
from prefect.states import Completed

from modelsearch.core.errors import BatchPendingError

PATIENCE_S = 120.0
"""How long a worker waits for batches: small ones are back by then, and a run costs seconds to start again."""
COME_BACK_S = 600.0
STATE_NAME = "AwaitingBatches"


def patience_s() -> float | None:
    """How long this run waits for batches: as long as they take where it is nobody's worker."""
    return PATIENCE_S if runtime.deployment.id else None


async def come_back(request: dict[str, Any], run_id: str, message: str) -> State[Any]:
    """Schedule the run that goes on, and the state in which this one ends.

    Raises:
        BatchPendingError: the run is of no deployment, so there is nothing to schedule.
    """
    if not runtime.deployment.id:
        raise BatchPendingError(message)
    parameters = {"request": request, "run_id": run_id}
    return await again_at(parameters, message, state_name=STATE_NAME, in_s=COME_BACK_S)


async def again_at(parameters: dict[str, Any], message: str, *, state_name: str, in_s: float) -> State[Any]:
    """Schedule another run of this run's deployment, which there must be; the state in which this one ends."""
    at = datetime.now(UTC) + timedelta(seconds=in_s)
    await arun_deployment(runtime.deployment.id, parameters=parameters, scheduled_time=at, timeout=0, as_subflow=False)
    state: State[Any] = Completed(name=state_name, message=f"{message}; goes on at {at:%H:%M} UTC")
    return state
