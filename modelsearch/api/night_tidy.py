"""What a year of nights need not keep.

The runs of samples that were asked anew, whose numbers are in the state; and the pages of old tests of newcomers, which
`modelsearch report RUN --html FILE` makes again from what is kept.
"""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from modelsearch.core.nights import JobKind
from modelsearch.settings import Settings
from modelsearch.store.night_store import NightStore

KEPT_DAYS = 30
"""Samples and pages that are kept for people to look at; each is some hundred kilobytes, a few a night."""

PAGE = "report.html"


def forget_samples(settings: Settings, store: NightStore, day: date) -> int:
    """Remove the run directories of old samples; how many. What they cost stays in the history."""
    found = [run for run in _old_runs(settings, store, day, "drift") if run.is_dir()]
    for run in found:
        shutil.rmtree(run, ignore_errors=True)
    return len(found)


def forget_pages(settings: Settings, store: NightStore, day: date) -> int:
    """Remove the HTML reports of old tests of newcomers; how many."""
    pages = [run / PAGE for run in _old_runs(settings, store, day, "screen")]
    found = [page for page in pages if page.is_file()]
    for page in found:
        page.unlink(missing_ok=True)
    return len(found)


def _old_runs(settings: Settings, store: NightStore, day: date, kind: JobKind) -> Iterator[Path]:
    """Directories of the runs of a kind of job that are older than `KEPT_DAYS`, there or not."""
    last = (day - timedelta(days=KEPT_DAYS)).isoformat()
    for line in store.history("jobs"):
        if line["kind"] == kind and line["day"] < last and line["run_id"]:
            yield settings.runs / line["run_id"]
