"""The nightly site on disk and in the published store: every page whole or not at all, the index last.

<home>/site/index.html  catalog.html  runs.html  tasks/<task>.html      what `modelsearch serve` serves
<out>/... the same, and  runs/<run>/report.html, front.svg             for any other web server (`modelsearch site`)
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from modelsearch.api.publishing import refresh_nights
from modelsearch.api.site_reading import runs_facts, site_facts
from modelsearch.core.errors import ModelsearchError, StorageError
from modelsearch.core.ids import RunId
from modelsearch.report.site import runs_page, site_pages
from modelsearch.settings import Settings
from modelsearch.store.filesystem import Folder, LocalFolder, open_folder
from modelsearch.store.layout import RunDir

SITE = "site"
"""Its folder in the published store."""
_LINKED = re.compile(r'href="(?:\.\./)?runs/([\w.-]+)/report\.html"', re.ASCII)


def write_site(settings: Settings, out: Path | None = None, *, now: datetime | None = None) -> Path:
    """Write the site; the index's path.

    Args:
        settings: where everything is.
        out: a folder of its own, for any web server, with the reports that its pages link to; by default the project's,
            which `modelsearch serve` serves beside the reports.
        now: the moment, with a time zone; by default the clock's.

    Raises:
        FileWriteError: the disk does not take it; pages that are there already are whole.
    """
    pages = site_pages(site_facts(settings, now))
    folder = out or settings.site
    if out is not None:
        _copy_reports(settings, pages.values(), LocalFolder(out))
    _write(pages, LocalFolder(folder))
    return folder / "index.html"


def refresh_site(settings: Settings) -> str:
    """Write the site after a night or a sync, into the published store too; what went wrong, "" = nothing.

    Never raises: nobody loses a night over a page.
    """
    try:
        with suppress(StorageError):  # what other machines have done since; told below if it goes on
            refresh_nights(settings)
        pages = site_pages(site_facts(settings))
        _write(pages, LocalFolder(settings.site))
        if settings.storage is not None:
            store = open_folder(f"{settings.storage.rstrip('/')}/{SITE}")
            _copy_reports(settings, pages.values(), store)
            _write(pages, store)
    except ModelsearchError as error:
        return " ".join(str(error).split())
    except Exception as error:  # noqa: BLE001 - a page is no reason to fail a night that is paid for
        return f"a fault of ours, {type(error).__name__}"
    return ""


def live_runs_page(settings: Settings, health: Mapping[str, str]) -> str:
    """The page of all runs as they are now, with what is well, by part."""
    return runs_page(replace(runs_facts(settings), health=health))


def _write(pages: Mapping[str, str], folder: Folder) -> None:
    for name, page in pages.items():
        folder.write_whole(name, page.encode())


def _copy_reports(settings: Settings, pages: Iterable[str], folder: Folder) -> None:
    """The reports that pages link to; those that are there already are not written again, a report never changes."""
    there = set(folder.names("runs"))
    for name, path in _files(settings, pages):
        if name not in there and path.is_file():
            folder.write_whole(name, path.read_bytes())


def _files(settings: Settings, pages: Iterable[str]) -> Iterator[tuple[str, Path]]:
    linked = {run_id for page in pages for run_id in _LINKED.findall(page)}
    for run in (RunDir(settings.runs, RunId(name)) for name in sorted(linked)):
        yield f"runs/{run.run_id}/report.html", run.report_html
        yield f"runs/{run.run_id}/front.svg", run.front_svg
