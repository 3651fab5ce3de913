"""Pareto fronts and hypervolume. Direction: every objective is minimised; turn quality into a loss first."""

import moocore
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def front(points: Floats) -> Bools:
    """Which of (n_points, n_objectives) are not dominated; equal points of the front all stay.

    A point is dominated if another is at most as large everywhere and smaller somewhere. Two objectives take
    O(n log n), more go to moocore.

    Raises:
        ValueError: NaN among the points.
    """
    if np.isnan(points).any():
        raise ValueError("points of a front must not be NaN: leave out what is not known")
    if len(points) == 0:
        return np.zeros(0, dtype=np.bool_)
    if points.shape[1] == 2:
        return _front_2d(points)
    return np.asarray(moocore.is_nondominated(points, keep_weakly=True), dtype=np.bool_)


def _front_2d(points: Floats) -> Bools:
    order = np.lexsort((points[:, 1], points[:, 0]))
    first, second = points[order, 0], points[order, 1]
    best_before = np.concatenate(([np.inf], np.minimum.accumulate(second)[:-1]))
    is_best = second < best_before
    is_twin = np.concatenate(([False], (np.diff(first) == 0) & (np.diff(second) == 0)))
    run = np.maximum.accumulate(np.where(is_twin, 0, np.arange(len(points))))
    on_front = np.zeros(len(points), dtype=np.bool_)
    on_front[order] = is_best[run]
    return on_front


def surely_dominated(low: Floats, high: Floats) -> Bools:
    """Which of (n_points, n_objectives) boxes are dominated wherever in its box each point lies.

    Some other box must have its upper corner at or below this one's lower corner, and below it somewhere.
    O(n^2 x n_objectives).
    """
    is_below = np.all(high[:, None, :] <= low[None, :, :], axis=2)
    is_strict = np.any(high[:, None, :] < low[None, :, :], axis=2)
    dominates = is_below & is_strict
    np.fill_diagonal(dominates, val=False)
    return np.asarray(dominates.any(axis=0), dtype=np.bool_)


def hypervolume(points: Floats, reference: Floats) -> float:
    """Volume dominated by (n_points, n_objectives) up to the reference point; 0 without points below it.

    Source: Zitzler & Thiele 1998, doi:10.1007/BFb0056872, computed by moocore.
    """
    inside = points[np.all(points < reference, axis=1)]
    return float(moocore.hypervolume(inside, ref=reference)) if len(inside) else 0.0
