"""What a finished run recommends, or a registered task is served by, ready to be exported or served."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypedDict

from modelsearch.api.publishing import find_run_anywhere
from modelsearch.api.recover import first_served_by
from modelsearch.api.registered import registered_task
from modelsearch.api.request import SearchRequest
from modelsearch.core.candidate import Candidate, Single, label, singles_of
from modelsearch.core.errors import OptionError, RunNotFoundError
from modelsearch.core.events import CandidateSplit, Event
from modelsearch.core.ids import CandidateId, Json, RunId
from modelsearch.core.market import Market
from modelsearch.core.nights import Standing, TaskState
from modelsearch.core.result import Certainty, SearchResult, Verdict
from modelsearch.core.search import Move, Setting
from modelsearch.interop.exports.deployed import Deployed, Leg, Mode, leg_of
from modelsearch.report.headline import EMULATED, Names, headline
from modelsearch.settings import Settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, find_run, read_header
from modelsearch.store.night_store import STATE, NightStore
from modelsearch.store.result_json import result_from_json
from modelsearch.store.setting_json import snapshot_from_json

UNDECIDED = "UNDECIDED: this is no recommendation. It is the baseline, which serves the task today."
LIKELY = "LIKELY, NOT CERTIFIED: watch it, or let a larger budget decide."


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """A run that has come to an answer, as far as what it recommends is concerned.

    Attributes:
        events: its journal.
        candidates: all that it ever had: of the start, made since, split off.
    """

    run: RunDir
    request: SearchRequest
    setting: Setting
    result: SearchResult
    events: list[Event]
    candidates: Mapping[CandidateId, Candidate]

    @property
    def market(self) -> Market:
        """As it was when the run began, pinned hosts included."""
        return self.setting.market

    @property
    def baseline(self) -> Single:
        """What the others were compared with, at last."""
        found = self.candidates.get(self.result.baseline_id) or self.candidates[self.setting.baseline_id]
        return singles_of(found)[0]


def read_finished(settings: Settings, name: str) -> FinishedRun:
    """A finished run by its id, its beginning or its path.

    Raises:
        RunNotFoundError: there is none, or it has not come to an answer.
        JournalError: what it was begun with cannot be read.
    """
    run = find_run_anywhere(settings, name)
    if not run.result.exists():
        message = f"run {run.run_id!r} has no result yet: finish it with `modelsearch resume {run.run_id}`"
        raise RunNotFoundError(message)
    header, events = Journal.read(run.journal)
    setting = snapshot_from_json(_content(run.setting, run)).setting
    asked = header.get("request")
    return FinishedRun(
        run=run,
        request=SearchRequest.from_json(asked if isinstance(asked, dict) else {}),
        setting=setting,
        result=result_from_json(_content(run.result, run)),
        events=events,
        candidates=_candidates(setting, events),
    )


def deployed_of(found: FinishedRun) -> Deployed:
    """What a run recommends, or its baseline where it recommends nothing."""
    result, answer = found.result, found.result.recommendation
    is_undecided = answer.certainty is Certainty.UNDECIDED
    chosen = found.baseline if is_undecided else found.candidates[answer.candidate_id]
    names = Names(recommended=answer.label, baseline=result.baseline_id)
    on = _day_of(found.run, read_header(found.run))
    told = [f"modelsearch: task {result.task_id}, run {result.run_id} of {on.isoformat()}"]
    told += [EMULATED] if found.request.is_emulated or found.request.recorded is not None else []
    told += [UNDECIDED] if is_undecided else []
    told += [LIKELY] if answer.certainty is Certainty.LIKELY else []
    told += [headline(result, names), _rules(answer.margin, answer.alpha)]
    return Deployed(
        name=str(result.task_id),
        source=f"run {result.run_id}",
        source_id=str(result.run_id),
        certainty=answer.certainty,
        told=tuple(told),
        margin=answer.margin,
        alpha=answer.alpha,
        on=on,
        is_emulated=found.request.is_emulated,
        **_calls(found, chosen),
    )


def deployed_incumbent(settings: Settings, task_id: str) -> tuple[Deployed, FinishedRun]:
    """What serves a registered task by its last recommendation, and the run that measured it.

    Raises:
        OptionError: there is no such task, no night yet, or nobody knows what it is served by.
    """
    registered = registered_task(settings, task_id)
    state = NightStore(settings.nights / registered.id).read(STATE, TaskState)
    if state is None:
        raise OptionError(f"registered task {task_id!r}: no night yet: run `modelsearch nightly {task_id}` first")
    standing = state.standings.get(state.incumbent_id)
    found = _measured(settings, state, standing)
    chosen = found.candidates.get(state.incumbent_id)
    if chosen is None:
        message = f"registered task {task_id!r}: run {found.run.run_id} does not know {state.incumbent_id!r}"
        raise OptionError(f"{message}: run `modelsearch nightly {task_id}` again")
    is_kept = chosen.id == state.baseline_id
    is_certified = standing is not None and standing.verdict is Verdict.NON_INFERIOR and not is_kept
    on = standing.tested_on if standing is not None else state.last_night or datetime.now(UTC).date()
    spec = found.setting.task
    told = (
        f"modelsearch: registered task {task_id}, incumbent of {on.isoformat()}",
        *([EMULATED] if found.request.is_emulated else []),
        _incumbent_sentence(state, chosen, is_certified=is_certified),
        _rules(spec.margin, spec.alpha),
    )
    deployed = Deployed(
        name=str(registered.id),
        source=f"registered task {task_id}",
        source_id=str(found.run.run_id),
        certainty=Certainty.CERTIFIED if is_certified else Certainty.UNDECIDED,
        told=told,
        margin=spec.margin,
        alpha=spec.alpha,
        on=on,
        is_emulated=found.request.is_emulated,
        **_calls(found, chosen),
    )
    return deployed, found


def _incumbent_sentence(state: TaskState, chosen: Candidate, *, is_certified: bool) -> str:
    if chosen.id == state.baseline_id:
        return f"Keep {state.baseline_id}: no night has certified a cheaper candidate. {UNDECIDED}"
    how = "certified by the nights" if is_certified else "no longer certified"
    return f"Serve it with {label(chosen)} instead of {state.baseline_id}: {how}."


def _measured(settings: Settings, state: TaskState, standing: Standing | None) -> FinishedRun:
    """The run that measured the incumbent; of a baseline, any run that the task's nights have finished."""
    wanted = [standing] if standing is not None else []
    wanted += sorted(state.standings.values(), key=lambda each: each.tested_on, reverse=True)
    for each in wanted:
        if each.run_id is not None and find_run(settings.runs, each.run_id).result.exists():
            return read_finished(settings, each.run_id)
    raise OptionError(f"registered task {state.task_id!r}: no finished run of its nights is here: run `nightly` first")


