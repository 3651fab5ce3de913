"""The non-inferiority e-process: evidence by betting that a finite total is above a bound, safe at every look.

Units (items, or clusters) come in one random order without replacement, each with a value in [-1, 1]: a paired
difference candidate - baseline, times its weight over the largest weight. Directions: `log_wealth(x, null_total)`
grows when the total of all units is ABOVE `null_total`; the futility twin is `log_wealth(-x, -null_total)`. By Ville's
inequality the chance that wealth ever reaches 1/alpha while the total is below (or at) the bound is at most alpha,
whatever rule decides when to look and when to stop. What must hold is that the order was drawn apart from the outcomes,
and that it is followed: a row is bet upon up to its first gap (NaN), for items bought out of order need not be a
random sample of those that are left.

Source: Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting, JRSS-B 86 (2024), sections 4
and 5 (sampling without replacement), doi:10.1093/jrsssb/qkad009.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_BET_SHARE = 0.8
"""c < 1: the share of the largest admissible bet that may be staked, so that no factor comes near 0."""
EDGES: tuple[tuple[float, float], ...] = ((0.5, 1 / 6), (1.0, 1 / 3), (2.0, 1 / 3), (6.0, 1 / 6))
"""(multiple of `Bound.edge`, part of the first stake): the true means that the mixture prepares for. With the edge at
the margin: a candidate half a margin worse than the baseline, an equal one, one better by a margin, by five margins."""
PRIOR_UNITS = 20.0
"""The variance of the units starts as if `Bound.variance` had been seen on so many of them."""
LEAST_VARIANCE = 1e-6
LEAST_NULL = -1.0 + 1e-9
"""A null mean of -1 or less is met by units of -1 alone; just above it the largest bet stays finite."""
TOLERANCE_PER_UNIT = 1e-7
"""Scores arrive as float32: equal totals may differ by this much a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What is tested: that the total of `n_units` values in [-1, 1] is above `null_total`.

    Attributes:
        null_total: a number for all rows, or (n_rows, 1).
        is_population: test the mean of an endless population against null_total / n_units instead.
        edge: how far above the bound the true mean is expected, per unit; wrong guesses cost items, never validity.
        variance: a first guess of the units' variance, likewise.
    """

    n_units: int
    null_total: float | Floats
    is_population: bool = False
    edge: float = 0.02
    variance: float = 0.1

    def __post_init__(self) -> None:
        if self.n_units < 1:
            raise ValueError(f"n_units of a bound must be at least 1, got {self.n_units}")

    @property
    def mirrored(self) -> "Bound":
        """The bound of the futility twin, to be used with -x."""
        return replace(self, null_total=-self.null_total)


def leading_run(x: Floats) -> npt.NDArray[np.bool_]:
    """(n_rows, n_units) True up to, not including, the first NaN of each row."""
    return np.asarray(np.logical_and.accumulate(~np.isnan(x), axis=1), dtype=np.bool_)


def log_wealth(x: Floats, bound: Bound, start: Ints | None = None) -> Floats:
    """Log of the e-process after each unit, of every row at once.

    Args:
        x: (n_rows, n_steps) values in [-1, 1] in the shared order; NaN ends a row.
        bound: what is tested.
        start: (n_rows,) unit at which a candidate made from data was born: it bets from there on with wealth 1, and
            its null mean counts everything before. None = 0.

    Returns:
        (n_rows, n_steps) log wealth, frozen after a row's end. What is sure is for `sure_decisions` to say.

    Raises:
        ValueError: values out of [-1, 1], or more steps than units.
        ArithmeticError: a factor that is not positive (an invariant; never seen).
    """
    if x.shape[1] > bound.n_units and not bound.is_population:
        raise ValueError(f"at most {bound.n_units} units can be drawn without replacement, got {x.shape[1]} steps")
    if x.size == 0:
        return np.zeros(x.shape)
    seen = leading_run(x)
    values = np.where(seen, x, 0.0)
    if np.abs(values).max() > 1.0 + TOLERANCE_PER_UNIT:
        raise ValueError(f"values of the e-process must lie in [-1, 1], got one of size {np.abs(values).max()}")
    mean_null = null_means(values, bound)
    if start is not None:
        seen &= np.arange(x.shape[1])[None, :] >= start[:, None]
    return _mixture(values, mean_null, seen, bound)


def null_means(values: Floats, bound: Bound) -> Floats:
    """(n_rows, n_steps) mean of the units not yet seen if the total were exactly at the bound: mu_t."""
    if bound.is_population:
        return np.broadcast_to(np.asarray(bound.null_total / bound.n_units), values.shape).astype(np.float64)
    before = np.cumsum(values, axis=1) - values
    n_left = bound.n_units - np.arange(values.shape[1], dtype=np.float64)
    return np.asarray((bound.null_total - before) / n_left, dtype=np.float64)


def _mixture(values: Floats, mean_null: Floats, is_live: npt.NDArray[np.bool_], bound: Bound) -> Floats:
    """Log of the mixture over expected edges; all bets are functions of the past alone."""
    safe_null = np.maximum(mean_null, LEAST_NULL)
    largest = MAX_BET_SHARE / (1.0 + safe_null)
    move = np.where(is_live, values - safe_null, 0.0)
    n_left = bound.n_units - np.arange(values.shape[1], dtype=np.float64)
    expected = bound.edge * (np.ones(n_left.shape) if bound.is_population else bound.n_units / n_left)
    variance = past_variance(values, bound.variance)
    logs = [
        np.log(part) + np.cumsum(log_factors(np.minimum(best_bet(times * expected, variance), largest) * move), axis=1)
        for times, part in EDGES
    ]
    return log_sum(logs)


def best_bet(edge: Floats, variance: Floats) -> Floats:
    """The stake of about largest growth where the mean lies `edge` above the bound: edge / (variance + edge^2).

    If the total ends at N * edge above the bound, the mean of the units left lies N * edge / n_left above mu_t,
    whatever came before: that is what is put in for a finite total.
    """
    return np.asarray(edge / (variance + edge * edge), dtype=np.float64)


def log_sum(logs: Sequence[Floats]) -> Floats:
    """Log of the sum of exponentials of arrays of one shape."""
    largest = np.maximum.reduce(logs)
    return np.asarray(largest + np.log(sum(np.exp(log - largest) for log in logs)), dtype=np.float64)


def past_variance(values: Floats, first: float) -> Floats:
    """(n_rows, n_steps) variance of what was seen before each step, begun at `first` for `PRIOR_UNITS` units."""
    n_before = np.arange(values.shape[1], dtype=np.float64)
    total = np.cumsum(values, axis=1) - values
    squares = np.cumsum(values * values, axis=1) - values * values
    spread = squares - total * total / np.maximum(n_before, 1.0) + first * PRIOR_UNITS
    return np.asarray(np.maximum(spread / (n_before + PRIOR_UNITS), LEAST_VARIANCE), dtype=np.float64)


def log_factors(move: Floats) -> Floats:
    """Log of 1 + move.

    Raises:
        ArithmeticError: a factor that is not positive.
    """
    if move.min(initial=0.0) <= -1.0:
        raise ArithmeticError("a factor of the e-process is not positive: the bet left its admissible range")
    return np.asarray(np.log1p(move), dtype=np.float64)


def best_log_wealth(x: Floats, bound: Bound, start: Ints | None = None) -> Floats:
    """(n_rows,) the largest log wealth so far, at least 0: what Ville's inequality bounds."""
    wealth = log_wealth(x, bound, start)
    return np.asarray(wealth.max(axis=1, initial=0.0), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certain:
    """What is sure without any chance: (n_rows,) the mean is at or above -margin, or below it, whatever is left."""

    is_above: npt.NDArray[np.bool_]
    is_below: npt.NDArray[np.bool_]


def sure_decisions(total_low: Floats, total_high: Floats, weight_left: Floats, null_total: float) -> Certain:
    """Decisions that no outcome still missing can turn.

    Args:
        total_low: (n_rows,) weighted sum of the differences seen, failures at their worst.
        total_high: (n_rows,) the same, failures at their best.
        weight_left: (n_rows,) weight of the items not yet seen; each may still be -1 or +1.
        null_total: -N * margin in the same weights.
    """
    slack = TOLERANCE_PER_UNIT * np.maximum(np.abs(weight_left) + abs(null_total), 1.0) * 10
    return Certain(
        is_above=np.asarray(total_low - weight_left >= null_total - slack, dtype=np.bool_),
        is_below=np.asarray(total_high + weight_left < null_total - slack, dtype=np.bool_),
    )


def lower_bound(
    x: Floats, n_units: int, alpha: float, start: int = 0, n_grid: int = 161, *, is_population: bool = False
) -> float:
    """The largest mean of a grid on [-1, 1] such that it and every smaller one is rejected at alpha; -1 if none is.

    An anytime-valid lower confidence bound of the mean over all units, at level 1 - alpha, by inverting the e-process
    (which tests "the mean is at most g" for each g of the grid). x: (n_steps,) in the shared order.
    """
    grid = np.linspace(-1.0, 1.0, n_grid)
    rows = np.repeat(x[None, :], n_grid, axis=0)
    bound = Bound(n_units=n_units, null_total=grid[:, None] * n_units, is_population=is_population)
    wealth = best_log_wealth(rows, bound, np.full(n_grid, start))
    n_rejected = int(np.logical_and.accumulate(wealth >= -np.log(alpha)).sum())
    return float(grid[n_rejected - 1]) if n_rejected else -1.0
