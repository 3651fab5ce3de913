"""Sizes that suit the task."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.market import ComplexityBand
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.complexity import band_of, task_complexity


@register("ranker", "complexity_fit", source="client's strategy 8, Task Complexity Assessment")
@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexityFit:
    """Merit 1 for a size inside the band that the task's complexity calls for, falling off on both sides.

    Complexity in [0, 1] comes from the items (`search.complexity`); the catalogue's bands turn it into parameters in
    billions. Outside the band merit is the ratio of size to the nearer bound (or its inverse), in (0, 1). It only
    orders: unknown size gets NaN, as do composites and a catalogue without bands. Reads no outcomes.
    O(n_words + n_pool).
    """

    def rank(self, view: SearchView) -> Floats:
        rule = view.setting.market.complexity
        band = None if rule is None else band_of(task_complexity(view.task, rule), rule)
        models = [view.model(candidate_id) for candidate_id in view.pool]
        sizes_b = [None if model is None else model.params_b for model in models]
        return np.array([np.nan if band is None or b is None else fit(b, band) for b in sizes_b], dtype=np.float64)


def fit(size_b: float, band: ComplexityBand) -> float:
    """1 inside the band, size/min below it, max/size above it."""
    if band.min_params_b is not None and size_b < band.min_params_b:
        return size_b / band.min_params_b
    if band.max_params_b is not None and size_b > band.max_params_b:
        return band.max_params_b / size_b
    return 1.0
