"""Rows of a comparison -> what is told of each plan at each share: means, intervals by table, the worst table, spread.

Searches on one table are no independent evidence, so intervals are clustered by table: their number decides the width,
not the number of seeds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from modelsearch.core.search import Floats
from modelsearch.stats.intervals import student

Row = Mapping[str, Any]
CALIBRATION_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean with its 95 % interval clustered by table; NaN where nothing was counted, or one table alone."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A plan at a share of the money.

    Attributes:
        captured: net captured saving, cases with nothing to capture left out unless the choice was wrong.
        worst_table: the table with the lowest mean, and that mean; spread: standard deviation of the tables' means.
    """

    plan: str
    budget_share: float
    n_searches: int
    captured: Mean
    captured_certified: Mean
    wrong_share: float
    certified_share: float
    false_certificate_share: float
    spend_share: float
    n_over_budget: int
    worst_table: str
    worst_table_captured: float
    spread: float
    cost_reduction: float
    search_efficiency: float
    front_hypervolume_share: float
    n_calls: float
    n_candidates_tested: float
    time_to_solution_s: float
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Recommendations stated at a probability in [low, high): how often they were right."""

    low: float
    high: float
    n: int
    stated: float
    right_share: float


def grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of their keys, sorted by them."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return {key: groups[key] for key in sorted(groups)}


def column(rows: Sequence[Row], name: str) -> Floats:
    """(n_rows,) numbers of a field; NaN for nothing."""
    return np.array([np.nan if row[name] is None else float(row[name]) for row in rows], dtype=np.float64)


def clustered_mean(values: Floats, clusters: Sequence[str]) -> Mean:
    """Mean of the values that are not NaN, with a Student interval on G - 1 degrees of freedom for G clusters.

    The variance is the cluster-robust one: Liang & Zeger 1986, doi:10.1093/biomet/73.1.13.

    Args:
        values: (n,) numbers, NaN left out.
        clusters: (n,) whose value each is.
    """
    kept = ~np.isnan(values)
    if not kept.any():
        return Mean(mean=np.nan, low=np.nan, high=np.nan, n=0)
    mean = float(values[kept].mean())
    names = np.array(clusters, dtype=object)[kept]
    sums = np.array([(values[kept][names == name] - mean).sum() for name in sorted(set(names))])
    if len(sums) < 2:
        return Mean(mean=mean, low=np.nan, high=np.nan, n=int(kept.sum()))
    error = float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1))) / int(kept.sum())
    low, high = student(np.array([mean]), np.array([error]), np.array([len(sums) - 1.0]))
    return Mean(mean=mean, low=float(low[0]), high=float(high[0]), n=int(kept.sum()))


def standings(rows: Sequence[Row]) -> list[Standing]:
    """One for each plan and share, in their order."""
    return [_standing(plan, share, some) for (plan, share), some in grouped(rows, "plan", "budget_share").items()]


def _standing(plan: str, share: float, rows: Sequence[Row]) -> Standing:
    tables = [str(row["table"]) for row in rows]
    captured = column(rows, "net_captured")
    by_table = {name[0]: _mean(column(some, "net_captured")) for name, some in grouped(rows, "table").items()}
    counted = {name: mean for name, mean in by_table.items() if not np.isnan(mean)}
    worst = min(counted, key=lambda name: (counted[name], name), default="")
    return Standing(
        plan=plan,
        budget_share=share,
        n_searches=len(rows),
        captured=clustered_mean(captured, tables),
        captured_certified=clustered_mean(column(rows, "net_captured_certified"), tables),
        wrong_share=_mean(column(rows, "is_wrong")),
        certified_share=_mean(column(rows, "is_certified")),
        false_certificate_share=_mean(column(rows, "is_false_certificate")),
        spend_share=_mean(column(rows, "spend_share")),
        n_over_budget=int(column(rows, "is_over_budget").sum()),
        worst_table=worst,
        worst_table_captured=counted.get(worst, np.nan),
        spread=float(np.std(list(counted.values()), ddof=1)) if len(counted) > 1 else np.nan,
        cost_reduction=_median(column(rows, "cost_reduction")),
        search_efficiency=_mean(column(rows, "search_efficiency")),
        front_hypervolume_share=_mean(column(rows, "front_hypervolume_share")),
        n_calls=_median(column(rows, "n_calls")),
        n_candidates_tested=_median(column(rows, "n_candidates_tested")),
        time_to_solution_s=_median(column(rows, "time_to_solution_s")),
        cpu_s=_median(column(rows, "cpu_s")),
        wall_s=_median(column(rows, "wall_s")),
    )


def by_table(rows: Sequence[Row], name: str = "net_captured") -> dict[tuple[str, str, float], float]:
    """Mean of a field by (table, plan, share)."""
    groups = grouped(rows, "table", "plan", "budget_share")
    return {(key[0], key[1], key[2]): _mean(column(some, name)) for key, some in groups.items()}


def calibration(rows: Sequence[Row]) -> list[CalibrationBin]:
    """Of the recommendations that state a probability: how often they were right, by what they stated."""
    stated = [row for row in rows if row["p_right"] is not None and not np.isnan(row["p_right"])]
    p, is_wrong = column(stated, "p_right"), column(stated, "is_wrong")
    bins = []
    for low, high in pairwise(CALIBRATION_EDGES):
        inside = (p >= low) & ((p < high) if high < 1 else (p <= high))
        bins.append(
            CalibrationBin(
                low=low,
                high=high,
                n=int(inside.sum()),
                stated=_mean(p[inside]),
                right_share=1 - _mean(is_wrong[inside]),
            )
        )
    return bins


def paired_difference(rows: Sequence[Row], ours: str, theirs: str, share: float) -> Mean:
    """Net captured saving of a plan minus another's, search by search (same table, baseline, seed), by table.

    A search that counts for one of them alone (nothing to capture, and one was wrong) counts 0 for the other.
    """
    mine, other = _by_search(rows, ours, share), _by_search(rows, theirs, share)
    shared = sorted(mine.keys() & other.keys())
    pairs = [(mine[key], other[key]) for key in shared]
    gaps = [np.nan if np.isnan(a) and np.isnan(b) else float(np.nan_to_num(a) - np.nan_to_num(b)) for a, b in pairs]
    return clustered_mean(np.array(gaps, dtype=np.float64), [key[0] for key in shared])


def _by_search(rows: Sequence[Row], plan: str, share: float) -> dict[tuple[str, str, int], float]:
    return {
        (row["table"], row["baseline"], row["seed"]): float(row["net_captured"])
        for row in rows
        if row["plan"] == plan and row["budget_share"] == share
    }


def _mean(values: Floats) -> float:
    return _over(values, np.mean)


def _median(values: Floats) -> float:
    return _over(values, np.median)


def _over(values: Floats, how: Callable[[Floats], Any]) -> float:
    known = values[~np.isnan(values)]
    return float(how(known)) if len(known) else float("nan")
