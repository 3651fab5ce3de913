"""The score of a recommendation against the truth of the whole table, in the words of the method.

best = the largest saving among the truly feasible; captured = saving / best, at most 1; -1 where the choice is worse
than the margin by more than the slack; nothing where there was nothing to capture and the choice is not wrong.
"""

import heapq
import math
from collections.abc import Iterable, Sequence

import numpy as np

from modelsearch.compare.tables import Field, Truth
from modelsearch.core.search import Bools, Floats
from modelsearch.stats.pareto import front, hypervolume

SLACK = 0.005
"""A miss of the margin by less counts as right: score units."""
MIN_SAVING = 0.01
"""Below this best saving there is nothing to capture."""
EPS = 1e-12
N_IN_FLIGHT = 32


def feasible(field: Field, baseline: str, margin: float) -> Bools:
    """(n_models,) whose true quality is within the margin of the baseline's."""
    return np.asarray(field.quality >= field.quality[field.rows[baseline]] - margin - EPS, dtype=np.bool_)


def best_saving(field: Field, baseline: str, margin: float) -> float:
    """The largest saving among truly feasible models, as a share of the baseline's cost."""
    base_usd = field.cost_usd[field.rows[baseline]]
    return float((1 - field.cost_usd[feasible(field, baseline, margin)] / base_usd).max())


def is_wrong(field: Field, baseline: str, chosen: Truth, margin: float) -> bool:
    """Whether a choice is worse than the baseline by more than margin and slack."""
    return bool(chosen.quality < field.quality[field.rows[baseline]] - margin - SLACK - EPS)


def is_below_margin(field: Field, baseline: str, chosen: Truth, margin: float) -> bool:
    """Whether a certificate of the choice is false."""
    return bool(chosen.quality < field.quality[field.rows[baseline]] - margin - EPS)


def net_captured(field: Field, baseline: str, chosen: Truth, margin: float) -> float:
    """Share of the available saving that a choice captures, in [0, 1]; -1 if wrong; NaN where there is none."""
    if is_wrong(field, baseline, chosen, margin):
        return -1.0
    best = best_saving(field, baseline, margin)
    if best < MIN_SAVING:
        return math.nan
    saving = 1 - chosen.cost_usd / float(field.cost_usd[field.rows[baseline]])
    return min(1.0, max(0.0, saving) / best)


def search_efficiency(field: Field, baseline: str, tested: Sequence[str], margin: float) -> float:
    """Truly feasible and cheaper models among those tested, over those tested; NaN where none was."""
    rows = [field.rows[name] for name in tested if name != baseline]
    if not rows:
        return math.nan
    base_usd = field.cost_usd[field.rows[baseline]]
    is_good = feasible(field, baseline, margin) & (field.cost_usd < base_usd)
    return float(is_good[rows].mean())


def front_hypervolume_share(field: Field, found: Iterable[str]) -> float:
    """Hypervolume of the models found, at their true quality and cost, over that of all models of the table.

    Axes: quality, and the logarithm of cost; the reference point is the worst quality and the dearest cost of the
    table. 0 without any model found; 1 where the table's own front has no volume.
    """
    points = np.column_stack([-field.quality, np.log(np.maximum(field.cost_usd, 1e-12))])
    reference = points.max(axis=0) + 1e-9
    whole = hypervolume(points, reference)
    rows = [field.rows[name] for name in found]
    return hypervolume(points[rows], reference) / whole if whole > 0 else 1.0


def seeming_front(names: Sequence[str], quality: Floats, cost_usd: Floats) -> list[str]:
    """Of the models measured, those that no other beats in both estimated quality and cost."""
    if not len(names):
        return []
    on_front = front(np.column_stack([-quality, cost_usd]))
    return [name for name, is_on in zip(names, on_front, strict=True) if is_on]


def makespan_s(latencies_s: Iterable[float], n_in_flight: int = N_IN_FLIGHT) -> float:
    """Seconds until calls that start in this order, so many at once, have all come back."""
    busy_until = [0.0] * n_in_flight
    for latency_s in latencies_s:
        heapq.heapreplace(busy_until, busy_until[0] + latency_s)
    return max(busy_until)
