"""What the commands show that only read runs: runs, report, explain; each as lines and as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelsearch.api.publishing import find_run_anywhere, runs_elsewhere
from modelsearch.core.errors import RunNotFoundError, StorageError, StoreError
from modelsearch.core.ids import CandidateId
from modelsearch.core.result import SearchResult
from modelsearch.report.explain import explain
from modelsearch.report.headline import Names, headline
from modelsearch.report.plain import short
from modelsearch.report.standing import standing_of
from modelsearch.settings import read_settings
from modelsearch.store.layout import RunDir, list_runs, read_header
from modelsearch.store.result_json import result_from_json

RunState = Literal["finished", "unfinished", "damaged", "elsewhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """One run in the list.

    Attributes:
        recommended: label of the candidate; it, `certainty` and `spent_usd` are None unless the run is finished.
        where: the store that has it, where this machine has not.
        error: why it cannot be read, where it is damaged.
    """

    run_id: str
    state: RunState
    task: str | None = None
    baseline: str | None = None
    plan: str | None = None
    certainty: str | None = None
    recommended: str | None = None
    spent_usd: str | None = None
    where: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRuns:
    """All runs of the project, and why those of other machines could not be listed."""

    runs: tuple[ListedRun, ...]
    storage_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished run."""

    result: SearchResult
    is_emulated: bool


def listed_runs() -> ListedRuns:
    """Every run of this project, by id."""
    settings = read_settings()
    found, error = [_listed(run) for run in list_runs(settings.runs)], None
    try:
        away = runs_elsewhere(settings)
        found += [ListedRun(run_id=name, state="elsewhere", where=str(settings.storage)) for name in away]
    except StorageError as failure:
        error = str(failure)
    return ListedRuns(runs=tuple(sorted(found, key=lambda each: each.run_id)), storage_error=error)


def run_lines(found: ListedRuns) -> list[str]:
    """One line a run."""
    lines = [_run_line(run) for run in found.runs]
    if found.storage_error:
        lines = [f"(runs of other machines cannot be listed: {found.storage_error})", *lines]
    return lines or ["no runs yet: `modelsearch demo` makes one"]


def finished(name: str) -> Finished:
    """The run of an id or its beginning.

    Raises:
        RunNotFoundError: there is none, or it is not finished.
    """
    run = find_run_anywhere(read_settings(), name)
    if not run.result.exists():
        message = f"run {run.run_id!r} has no result yet: finish it with `modelsearch resume {run.run_id}`"
        raise RunNotFoundError(message)
    request = read_header(run).get("request")
    is_emulated = isinstance(request, Mapping) and bool(request.get("is_emulated"))
    return Finished(result=result_from_json(run.result.read_bytes()), is_emulated=is_emulated)


def answer_data(result: SearchResult, *, is_emulated: bool) -> dict[str, Any]:
    """What `search`, `resume`, `demo` and `report` tell a program."""
    names = Names(short(result.recommendation.label), short(result.baseline_id))
    return {"answer": headline(result, names), "is_emulated": is_emulated, "result": result}


def explained(result: SearchResult, candidate_id: str) -> tuple[str, dict[str, Any]]:
    """Why a candidate left, or was not chosen: the text, and the numbers behind it.

    Raises:
        OptionError: the search never knew it.
    """
    text = explain(result, candidate_id)
    standing = standing_of(result, CandidateId(candidate_id))
    data: dict[str, Any] = {"candidate_id": candidate_id, "explanation": text.splitlines()}
    if standing is not None:
        data |= {
            "role": standing.role,
            "verdict": standing.verdict,
            "phase": standing.phase,
            "drop": standing.drop,
            "estimate": standing.estimate,
        }
    return text, data


def _run_line(run: ListedRun) -> str:
    if run.state == "elsewhere":
        return f"{run.run_id}  in {run.where}: `modelsearch report` fetches it"
    if run.state == "damaged":
        return f"{run.run_id}  damaged: {run.error}"
    what = f"{run.task or '?'} against {run.baseline or '?'} ({run.plan or '?'})"
    if run.state == "unfinished":
        return f"{run.run_id}  {what}  not finished: `modelsearch resume` goes on"
    return f"{run.run_id}  {what}  {run.certainty}: {run.recommended}, spent ${run.spent_usd}"


def _listed(run: RunDir) -> ListedRun:
    try:
        header = read_header(run) if run.header.exists() else {}
        told = {name: _text(header.get(name)) for name in ("task", "baseline", "plan")}
        if not run.result.exists():
            return ListedRun(run_id=run.run_id, state="unfinished", **told)
        result = result_from_json(run.result.read_bytes())
    except (RunNotFoundError, StoreError) as error:
        return ListedRun(run_id=run.run_id, state="damaged", error=str(error))
    advice = result.recommendation
    return ListedRun(
        run_id=run.run_id, state="finished", certainty=advice.certainty.value, recommended=advice.label,
        spent_usd=f"{result.spend.settled_usd:.4f}", **told,
    )  # fmt: skip


def _text(value: object) -> str | None:
    return None if value is None else str(value)
