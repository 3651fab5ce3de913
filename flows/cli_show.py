"""Commands that only read runs: runs, report, explain."""

from modelsearch.api.publishing import find_run_anywhere, runs_elsewhere
from modelsearch.core.errors import RunNotFoundError, StorageError, StoreError
from modelsearch.core.result import SearchResult
from modelsearch.report.answer import answer_lines
from modelsearch.report.explain import explain
from modelsearch.settings import read_settings
from modelsearch.store.layout import RunDir, list_runs, read_header
from modelsearch.store.result_json import result_from_json


def run_lines() -> list[str]:
    """One line a run."""
    settings = read_settings()
    lines = [_run_line(run) for run in list_runs(settings.runs)]
    try:
        lines += [
            f"{name}  in {settings.storage}: `modelsearch report` fetches it" for name in runs_elsewhere(settings)
        ]
    except StorageError as error:
        lines.append(f"(runs of other machines cannot be listed: {error})")
    return sorted(lines) or ["no runs yet: `modelsearch demo` makes one"]


def report_lines(name: str) -> list[str]:
    """The answer of a finished run."""
    result, header = _finished(name)
    request = header.get("request")
    is_emulated = isinstance(request, dict) and bool(request.get("is_emulated"))
    return answer_lines(result, is_emulated=is_emulated)


def explain_text(name: str, candidate_id: str) -> str:
    """Why a candidate left, or was not chosen."""
    result, _ = _finished(name)
    return explain(result, candidate_id)


def _finished(name: str) -> tuple[SearchResult, dict[str, object]]:
    run = find_run_anywhere(read_settings(), name)
    if not run.result.exists():
        message = f"run {run.run_id!r} has no result yet: finish it with `modelsearch resume {run.run_id}`"
        raise RunNotFoundError(message)
    return result_from_json(run.result.read_bytes()), dict(read_header(run))


def _run_line(run: RunDir) -> str:
    try:
        header = read_header(run) if run.header.exists() else {}
        state = _state(run)
    except (RunNotFoundError, StoreError) as error:
        return f"{run.run_id}  damaged: {error}"
    what = f"{header.get('task', '?')} against {header.get('baseline', '?')} ({header.get('plan', '?')})"
    return f"{run.run_id}  {what}  {state}"


def _state(run: RunDir) -> str:
    if not run.result.exists():
        return "not finished: `modelsearch resume` goes on"
    result = result_from_json(run.result.read_bytes())
    advice = result.recommendation
    return f"{advice.certainty.value}: {advice.label}, spent ${result.spend.settled_usd:.4f}"
