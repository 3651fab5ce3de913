"""Collects what the HTML report shows beside the result: from an open search, or from a run's folder alone.

The journal and the setting are enough for all of it, so the report of an old run can be made anew. What a page shows
may never cost a paid run its end: a part that cannot be collected is left out, and the page says which and why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from modelsearch.api.report_again import again_of
from modelsearch.api.report_items import disagreements_of
from modelsearch.api.report_race import race_of
from modelsearch.api.report_spend import spend_of
from modelsearch.api.session import Session
from modelsearch.core.candidate import Candidate, Cascade, Ensemble
from modelsearch.core.errors import JournalError, ModelsearchError
from modelsearch.core.events import Event
from modelsearch.core.ids import CandidateId, Json
from modelsearch.core.result import SearchResult
from modelsearch.core.search import SearchView, Setting
from modelsearch.report.page_data import Again, Disagreements, LatencySpread, PageData
from modelsearch.search.fold import Fold
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, read_header
from modelsearch.store.setting_json import snapshot_from_json

T = TypeVar("T")
_PERCENTILES = (0.10, 0.50, 0.90, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a run knows: its setting, its journal's events, its header, its folder."""

    setting: Setting
    events: Sequence[Event]
    header: Mapping[str, Json]
    run: RunDir


def page_data_of(session: Session, result: SearchResult) -> PageData:
    """What to show of a search that is open and done."""
    _, events = Journal.read(session.run.journal)
    header = read_header(session.run) if session.run.header.is_file() else {}
    return collected(Known(setting=session.setting, events=events, header=header, run=session.run), result)


def page_data_from(run: RunDir, result: SearchResult) -> PageData:
    """What to show of a finished run, from its folder.

    Raises:
        JournalError: journal or setting are missing or damaged (runs of old versions kept no setting).
    """
    _, events = Journal.read(run.journal)
    try:
        content = run.setting.read_bytes()
    except OSError as error:
        message = (
            f"run {run.run_id!r}: {run.setting} cannot be read ({error.strerror}): its report shows the result alone"
        )
        raise JournalError(message) from error
    setting = snapshot_from_json(content).setting
    return collected(Known(setting=setting, events=events, header=read_header(run), run=run), result)


def collected(known: Known, result: SearchResult) -> PageData:
    """Every part that can be had; `left_out` names the others. O(points of the race x candidates x items)."""
    fold = Fold(known.setting)
    for event in known.events:
        fold.apply(event)
    view = fold.view()
    left_out: list[str] = []

    def part(name: str, make: Callable[[], T], without: T) -> T:
        try:
            return make()
        except (ModelsearchError, ValueError, KeyError, IndexError, ArithmeticError, OSError) as error:
            left_out.append(f"{name}: {type(error).__name__}: {error}")
            return without

    return PageData(
        kinds={candidate.id: _kind(candidate) for candidate in view.candidates},
        race=part("the race", lambda: race_of(known.setting, known.events, result), ()),
        disagreements=part("disagreements", lambda: _disagreements(known, result, fold.candidates), None),
        spend=part("spend", lambda: spend_of(known.events, known.setting.market), ()),
        latencies=part("latency", lambda: _latencies(view), dict[CandidateId, LatencySpread]()),
        max_latency_s=known.setting.task.requirements.max_latency_s,
        again=part("how to run it again", lambda: again_of(known.header), Again()),
        left_out=tuple(left_out),
    )


def _kind(candidate: Candidate) -> str:
    if isinstance(candidate, Ensemble):
        return "vote"
    return "cascade" if isinstance(candidate, Cascade) else "single"


def _disagreements(
    known: Known, result: SearchResult, candidates: Mapping[CandidateId, Candidate]
) -> Disagreements | None:
    found = disagreements_of(known.setting, known.events, result, candidates)
    return None if found is None else replace(found, tables=str(Path(known.run.stages) / "*" / "outcomes.parquet"))


def _latencies(view: SearchView) -> dict[CandidateId, LatencySpread]:
    """Of every candidate with a known latency; the smallest value with so many at or below it, as in the result."""
    ordered = np.sort(view.outcomes.latency_s, axis=1)
    counts = np.count_nonzero(~np.isnan(ordered), axis=1)
    found: dict[CandidateId, LatencySpread] = {}
    for candidate, row, n in zip(view.candidates, ordered, counts.tolist(), strict=True):
        if n:
            p10, p50, p90, p95 = (float(row[max(0, int(np.ceil(share * n)) - 1)]) for share in _PERCENTILES)
            found[candidate.id] = LatencySpread(p10_s=p10, p50_s=p50, p90_s=p90, p95_s=p95, n_items=n)
    return found
