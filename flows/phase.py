"""Subflow: one phase of a search, and its tables."""

from prefect import flow

from tasks.sessions import session_of
from tasks.stages import write_stage_tables


@flow(name="phase", flow_run_name="phase · {phase}", validate_parameters=False)
async def run_phase_flow(run_id: str, phase: str) -> dict[str, str]:
    """Run a phase of an open search to its end and write its stage; table name -> path."""
    session = session_of(run_id)
    found = next(p for p in session.plan.phases if p.name == phase)
    await session.run_phase(found)
    return await write_stage_tables(run_id, phase)
