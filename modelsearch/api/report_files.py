"""The report of a finished run made anew from its folder, and its tables as CSV."""

from dataclasses import dataclass
from pathlib import Path

from modelsearch.api.publishing import find_run_anywhere
from modelsearch.api.report_data import page_data_from
from modelsearch.core.errors import FileWriteError, RunNotFoundError
from modelsearch.core.result import SearchResult
from modelsearch.report.html import html
from modelsearch.report.page_data import PageData
from modelsearch.report.safe_csv import csv_files
from modelsearch.settings import Settings
from modelsearch.store.layout import RunDir, read_header, write_whole
from modelsearch.store.result_json import result_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished run with all that its report shows."""

    run: RunDir
    result: SearchResult
    data: PageData
    is_emulated: bool


def finished_run(settings: Settings, name: str) -> Finished:
    """A finished run by its id, the beginning of it, or the path of its folder.

    Raises:
        RunNotFoundError: no such run, or it is not finished.
        JournalError: its journal or its setting are missing or damaged.
    """
    run = find_run_anywhere(settings, name)
    if not run.result.exists():
        message = f"run {run.run_id!r} has no result yet: finish it with `modelsearch resume {run.run_id}`"
        raise RunNotFoundError(message)
    result = result_from_json(run.result.read_bytes())
    request = read_header(run).get("request")
    return Finished(
        run=run,
        result=result,
        data=page_data_from(run, result),
        is_emulated=isinstance(request, dict) and bool(request.get("is_emulated")),
    )


def write_page(finished: Finished, path: Path) -> Path:
    """Write the HTML report; the folder is made where it is missing.

    Raises:
        FileWriteError: the disk does not take it.
    """
    page = html(finished.result, is_emulated=finished.is_emulated, data=finished.data)
    return _written(path, page)


def write_csv(finished: Finished, folder: Path) -> list[Path]:
    """Write the tables as CSV into a folder, which is made; every disagreement, however many a page would leave out.

    Raises:
        FileWriteError: the disk does not take them.
    """
    files = csv_files(finished.result, finished.data, is_emulated=finished.is_emulated)
    return [_written(folder / name, content) for name, content in files.items()]


def _written(path: Path, content: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileWriteError(f"{path.parent}: cannot be made ({error.strerror}): give another folder") from error
    write_whole(path, content.encode())
    return path
