"""Views for the tests of this room: row 0 is the baseline and the dearest."""

from dataclasses import replace

import numpy as np

from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, Floats, SearchView
from modelsearch.core.task import Requirements
from modelsearch.testing.factories import make_view

NAN = float("nan")


def rows(*shares: float, n_items: int = 100, n_seen: int | None = None) -> Floats:
    """(n_rows, n_items) 0/1 scores: row r is right on a share of the items, spread evenly; unseen items are NaN."""
    place = (np.arange(n_items) * 37 % n_items) / n_items
    scores = np.array([(place < share - 1e-9).astype(np.float64) for share in shares])
    scores[:, n_items if n_seen is None else n_seen :] = NAN
    return scores


def with_requirements(view: SearchView, requirements: Requirements) -> SearchView:
    """The same view under other limits."""
    task = replace(view.task, requirements=requirements)
    return replace(view, setting=replace(view.setting, task=task))


def with_status(view: SearchView, row: int, columns: slice, status: Status) -> SearchView:
    """The same view with outcomes that failed: no score, a status."""
    score, codes = view.outcomes.score.copy(), view.outcomes.status.copy()
    score[row, columns] = NAN
    codes[row, columns] = STATUS_CODES[status]
    return replace(view, outcomes=replace(view.outcomes, score=score, status=codes))


__all__ = ["NAN", "make_view", "rows", "with_requirements", "with_status"]
