"""The catalogue sync under Prefect: a task run per source, then what has changed is told, each change once."""

import asyncio
from collections.abc import Sequence
from threading import Thread
from uuid import uuid4

from prefect import flow
from prefect.events.worker import EventsWorker

from flows.announce import announce_alarm, announce_change
from modelsearch.api.catalog_reading import begin_sync
from modelsearch.core.ids import Json
from modelsearch.core.sync_report import SourceRead, SyncReport
from modelsearch.settings import Settings, read_settings
from modelsearch.store.catalog_outbox import CatalogOutbox
from modelsearch.store.catalog_store import CatalogStore
from tasks.catalog import SourceUnreadError, forget_sync, keep_sync, read_catalog_source, settle_catalog
from tasks.nights import renew_site

SENT_WITHIN_S = 60.0
"""Events that are not sent by then are told again by the next sync."""
_REPORTS: dict[str, SyncReport] = {}


@flow(name="sync", flow_run_name="catalogue sync", validate_parameters=False)
async def sync(emulator_url: str = "", taken: Sequence[str] = (), name: str = "") -> dict[str, Json]:
    """Read all sources, put what they say in force, and send events of what has changed.

    Args:
        emulator_url: read the pages of a running emulator in place of the real sources.
        taken: sources whose lost rows and jumps of prices a person has looked at.
        name: under which the caller finds the whole report.

    Returns:
        How it ended and how many changes of each kind there are; the whole is in the catalogue's folder.
    """
    settings, own = read_settings(), name or uuid4().hex
    begun = await begin_sync(settings, emulator_url=emulator_url or None, taken=taken)
    keep_sync(own, begun)
    try:
        reads = await asyncio.gather(*(_read(own, spec.name) for spec in begun.sources))
        report = await settle_catalog(own, list(reads))
    finally:
        forget_sync(own)
    n_sent = await tell(settings, report)
    if report.changes or report.alarms:
        await renew_site()
    if name:
        _REPORTS[name] = report
    kinds: dict[str, Json] = {str(kind): n for kind, n in report.n_by_kind.items()}
    return {"end": report.end, "reason": report.reason, "changes": kinds, "n_events": n_sent}


async def sync_to_report(emulator_url: str, taken: Sequence[str]) -> SyncReport:
    """Run the flow, and give all that came of it."""
    name = uuid4().hex
    await sync(emulator_url, list(taken), name)
    return _REPORTS.pop(name)


async def tell(settings: Settings, report: SyncReport) -> int:
    """Send an event of every change that was not told yet, and alarms at most once a day; how many.

    Nothing is marked as told before it is sent: a kill in between sends it again, with the same id.
    """
    outbox, today = CatalogOutbox(CatalogStore(settings.synced_catalog)), report.observed_at.date()
    with outbox.telling() as is_mine:
        if not is_mine:
            return 0
        changes = outbox.untold(today)
        alarms = [alarm for alarm in report.alarms if outbox.is_due(f"{alarm.code} {alarm.subject}", today)]
        for change in changes:
            announce_change(change)
        for alarm in alarms:
            announce_alarm(alarm)
        if not await _is_sent():
            return 0
        outbox.note_told(changes)
        for alarm in alarms:
            outbox.note_alert(f"{alarm.code} {alarm.subject}", today)
    return len(changes) + len(alarms)


async def _read(name: str, source: str) -> SourceRead:
    try:
        return await read_catalog_source(name, source)
    except SourceUnreadError as error:
        return error.read


async def _is_sent() -> bool:
    """Whether the queue of events is empty in time; it empties in a thread, which a dead server cannot hold us by."""
    waiting = Thread(target=EventsWorker.instance().wait_until_empty, name="events", daemon=True)
    waiting.start()
    await asyncio.to_thread(waiting.join, SENT_WITHIN_S)
    return not waiting.is_alive()
