"""Finished searches as people meet them from Python: read again from their runs."""

from modelsearch.api.publishing import find_run_anywhere
from modelsearch.core.errors import RunNotFoundError
from modelsearch.report.notebook import SearchResult
from modelsearch.settings import Settings, read_settings
from modelsearch.store.layout import list_runs
from modelsearch.store.result_json import result_from_json


def read_result(run: str = "", settings: Settings | None = None) -> SearchResult:
    """The result of a finished run of this project.

    Args:
        run: its id, or the beginning of one; "" = the newest that is finished.
        settings: where runs are; by default from the environment and the current folder.

    Raises:
        RunNotFoundError: there is none, or it is not finished.
    """
    settings = settings or read_settings()
    if not run:
        done = [each for each in list_runs(settings.runs) if each.result.exists()]
        if not done:
            message = f"read_result: no finished run in {settings.runs}: make one with `modelsearch demo`"
            raise RunNotFoundError(message)
        run = max(each.run_id for each in done)
    found = find_run_anywhere(settings, run)
    if not found.result.exists():
        message = f"run {found.run_id!r} has no result yet: finish it with `modelsearch resume {found.run_id}`"
        raise RunNotFoundError(message)
    return SearchResult.of(result_from_json(found.result.read_bytes()))
