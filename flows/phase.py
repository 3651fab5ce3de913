"""Subflow: one phase of a search, and its tables."""

from prefect import flow

from modelsearch.core.errors import BatchPendingError
from tasks.sessions import session_of
from tasks.stages import write_stage_tables

PENDING = "pending batches"


@flow(name="phase", flow_run_name="phase · {phase}", validate_parameters=False)
async def run_phase_flow(run_id: str, phase: str) -> dict[str, str]:
    """Run a phase of an open search to its end and write its stage; table name -> path.

    Where batches are under way and this life of the search has waited long enough, the phase is left as it is, and
    `PENDING` says so in place of tables: nothing has failed.
    """
    session = session_of(run_id)
    found = next(p for p in session.plan.phases if p.name == phase)
    try:
        await session.run_phase(found)
    except BatchPendingError as error:
        return {PENDING: str(error)}
    return await write_stage_tables(run_id, phase)
