"""Prefect tasks of a catalogue sync: a source read, all of them settled."""

import asyncio
from collections import Counter
from typing import Any

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from modelsearch.api.catalog_reading import Syncing, read_source
from modelsearch.api.catalog_settling import settle
from modelsearch.core.errors import OptionError
from modelsearch.core.sync_report import SourceRead, SyncReport
from modelsearch.report.catalog_changes import change_rows, change_word, sync_lines
from modelsearch.report.markdown import escape

_UNDER_WAY: dict[str, Syncing] = {}
"""Syncs of this process, by name: keys are among what they are made of, and parameters of tasks are public."""
_PLAIN: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


class SourceUnreadError(Exception):
    """A source that could not be had: Prefect asks again, and the sync goes on without it in the end."""

    def __init__(self, read: SourceRead) -> None:
        super().__init__(f"source {read.report.name}: {read.report.error}")
        self.read = read


def keep_sync(name: str, begun: Syncing) -> None:
    """Make a sync known to the tasks of this process."""
    _UNDER_WAY[name] = begun


def forget_sync(name: str) -> None:
    """The sync has ended."""
    _UNDER_WAY.pop(name, None)


@task(name="read source", task_run_name="read {source}", retries=2, retry_delay_seconds=[2.0, 10.0], **_PLAIN)
async def read_catalog_source(name: str, source: str) -> SourceRead:
    """Read one source of a sync.

    Raises:
        SourceUnreadError: it could not be had.
    """
    begun = _sync(name)
    spec = next(spec for spec in begun.sources if spec.name == source)
    read = await read_source(begun, spec)
    if read.report.end == "failed":
        raise SourceUnreadError(read)
    return read


@task(name="settle", task_run_name="compare and settle", **_PLAIN)
async def settle_catalog(name: str, reads: list[SourceRead]) -> SyncReport:
    """Put what was read in force, or hold it; publish the changes as artifacts."""
    report = await asyncio.to_thread(settle, _sync(name), reads)
    rows = [{name: escape(told) for name, told in row.items()} for row in change_rows(report.changes)]
    rows = rows or [{"day": report.observed_at.date().isoformat(), "what": "no changes"}]
    await acreate_table_artifact(rows, key="catalog-changes", description=f"changes of the catalogue: {report.end}")
    text = "\n".join(sync_lines(report, has_problems=True))
    fenced = text.replace("`", "'")  # a source's words end no block of ours
    await acreate_markdown_artifact(f"```\n{fenced}\n```", key="catalog-sync", description=_told(report))
    return report


def _told(report: SyncReport) -> str:
    """The sync in a line."""
    kinds = Counter(change_word(change) for change in report.changes)
    changes = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()) or "no changes"
    reason = f": {escape(report.reason)}" if report.reason else ""
    return f"{report.end}{reason}; {changes}; {report.n_endpoints} endpoints on sale"


def _sync(name: str) -> Syncing:
    if name not in _UNDER_WAY:
        message = f"sync {name!r} is not under way in this process: start it with the `sync` flow, not task by task"
        raise OptionError(message)
    return _UNDER_WAY[name]
