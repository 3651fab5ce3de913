"""Nights and syncs in numbers."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from modelsearch.core.sync_report import SyncReport
from modelsearch.observe import metrics
from modelsearch.observe.tally import Counts


def night_counts(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Counts:
    """What the history of nights amounts to.

    Args:
        tables: lines by table, as the history of a task has them: nights, jobs, moves, alarms.
    """
    counts = Counts()
    for line in tables.get("nights", ()):
        counts.add(metrics.NIGHTS, (str(line["end"]),))
        counts.add(metrics.NIGHT_SPEND, (), Decimal(line["spend_usd"]))
    for line in tables.get("jobs", ()):
        counts.add(metrics.JOBS, (str(line["kind"]), str(line["end"])))
    for _ in tables.get("moves", ()):
        counts.add(metrics.MOVES, ())
    for line in tables.get("alarms", ()):
        counts.add(metrics.ALARMS, (str(line["code"]),))
    return counts


def sync_counts(report: SyncReport, *, is_read: bool = True) -> Counts:
    """What came of a sync; `is_read` = sources were read for it, and no person decided of one that was held."""
    counts = Counts()
    counts.add(metrics.SYNCS, (report.end,))
    if report.end == "accepted":
        for kind, n in report.n_by_kind.items():
            counts.add(metrics.CHANGES, (kind,), n)
    for source in report.sources if is_read else ():
        counts.add(metrics.SOURCES, (source.name, source.end))
    return counts


def total_of(parts: Iterable[Counts]) -> Counts:
    """All of them together."""
    total = Counts()
    for part in parts:
        total.take_in(part)
    return total
