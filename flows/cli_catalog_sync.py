"""Commands about what changes in the catalogue: sync, diff, history, release."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatch
from typing import Any

from flows.prefect_env import prepare
from flows.reach import VARIABLE, check_server
from modelsearch.api.catalog_settling import held_sync, release
from modelsearch.api.catalog_sync import sync_catalog
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import EndpointId
from modelsearch.core.offering import CatalogRecord, ModelChange, PriceRow
from modelsearch.core.sync_report import SyncReport
from modelsearch.report.catalog_changes import change_lines, change_word, facts_text, price_lines, sync_lines
from modelsearch.settings import read_settings
from modelsearch.store.catalog_store import CatalogStore

UNWELL = 3
"""Exit code of a sync that a person should look at: a schedule without Prefect sees it too."""
_BAD_ENDS = frozenset({"held", "failed"})


@dataclass(frozen=True, slots=True)
class Synced:
    """A sync: what came of it, told in lines, and the command's exit code."""

    report: SyncReport
    lines: list[str]
    exit_code: int


@dataclass(frozen=True, slots=True)
class History:
    """What syncs have seen of an endpoint."""

    endpoint_id: str
    standing: str
    prices: tuple[PriceRow, ...]
    changes: tuple[ModelChange, ...]


def sync_now(emulator_url: str | None, taken: list[str], *, has_problems: bool) -> Synced:
    """Sync, under Prefect where a server is named, and tell it."""
    settings = read_settings()
    if os.environ.get(VARIABLE):
        prepare(settings.prefect_home)
        report, told = asyncio.run(_synced_by_flow(emulator_url, taken)), "events of it are sent to the Prefect server"
    else:
        report = asyncio.run(sync_catalog(settings, emulator_url=emulator_url, taken=taken))
        told = f"no events are sent: no Prefect server is named ({VARIABLE})"
    lines = [*sync_lines(report, has_problems=has_problems)]
    if report.changes and report.end == "accepted":
        lines.append(told)
    if report.end == "held":
        lines.append(
            "look at it: `modelsearch catalog release`; put it in force with --accept, or drop it with --reject"
        )
    return Synced(report, lines, UNWELL if report.end in _BAD_ENDS else 0)


async def _synced_by_flow(emulator_url: str | None, taken: list[str]) -> SyncReport:
    await check_server()
    from flows.catalog import sync_to_report

    return await sync_to_report(emulator_url or "", taken)


def changes_since(n_days: int, kind: str, match: str) -> tuple[date, list[ModelChange]]:
    """Changes of the last days, and the first of these days."""
    store = _synced()
    since = datetime.now(UTC).date() - timedelta(days=n_days - 1)
    found = [
        change
        for change in store.history()
        if change.day >= since and (not kind or change.kind == kind) and fnmatch(change.endpoint_id, match)
    ]
    return since, found


def diff_lines(since: date, changes: Sequence[ModelChange]) -> list[str]:
    """Changes in words."""
    return [f"since {since}:", *change_lines(changes)]


def history_of(endpoint: str) -> History:
    """Everything that syncs have seen of an endpoint.

    Raises:
        OptionError: none has ever seen it.
    """
    store = _synced()
    record = store.record()
    rows = [row for row in (record.prices if record else ()) if row.endpoint_id == endpoint]
    changes = [change for change in store.history() if change.endpoint_id == endpoint]
    on_sale = record.state.offerings if record else {}
    if EndpointId(endpoint) not in on_sale and not rows and not changes:
        near = [i for i in on_sale if endpoint.lower() in i.lower()][:3] or get_close_matches(endpoint, on_sale, 3, 0.4)
        message = (
            f"catalog history: expected an endpoint that a sync has seen, got {endpoint!r}; near it: "
            f"{', '.join(near) or 'none'}"
        )
        raise OptionError(message)
    return History(endpoint, _standing(record, EndpointId(endpoint)), tuple(rows), tuple(changes))


def history_lines(found: History) -> list[str]:
    """The same in words."""
    told = [f"  {change.day} {change_word(change)}: {facts_text(change)}" for change in found.changes]
    lines = [f"{found.endpoint_id}: {found.standing}", *(told or ["  no changes since the first sync"])]
    return [*lines, *(["prices:", *price_lines(found.prices)] if found.prices else ["no source tells its price"])]


def history_data(found: History) -> dict[str, Any]:
    """The same for programs."""
    return {
        "endpoint": found.endpoint_id,
        "standing": found.standing,
        "changes": found.changes,
        "prices": found.prices,
    }


def released(*, is_accepted: bool, is_rejected: bool) -> tuple[SyncReport | None, bool]:
    """What is held, if anything; or, by a person's word, in force or turned down. Whether it is still held.

    Raises:
        OptionError: both words.
    """
    if is_accepted and is_rejected:
        message = "catalog release: give --accept or --reject, not both"
        raise OptionError(message)
    settings = read_settings()
    if is_accepted or is_rejected:
        return release(settings, is_accepted=is_accepted), False
    held = held_sync(settings)
    return held, held is not None


def release_lines(report: SyncReport | None, *, is_held: bool) -> list[str]:
    """The same in words."""
    if report is None:
        return ["nothing is held"]
    more = ["put it in force with --accept, or turn it down for good with --reject"] if is_held else []
    return [*sync_lines(report), *more]


def _standing(record: CatalogRecord | None, endpoint_id: EndpointId) -> str:
    """Whether an endpoint is on sale."""
    now = record.state.offerings.get(endpoint_id) if record else None
    if now is not None and now.is_live:
        return "on sale" + (f" until {now.deprecated_on}" if now.deprecated_on else "")
    gone = record.gone.get(endpoint_id) if record else None
    return f"gone, last day {gone.deprecated_on}" if gone is not None else "gone"


def _synced() -> CatalogStore:
    """The synced catalogue.

    Raises:
        OptionError: there was no sync yet.
    """
    store = CatalogStore(read_settings().synced_catalog)
    if not store.exists:
        message = f"there was no sync yet in {store.folder}: run `modelsearch catalog sync`"
        raise OptionError(message)
    return store
