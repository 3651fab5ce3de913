"""What benchmarks said."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView


@register("ranker", "published_score", source="published benchmark scores, each with its own source in the catalogue")
@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """Merit is the mean place of the model's published scores among the pool's, over the benchmarks of the task's kind.

    For each benchmark and metric the place is the share of scored models of the pool that it equals or beats, so that
    benchmarks of different difficulty can be averaged. In (0, 1]; NaN for models without a score (more than half of the
    new ones), for composites, and where the kind names no benchmark. It orders and never drops: published scores are of
    other items. Reads no outcomes. O(n_scores log n_scores).
    """

    def rank(self, view: SearchView) -> Floats:
        kind = view.setting.market.task_kinds.get(view.task.kind)
        benchmarks = frozenset(kind.benchmarks) if kind else frozenset()
        scores = [_scores(view, candidate_id, benchmarks) for candidate_id in view.pool]
        values: dict[tuple[str, str], list[float]] = {}
        for known in scores:
            for key, value in known.items():
                values.setdefault(key, []).append(value)
        levels = {key: np.sort(np.array(found)) for key, found in values.items()}
        return np.array([_mean_place(known, levels) for known in scores], dtype=np.float64)


def _scores(view: SearchView, candidate_id: CandidateId, benchmarks: frozenset[str]) -> dict[tuple[str, str], float]:
    """Best score by benchmark and metric."""
    found: dict[tuple[str, str], float] = {}
    model = view.model(candidate_id)
    for score in model.scores if model else ():
        if score.benchmark in benchmarks:
            key = (score.benchmark, score.metric)
            found[key] = max(score.value, found.get(key, 0.0))
    return found


def _mean_place(known: dict[tuple[str, str], float], levels: dict[tuple[str, str], Floats]) -> float:
    places = [np.searchsorted(levels[key], value, side="right") / len(levels[key]) for key, value in known.items()]
    return float(np.mean(places)) if places else float("nan")
