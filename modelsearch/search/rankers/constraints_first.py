"""Limits before wishes, and no weights."""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.objectives import OBJECTIVES, objectives
from modelsearch.search.parameters import MEND


@register(
    "ranker",
    "constraints_first",
    source="client's strategy 4, constraints; Deb 2000, An efficient constraint handling method, "
    "doi:10.1016/S0045-7825(99)00389-8",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintsFirst:
    """Who keeps all limits comes before who breaks one; then the objectives that are switched on decide, all alike.

    Limits: the client's (cost, quality, latency, context), the baseline's cost, and the baseline's quality less the
    margin. Among those who keep them merit is the mean place in the pool over the objectives switched on, in [0, 1]:
    no weights and no units, so switching one on or off is the only knob. Who breaks limits comes below 0: fewer first,
    then the smaller largest excess. With cost alone it is the search's own aim, the cheapest that is good enough.

    What is not known breaks no limit and takes the middle place; ties share a place; without outcomes costs decide;
    one candidate has its own merit. O(n_candidates x n_items).

    Attributes:
        objectives: those switched on, of cost, quality, latency; at least one.
    """

    objectives: tuple[str, ...] = ("cost",)

    def __post_init__(self) -> None:
        chosen = self.objectives
        is_list = isinstance(chosen, tuple | list)
        if not is_list or not chosen or set(chosen) - set(OBJECTIVES) or len(set(chosen)) < len(chosen):
            allowed = f"some of {', '.join(OBJECTIVES)}, each once"
            message = f"objectives of ConstraintsFirst: expected {allowed}, got {chosen!r}: {MEND}"
            raise PlanError(message)
        object.__setattr__(self, "objectives", tuple(chosen))

    def rank(self, view: SearchView) -> Floats:
        found = objectives(view)
        values = {"cost": -found.cost_usd, "quality": found.quality, "latency": -found.latency_s}
        merit = np.mean([_places(values[name]) for name in self.objectives], axis=0)
        excess = np.array([np.nan_to_num(x) for x in found.excess.values()] or [np.zeros(len(merit))])
        worst, n_broken = excess.max(axis=0), (excess > 0).sum(axis=0)
        return np.asarray(np.where(n_broken > 0, -n_broken - worst / (1.0 + np.abs(worst)), merit), dtype=np.float64)


def _places(values: Floats) -> Floats:
    """(n,) place from 0 (least) to 1 (largest) among distinct values; NaN in the middle, all alike in the middle."""
    levels = np.unique(np.round(values[~np.isnan(values)], 12))
    places = np.searchsorted(levels, np.round(values, 12)) / max(1, len(levels) - 1)
    return np.asarray(np.where(np.isnan(values) | (len(levels) < 2), 0.5, places), dtype=np.float64)
