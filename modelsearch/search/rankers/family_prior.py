"""Kin of the good."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.market import Model
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_range
from modelsearch.search.rankers.provider_specialisation import lineage


@register(
    "ranker",
    "family_prior",
    source="client's strategies 6 and 7: families behave alike; partial pooling as in Efron & Morris 1975, "
    "doi:10.1080/01621459.1975.10479864",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPrior:
    """Merit is the mean gap to the baseline that the candidate's kin have shown, shrunk to that of everybody bought.

    Everyone bought counts by its independent pairs over pairs + 8, by kinship (itself and its family 1, another family
    of one lineage `lineage_weight`, strangers nothing) and by nearness of size (1 at equal size, falling as exp(-|log
    ratio|); unknown sizes count half). `shrinkage` such witnesses of the pool's mean are added. Score units, about
    [-1, 1]. NaN where nothing is bought, for composites, and for whom no kin was bought. Missing scores are no pairs;
    the baseline's own gap is 0 and counts once it is bought. O(n_candidates^2).

    Attributes:
        lineage_weight: in [0, 1].
        shrinkage: weight of the pool's mean, above 0.
    """

    lineage_weight: float = 0.5
    shrinkage: float = 1.0

    def __post_init__(self) -> None:
        require_range(self, "lineage_weight", 0.0, 1.0)
        require_range(self, "shrinkage", 1e-6, 1e6)

    def rank(self, view: SearchView) -> Floats:
        found = paired_gaps(view)
        worth = found.n_worth / (found.n_worth + 8.0)
        rows = np.flatnonzero(worth > 0)
        if not len(rows):
            return np.full(len(view.pool), np.nan)
        gap, worth = found.gap[rows], worth[rows]
        pooled = float(worth @ gap / worth.sum())
        kin = [view.model(view.candidates[row].id) for row in rows]
        roots = {model.family: lineage(model.family, view.setting.market)[-1] for model in kin if model is not None}
        merits = []
        for candidate_id in view.pool:
            model = view.model(candidate_id)
            root = "" if model is None else lineage(model.family, view.setting.market)[-1]
            weight = worth * np.array([self._kinship(model, other, root, roots) for other in kin])
            total = float(weight.sum())
            shrunk = (float(weight @ gap) + self.shrinkage * pooled) / (total + self.shrinkage)
            merits.append(shrunk if total > 0 else np.nan)
        return np.array(merits, dtype=np.float64)

    def _kinship(self, model: Model | None, other: Model | None, root: str, roots: dict[str, str]) -> float:
        if model is None or other is None:
            return 0.0
        blood = 1.0 if other.family == model.family else self.lineage_weight * (roots[other.family] == root)
        return blood * _nearness(model, other)


def _nearness(model: Model, other: Model) -> float:
    if model.id == other.id:
        return 1.0
    if model.params_b is None or other.params_b is None:
        return 0.5
    return float(min(model.params_b, other.params_b) / max(model.params_b, other.params_b))
