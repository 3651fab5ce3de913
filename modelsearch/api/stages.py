"""Each stage's Parquet files, written whole once its phase has ended and rebuilt from the journal on resume."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelsearch.api.begun import AVAILABLE
from modelsearch.api.session import Session
from modelsearch.core.events import Event, PhaseClosed, PhaseStarted
from modelsearch.core.result import SearchResult
from modelsearch.decide.estimates import estimates
from modelsearch.report.front_svg import front_svg
from modelsearch.search.fold import Fold
from modelsearch.store.journal import Journal
from modelsearch.store.layout import write_whole
from modelsearch.store.money_tables import call_rows, ledger_rows
from modelsearch.store.result_json import result_to_json
from modelsearch.store.stage_tables import (
    decision_rows,
    endpoint_rows,
    estimate_rows,
    outcome_rows,
    screen_rows,
    trajectory_rows,
)
from modelsearch.store.tables import Row, write_manifest, write_table

DECISION = "decision"
"""The last stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A table that is on disk."""

    path: Path
    n_rows: int


def write_stage(session: Session, phase: str) -> dict[str, Written]:
    """Write the tables of an ended phase, by name: what was known at its end, also when a later life writes them."""
    all_events = _events_until(session, phase)
    events = _events_of(all_events, phase)
    fold = Fold(session.setting)
    for event in all_events:
        fold.apply(event)
    drops = [(name, drop) for name, drop in fold.drops if name == phase]
    tables: dict[str, Sequence[Row]] = {"screen": screen_rows(drops), "trajectory": trajectory_rows(events)}
    if phase == AVAILABLE:
        tables["endpoints"] = endpoint_rows(session.source.market, session.setting.candidates)
    outcomes = outcome_rows(events)
    if outcomes:
        tables["outcomes"] = outcomes
        tables["calls"] = call_rows(events)
        tables["ledger"] = ledger_rows(events)
        tables["estimates"] = estimate_rows(estimates(fold.view()))
    return {name: _write(session, phase, name, rows) for name, rows in tables.items()}


def write_decision(session: Session, result: SearchResult, reports: dict[str, str]) -> dict[str, Written]:
    """Write the decision's tables, result.json, the reports, and the manifest last."""
    written = {
        "estimates": _write(session, DECISION, "estimates", estimate_rows(result.estimates)),
        "decision": _write(session, DECISION, "decision", decision_rows(result)),
    }
    write_whole(session.run.result, result_to_json(result))
    write_whole(session.run.report_md, reports["markdown"].encode())
    write_whole(session.run.report_html, reports["html"].encode())
    write_whole(session.run.front_svg, front_svg(result).encode())
    write_manifest(session.run)
    return written


def _events_until(session: Session, phase: str) -> list[Event]:
    """The events of the journal up to the end of the phase."""
    _, events = Journal.read(session.run.journal)
    ends = (n for n, event in enumerate(events) if isinstance(event, PhaseClosed) and event.phase == phase)
    return events[: next(ends, len(events)) + 1]


def _events_of(events: list[Event], phase: str) -> list[Event]:
    """Those from the start of the phase on."""
    starts = (n for n, event in enumerate(events) if isinstance(event, PhaseStarted) and event.phase == phase)
    return events[next(starts, len(events)) :]


def _write(session: Session, phase: str, name: str, rows: Sequence[Row]) -> Written:
    path = session.run.table(phase, name)
    return Written(path=path, n_rows=write_table(path, name, rows, fingerprint=session.fingerprint))
