"""Which ways of asking, or else which candidates, favour a label, from what was bought."""

from collections.abc import Iterator

import numpy as np

from modelsearch.core.candidate import Single
from modelsearch.core.events import Warned
from modelsearch.core.search import SearchView
from modelsearch.evaluate.label_bias import label_bias_warning, leanings

MAX_WARNED = 3
"""Warnings of this kind: those who lean most."""


def label_bias_warnings(view: SearchView) -> list[Warned]:
    """At most `MAX_WARNED`: of ways of asking over all models that were asked so, where there are several ways; else of
    the candidates. Nothing for a task without labels.
    """
    if not view.task.labels:
        return []
    found = []
    for name, whose, rows in _groups(view):
        told = leanings(*_said(view, rows), view.task.labels)
        warning = label_bias_warning(name, whose, told)
        if warning is not None:
            found.append((-told[0].excess, name, warning))
    return [warning for _, _, warning in sorted(found, key=lambda each: each[:2])[:MAX_WARNED]]


def _groups(view: SearchView) -> Iterator[tuple[str, str, list[int]]]:
    """Name, name in words, and rows of what is looked at together."""
    singles = [(row, c) for row, c in enumerate(view.candidates) if isinstance(c, Single) and view.n_bought(c.id)]
    by_way: dict[str, list[int]] = {}
    for row, single in singles:
        by_way.setdefault(str(single.variant_id or single.prompt_id), []).append(row)
    if len(by_way) > 1:
        for way, rows in by_way.items():
            models = "1 model" if len(rows) == 1 else f"{len(rows)} models together"
            yield way, f"way of asking {way!r} ({models})", rows
        return
    for row, single in singles:
        yield str(single.id), str(single.id), [row]


def _said(view: SearchView, rows: list[int]) -> tuple[list[str | None], list[object]]:
    """Answers and targets of all bought items of these rows."""
    targets = {item.id: item.target for item in view.task.items}
    answers: list[str | None] = []
    asked: list[object] = []
    for row in rows:
        columns = np.flatnonzero(view.outcomes.status[row])
        codes = view.outcomes.answer[row, columns]
        answers += [None if code < 0 else view.outcomes.answers[code] for code in codes]
        asked += [targets[view.setting.item_ids[column]] for column in columns]
    return answers, asked
