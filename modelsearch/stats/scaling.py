"""Upper bounds that a straight-line law sets: quantile regression with group effects, checked on groups left out.

Rows come in groups (tables of results) that differ more than rows within a group do, so every group weighs the same
and nothing is judged by a fit that has seen its group. The plane is a linear quantile regression (Koenker & Bassett
1978, doi:10.2307/1913643) whose effects of kinds are held back by an L1 penalty and whose slopes of size may be forced
to rise. What the plane leaves is raised to a level by a quantile of left-out residuals (the CV+ idea of Barber et al.
2021, doi:10.1214/20-AOS1965). With ten groups no distribution-free guarantee for an eleventh is to be had, so the
coverage on left-out groups is reported and promised nowhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a law is fitted to.

    Attributes:
        features: (n_rows, n_features); value: (n_rows,).
        group: (n_rows,) code of the group of each row; every group has the same weight in all.
    """

    features: Floats
    value: Floats
    group: Ints

    @property
    def weights(self) -> Floats:
        """(n_rows,) weights that sum to 1, the same total for each group."""
        codes, at, counts = np.unique(self.group, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / (len(codes) * counts[at]), dtype=np.float64)

    def of(self, is_in: Bools) -> "Rows":
        """The rows where (n_rows,) `is_in`."""
        return replace(self, features=self.features[is_in], value=self.value[is_in], group=self.group[is_in])


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """How to fit.

    Attributes:
        level: quantile of the plane, in (0, 1).
        penalty: (n_features,) price of a coefficient's size, at least 0.
        is_rising: (n_features,) coefficients that may not be negative.
    """

    level: float
    penalty: Floats
    is_rising: Bools


def segments(size: Floats, knots: Floats) -> Floats:
    """(n_rows, n_knots) logarithm of size in pieces: below the first knot, then between knots; flat above the last.

    Args:
        size: (n_rows,) above 0.
        knots: (n_knots,) rising, above 0.
    """
    at, log_size = np.log(knots), np.log(size)
    first = np.minimum(log_size - at[0], 0.0)
    steps = [np.clip(log_size - low, 0.0, high - low) for low, high in pairwise(at.tolist())]
    return np.column_stack([first, *steps])


def fit_plane(rows: Rows, law: Law) -> Floats:
    """(n_features,) coefficients of the weighted quantile regression, by linear programming.

    Minimises sum_i w_i rho_level(value_i - features_i b) + sum_k penalty_k |b_k|.

    Raises:
        ArithmeticError: the solver found no optimum.
    """
    n, k = rows.features.shape
    weights = rows.weights
    cost = np.concatenate([law.penalty, law.penalty, law.level * weights, (1.0 - law.level) * weights])
    plane = sparse.csr_matrix(rows.features)
    equal = sparse.hstack([plane, -plane, sparse.identity(n), -sparse.identity(n)], format="csr")
    bounds = [(0.0, None)] * k + [(0.0, 0.0 if rises else None) for rises in law.is_rising] + [(0.0, None)] * (2 * n)
    found = linprog(cost, A_eq=equal, b_eq=rows.value, bounds=bounds, method="highs")
    if not found.success or found.x is None:
        raise ArithmeticError(f"the quantile regression has no optimum: {found.message}")
    return np.asarray(found.x[:k] - found.x[k : 2 * k], dtype=np.float64)


def left_out_residuals(rows: Rows, law: Law) -> Floats:
    """(n_rows,) value minus the plane fitted without the row's group. One fit per group.

    Raises:
        ValueError: fewer than two groups.
    """
    codes = np.unique(rows.group)
    if len(codes) < 2:
        raise ValueError(f"leaving a group out needs at least 2 groups, got {len(codes)}")
    residual = np.zeros(len(rows.value))
    for code in codes:
        is_out = rows.group == code
        residual[is_out] = rows.value[is_out] - rows.features[is_out] @ fit_plane(rows.of(~is_out), law)
    return residual


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """The smallest value that at least `level` of the weight does not pass."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= level * float(weights.sum()) - 1e-12
    return float(values[order][int(np.argmax(reached))])


def offsets(rows: Rows, law: Law, levels: Floats) -> Floats:
    """(n_levels,) what to add to the plane so that left-out rows lie below it at each level."""
    residual = left_out_residuals(rows, law)
    return np.array([weighted_quantile(residual, rows.weights, float(level)) for level in levels], dtype=np.float64)


def left_out_coverage(rows: Rows, law: Law, levels: Floats) -> Floats:
    """(n_groups, n_levels) share of each group's rows below a bound made, offsets included, from the other groups.

    Raises:
        ValueError: fewer than three groups.
    """
    return np.array([np.mean(rest[:, None] <= found, axis=0) for rest, found in _rounds(rows, law, levels)])


def _rounds(rows: Rows, law: Law, levels: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Residuals of each group left out, and the offsets that the others give."""
    for code in np.unique(rows.group):
        is_out = rows.group == code
        rest = rows.of(~is_out)
        residual = rows.value[is_out] - rows.features[is_out] @ fit_plane(rest, law)
        yield residual, offsets(rest, law, levels)
