"""Prefect tasks for the stages of a search: tables, decision, reports, artifacts."""

from typing import Any

from prefect import task
from prefect.artifacts import (
    acreate_image_artifact,
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_table_artifact,
)
from prefect.cache_policies import NO_CACHE

from modelsearch.api.finish import result_of
from modelsearch.api.run import reports_of
from modelsearch.api.stages import write_decision, write_stage
from modelsearch.core.result import SearchResult
from modelsearch.report.artifacts import answer_in_short, artifact_key, recommendation_markdown
from modelsearch.report.front_svg import front_svg
from modelsearch.report.links import Links
from modelsearch.report.markdown import escape
from modelsearch.report.tables_md import candidate_rows, funnel_rows
from modelsearch.settings import read_settings
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
    await acreate_table_artifact(
        rows, key=artifact_key("stage", phase.replace("_", "-")), description=f"tables of phase {escape(phase)}"
    )
    return {name: str(table.path) for name, table in written.items()}


@task(name="report", task_run_name="decide and report", **_POLICY)
async def report(run_id: str, is_emulated: bool) -> dict[str, str]:
    """Write decision, result and reports, and publish them as artifacts."""
    session = session_of(run_id)
    result = result_of(session)
    texts = reports_of(result, is_emulated=is_emulated, session=session)
    written = write_decision(session, result, texts)
    await _publish(result, is_emulated=is_emulated)
    return {name: str(table.path) for name, table in written.items()}


async def _publish(result: SearchResult, *, is_emulated: bool) -> None:
    """The answer with its picture, and the tables behind it; links where pages are served.

    Keys name the task, so that its versions are its history. The picture as an artifact of its own is by address,
    which a browser cannot open where the pages ask for a password: it is in the answer too.
    """
    settings, task_id = read_settings(), result.task_id
    told = escape(f"{task_id}: {answer_in_short(result)}")
    links, picture = Links(settings.pages_url), front_svg(result)
    text = recommendation_markdown(result, links, picture=picture, is_emulated=is_emulated)
    await acreate_markdown_artifact(text, key=artifact_key("recommendation", task_id), description=told)
    for key, rows, about in (
        ("funnel", funnel_rows(result), "who left in which phase"),
        ("candidates", candidate_rows(result), "what is known of each"),
    ):
        key_of_task = artifact_key(key, task_id)
        await acreate_table_artifact(rows, key=key_of_task, description=f"{about}: {escape(task_id)}")
    if links.base:
        report_url, title = links.report(result.run_id), "The whole report"
        await acreate_link_artifact(report_url, title, key=artifact_key("report", task_id), description=told)
        if not settings.has_pages_password:
            front_url = links.front(result.run_id)
            await acreate_image_artifact(front_url, key=artifact_key("front", task_id), description=told)
