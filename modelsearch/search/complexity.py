"""How hard a task looks from its items alone, in [0, 1], and the sizes of model that its band calls for.

Weights, words and bands are data of the catalogue (`ComplexityRule`); the features are in `search.task_features`.
"""

from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.core.task import TaskSpec
from modelsearch.search.task_features import complexity_features


def task_complexity(task: TaskSpec, rule: ComplexityRule) -> float:
    """Weighted mean of the features that the rule names, in [0, 1]; unknown names are left out; 0 without any."""
    features = complexity_features(task, rule.reasoning_words)
    known = {name: weight for name, weight in rule.weights.items() if name in features}
    total = sum(known.values())
    return sum(weight * features[name] for name, weight in known.items()) / total if total > 0 else 0.0


def band_of(complexity: float, rule: ComplexityRule) -> ComplexityBand | None:
    """The first band above the complexity; the last one where it is above all; None without bands."""
    bands = sorted(rule.bands, key=lambda band: band.below)
    return next((band for band in bands if complexity < band.below), bands[-1] if bands else None)
