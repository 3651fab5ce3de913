"""Prefect tasks for the stages of a search: tables, decision, reports, artifacts."""

from typing import Any

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from modelsearch.api.finish import result_of
from modelsearch.api.run import reports_of
from modelsearch.api.stages import write_decision, write_stage
from modelsearch.report.tables_md import candidate_rows, funnel_rows
from tasks.policies import N_RETRIES, RETRY_DELAY_S, is_worth_retrying
from tasks.sessions import session_of

_POLICY: dict[str, Any] = {
    "retries": N_RETRIES,
    "retry_delay_seconds": RETRY_DELAY_S,
    "retry_condition_fn": is_worth_retrying,
    "cache_policy": NO_CACHE,
    "persist_result": False,
}


@task(name="write stage", task_run_name="write stage · {phase}", **_POLICY)
async def write_stage_tables(run_id: str, phase: str) -> dict[str, str]:
    """Write the Parquet files of an ended phase; table name -> path."""
    written = write_stage(session_of(run_id), phase)
    rows = [{"table": name, "rows": table.n_rows, "file": str(table.path)} for name, table in written.items()]
    key = f"stage-{phase.lower().replace('_', '-')}"
    await acreate_table_artifact(rows, key=key, description=f"tables of phase {phase}")
    return {name: str(table.path) for name, table in written.items()}


@task(name="report", task_run_name="decide and report", **_POLICY)
async def report(run_id: str, is_emulated: bool) -> dict[str, str]:
    """Write decision, result and reports, and publish them as artifacts."""
    session = session_of(run_id)
    result = result_of(session)
    texts = reports_of(result, is_emulated=is_emulated, session=session)
    written = write_decision(session, result, texts)
    await acreate_markdown_artifact(texts["markdown"], key="recommendation", description=result.task_id)
    await acreate_table_artifact(funnel_rows(result), key="funnel", description="who left in which phase")
    await acreate_table_artifact(candidate_rows(result), key="candidates", description="what is known of each")
    return {name: str(table.path) for name, table in written.items()}
