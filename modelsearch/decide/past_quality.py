"""What past searches let expect of each candidate on a new task: the regressor `Setting.past_quality`.

A search weighs it against what it buys (the regression on it is learnt inside the search), so a past that predicts
nothing here costs little.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.past import KnownModel, PastTask, TaskTraits
from modelsearch.core.search import Floats, Ints
from modelsearch.stats.abilities import Expected, Models, Records, expected_quality, task_likeness

KIND_DISTANCE = 0.7
LABELS_DISTANCE = 0.2
"""Per unit of log(1 + number of labels)."""
LENGTH_DISTANCE = 0.2
"""Per unit of log input tokens. All three were set to one digit, see `stats.abilities.Shares`."""


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """The task to be searched, and its candidates as any source would name their models."""

    traits: TaskTraits
    models: Mapping[CandidateId, KnownModel]


def past_quality(past: Sequence[PastTask], new: NewTask) -> dict[CandidateId, float]:
    """Expected quality in [0, 1] of every candidate; empty without a past. O(n_records^3), n_records at most 2,000."""
    expected = expected_of(past, new)
    if expected is None:
        return {}
    return {name: float(quality) for name, quality in zip(new.models, expected.quality, strict=True)}


def expected_of(past: Sequence[PastTask], new: NewTask) -> Expected | None:
    """Expected quality with its standard deviation, (n_candidates,) in the order of `new.models`."""
    past = [task for task in past if task.models]
    if not past or not new.models:
        return None
    seen = [(at, found) for at, task in enumerate(past) for found in task.models]
    both = _models([*(found.model for _, found in seen), *new.models.values()])
    records = Records(
        models=both.at(np.arange(len(seen))),
        task=np.array([at for at, _ in seen], dtype=np.int64),
        quality=np.array([found.quality for _, found in seen]),
        error_variance=np.array([found.error_variance for _, found in seen]),
    )
    likeness = task_likeness(task_distances([*(task.traits for task in past), new.traits]))
    return expected_quality(records, both.at(np.arange(len(seen), len(both.model))), likeness)


def task_distances(traits: Sequence[TaskTraits]) -> Floats:
    """(n, n) distances of tasks: kind, number of labels, length of the input; an unknown length is a typical one."""
    kinds = _codes(each.kind for each in traits)
    labels = np.log1p(np.array([each.n_labels for each in traits], dtype=np.float64))
    lengths = np.log(np.maximum(np.array([each.input_tokens for each in traits], dtype=np.float64), 1.0))
    known = lengths[~np.isnan(lengths)]
    lengths = np.nan_to_num(lengths, nan=float(np.median(known)) if len(known) else 0.0)
    found = KIND_DISTANCE * (kinds[:, None] != kinds)
    found = found + LABELS_DISTANCE * np.abs(labels[:, None] - labels)
    return np.asarray(found + LENGTH_DISTANCE * np.abs(lengths[:, None] - lengths), dtype=np.float64)


def _models(known: Sequence[KnownModel]) -> Models:
    prices = [math.log(each.usd_per_mtok) if each.usd_per_mtok else math.nan for each in known]
    return Models(
        model=_codes(each.name.key for each in known),
        line=_codes(each.name.line for each in known),
        family=_codes(each.name.family for each in known),
        log_price=np.array(prices, dtype=np.float64),
    )


def _codes(names: Iterable[str]) -> Ints:
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int64)