class _Calls(TypedDict):
    """The parts of a `Deployed` that follow from who is served."""

    candidate: Candidate
    legs: tuple[Leg, ...]
    baseline: Leg
    mode: Mode


def _calls(found: FinishedRun, chosen: Candidate) -> _Calls:
    task, market = found.setting.task, found.market
    first = first_served_by(found.events, found.setting.candidates)
    legs = tuple(leg_of(single, task, market, first) for single in singles_of(chosen))
    baseline = leg_of(found.baseline, task, market, first)
    is_one_prompt = {leg.prompt.id for leg in legs} == {baseline.prompt.id}
    is_weighed = any(leg.single.is_calibrated for leg in legs)
    mode: Mode = "messages" if is_one_prompt and not is_weighed else "input"
    return {"candidate": chosen, "legs": legs, "baseline": baseline, "mode": mode}


def _rules(margin: float, alpha: float) -> str:
    return f"Margin {100 * margin:g} points of 100, alpha {alpha:g}. Prices and models move: search again, or nightly."


def _candidates(setting: Setting, events: list[Event]) -> dict[CandidateId, Candidate]:
    found: dict[CandidateId, Candidate] = {candidate.id: candidate for candidate in setting.candidates}
    for event in events:
        if isinstance(event, Move):
            found |= {candidate.id: candidate for candidate in event.additions}
        elif isinstance(event, CandidateSplit):
            found.setdefault(event.into.id, event.into)
    return found


def _content(path: Path, run: RunDir) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"run {run.run_id!r}: {path} cannot be read ({error.strerror}): put it back, or search again"
        raise RunNotFoundError(message) from error


def _day_of(run: RunDir, header: Mapping[str, Json]) -> date:
    """The day on which the run began: its id says it where run.json does not."""
    told = str(header.get("started_at") or RunId(run.run_id)[:8])
    try:
        return datetime.fromisoformat(told).date()
    except ValueError:
        return datetime.fromtimestamp(run.result.stat().st_mtime, UTC).date()
