"""Prefect tasks of a night: one task run per job. What they work with is in this process; Prefect sees names only."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_work import NightWork
from modelsearch.api.site import refresh_site
from modelsearch.api.site_reading import task_facts
from modelsearch.core.nights import Job, NightReport
from modelsearch.report.artifacts import artifact_key, job_rows, night_markdown, night_told, nights_markdown
from modelsearch.report.links import Links
from modelsearch.report.markdown import escape
from modelsearch.report.nights import job_line
from modelsearch.settings import read_settings

MAX_ROWS = 100
"""Of an artifact's table: the UI shows it as one page."""
_OPEN: dict[str, "_Work"] = {}
_NUMBERS = count()


@dataclass(kw_only=True)
class _Work:
    """What a task run is to do, and what came of it."""

    job: Job
    work: NightWork
    where: JobRun
    done: JobDone | None = None


@task(name="job", task_run_name="{label}", cache_policy=NO_CACHE, persist_result=False)
async def carry_out(label: str, work_id: str) -> dict[str, Any]:
    """Carry out a job of a night; how it ended. `label` is the name of the run in the UI."""
    del label
    open_work = _OPEN[work_id]
    done = await run_job(open_work.job, open_work.work, open_work.where)
    open_work.done, result = done, done.result
    get_run_logger().info(job_line(result))
    return {"end": result.end, "run_id": str(result.run_id or ""), "spend_usd": str(result.spend_usd)}


async def run_job_shown(job: Job, work: NightWork, where: JobRun) -> JobDone:
    """`run_job` as a task run."""
    work_id = f"{where.run.run_id}/{next(_NUMBERS)}"
    _OPEN[work_id] = _Work(job=job, work=work, where=where)
    try:
        await carry_out(f"{job.kind} · {job.candidate_id}", work_id)
        done = _OPEN[work_id].done
    finally:
        del _OPEN[work_id]
    if done is None:  # Prefect gave a result without running the task: its settings would have to cache it
        message = f"job {job.key}: Prefect did not run it: is a cache policy forced upon all tasks?"
        raise RuntimeError(message)
    return done


@task(name="night report", cache_policy=NO_CACHE, persist_result=False)
async def publish_night(key: str, label: str, rows: list[dict[str, Any]], text: str) -> None:
    """Publish a night as text (Markdown), and its jobs as a table."""
    await acreate_markdown_artifact(text, key=key, description=escape(label))
    if rows:
        await acreate_table_artifact(rows[:MAX_ROWS], key=f"{key}-jobs", description=f"jobs of {escape(label)}")


async def show_night(label: str, reports: Sequence[NightReport]) -> None:
    """The night of several tasks as artifacts, in a task run."""
    settings = read_settings()
    tasks = {str(each.task_id): task_facts(settings, str(each.task_id)) for each in reports}
    links = Links(settings.pages_url)
    text = nights_markdown(reports, tasks, links)
    await publish_night("night", f"{label}: {night_told(reports)}", job_rows(reports, links), text)


async def show_task_night(report: NightReport) -> None:
    """The night of one task as an artifact of its own run; its versions are the task's history."""
    settings, name = read_settings(), str(report.task_id)
    text = night_markdown(report, task_facts(settings, name), Links(settings.pages_url))
    await acreate_markdown_artifact(text, key=artifact_key("night", name), description=escape(night_told([report])))


@task(name="site", task_run_name="write the nightly site", cache_policy=NO_CACHE, persist_result=False)
async def renew_site() -> str:
    """Write the pages anew, and link them where they are served; where the index is. No page fails a night."""
    settings = read_settings()
    problem = await asyncio.to_thread(refresh_site, settings)
    if problem:
        get_run_logger().warning("the nightly site is not up to date: %s", problem)
    links = Links(settings.pages_url)
    if links.base:
        title = "All tasks: recommendations, trends, alarms, catalogue"
        await acreate_link_artifact(links.index, title, key="nightly-site", description="the nightly site")
    return links.index or str(settings.site / "index.html")
