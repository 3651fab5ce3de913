"""What a year of nights need not keep: the runs of samples that were asked anew, whose numbers are in the state."""

import shutil
from datetime import date, timedelta

from modelsearch.settings import Settings
from modelsearch.store.night_store import NightStore

KEPT_DAYS = 30
"""Runs of samples that are kept for people to look at; each is some hundred kilobytes, and there are two a night."""


def forget_samples(settings: Settings, store: NightStore, day: date) -> int:
    """Remove the run directories of old samples; how many. What they cost stays in the history."""
    last, n_removed = (day - timedelta(days=KEPT_DAYS)).isoformat(), 0
    for line in store.history("jobs"):
        run_id = line["run_id"]
        if line["kind"] == "drift" and line["day"] < last and run_id and (settings.runs / run_id).is_dir():
            shutil.rmtree(settings.runs / run_id, ignore_errors=True)
            n_removed += 1
    return n_removed
