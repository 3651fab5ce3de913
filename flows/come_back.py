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
    deployment_id = runtime.deployment.id
    if not deployment_id:
        raise BatchPendingError(message)
    at = datetime.now(UTC) + timedelta(seconds=COME_BACK_S)
    parameters = {"request": request, "run_id": run_id}
    await arun_deployment(deployment_id, parameters=parameters, scheduled_time=at, timeout=0, as_subflow=False)
    state: State[Any] = Completed(name=STATE_NAME, message=f"{message}; goes on at {at:%H:%M} UTC")
    return state
