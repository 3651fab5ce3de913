"""Gaussian process regression on grouped features with known noise per point. Arrays in, floats out.

k(x, x') = c^2 + s^2 M(r), r^2 = sum_g d_g(x, x')^2 / l_g^2: a constant plus Matern 5/2 with one length scale per
group of columns (automatic relevance determination by group: a handful of scales can be learnt from a handful of
points, one per one-hot column cannot). Scales are fitted by maximum a posteriori with log-normal priors, which keep
them sane when there are three points. Source: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning,
eq. 2.25-2.26 (posterior), 5.8-5.9 (marginal likelihood and gradient), 4.17 (Matern 5/2).
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from modelsearch.core.search import Floats, Ints

MEAN_SD = 0.3
"""Prior standard deviation c of the common mean, in score units."""
AMPLITUDE = 0.15
"""Prior median of s: how much candidates differ in quality, in score units."""
OWN_SD = 0.1
"""What sets a candidate apart from others of the same features, in score units: kin do not answer for each other."""
LENGTH = 2.0
"""Prior median of each length scale; numbers have standard deviation 1, different categories distance 1."""
LOG_SD = 0.7
"""Prior standard deviation of log s and of each log l."""
MAX_STEPS = 20
MAX_FIT = 100
"""Points that the scales are fitted on: they hardly move beyond it, and the time grows with the cube."""
JITTER = 1e-6
SQRT5 = np.sqrt(5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """Gaussian belief about all points: mean (n,), standard deviation (n,)."""

    mean: Floats
    sd: Floats


def posterior(
    values: Floats, group: Ints, rows: Ints, target: Floats, noise_variance: Floats, log_params: Floats | None = None
) -> Posterior:
    """The belief about every point after noisy observations of some.

    Args:
        values: (n, n_features) all points.
        group: (n_features,) group of each column, from 0.
        rows: (n_observed,) observed points, at least one.
        target: (n_observed,) what was seen, in score units.
        noise_variance: (n_observed,) its known variance.
        log_params: (1 + n_groups,) log amplitude and log length scales, as `fit` gives; None = fitted here, on the
            `MAX_FIT` points of least noise.

    O(n x n_observed^2 + n_observed^3), and steps x MAX_FIT^3 more where scales are fitted.
    """
    with one_thread():
        if log_params is None:
            told = np.argsort(noise_variance, kind="stable")[:MAX_FIT]
            points = values[rows[told]]
            distances = squared_distances(points, points, group)
            log_params = fit(distances, target[told], noise_variance[told] + OWN_SD**2)
        cross = covariances(values, values[rows], group, log_params)
        cross[rows, np.arange(len(rows))] += OWN_SD**2
        factor = cho_factor(cross[rows] + np.diag(noise_variance + JITTER), lower=True)
        mean = cross @ cho_solve(factor, target)
        half = solve_triangular(factor[0], cross.T, lower=True)  # R&W algorithm 2.1: the sum of squares is explained
    own_variance = float(MEAN_SD**2 + np.exp(2 * log_params[0]) + OWN_SD**2)
    return Posterior(mean=mean, sd=np.sqrt(np.maximum(own_variance - (half * half).sum(axis=0), 1e-12)))


def covariances(left: Floats, right: Floats, group: Ints, log_params: Floats) -> Floats:
    """(n_left, n_right) prior covariances of points, at the scales that `fit` gives; a matrix or two of memory."""
    scale = np.exp(-log_params[1:])[group]
    r = np.sqrt(_squares(left * scale, right * scale))
    matern = (1 + SQRT5 * r + 5 * r**2 / 3) * np.exp(-SQRT5 * r)
    return np.asarray(MEAN_SD**2 + np.exp(2 * log_params[0]) * matern, dtype=np.float64)


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra on one core: matrices this small wait for each other's threads, 20 times slower on 2 cores.

    It also makes the last digits the same on any number of cores.
    """
    limit: AbstractContextManager[object] = _threads().limit(limits=1)
    return limit


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def squared_distances(left: Floats, right: Floats, group: Ints) -> Floats:
    """(n_groups, n_left, n_right) squared Euclidean distances within each group of columns."""
    parts = [_squares(left[:, group == g], right[:, group == g]) for g in range(int(group.max()) + 1)]
    return np.array(parts, dtype=np.float64)


def _squares(left: Floats, right: Floats) -> Floats:
    """(n_left, n_right) squared Euclidean distances."""
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :] - 2 * left @ right.T
    return np.asarray(np.maximum(squares, 0.0), dtype=np.float64)


def fit(distances: Floats, target: Floats, noise_variance: Floats, start: Floats | None = None) -> Floats:
    """(1 + n_groups,) maximum a posteriori log amplitude and log length scales; groups without spread keep the prior.

    Args:
        distances: (n_groups, n, n) squared distances among the observed points.
        target: (n,) observations.
        noise_variance: (n,) their variances.
        start: where to climb from, (1 + n_groups,): the scales of fewer points; None = the prior's medians.
    """
    centre = np.log(np.array([AMPLITUDE] + [LENGTH] * len(distances)))
    found = minimize(
        _negative_log_posterior,
        centre if start is None else start,
        args=(centre, distances, target, noise_variance),
        jac=True,
        method="L-BFGS-B",
        bounds=[(c - 3 * LOG_SD, c + 3 * LOG_SD) for c in centre],
        options={"maxiter": MAX_STEPS, "maxfun": 2 * MAX_STEPS},
    )
    return np.asarray(found.x, dtype=np.float64)


def _negative_log_posterior(
    log_params: Floats, centre: Floats, distances: Floats, target: Floats, noise_variance: Floats
) -> tuple[float, Floats]:
    """Value and gradient (R&W eq. 5.8, 5.9) plus the log-normal priors."""
    inverse2 = np.exp(-2 * log_params[1:])
    r = np.sqrt(np.tensordot(inverse2, distances, axes=1))
    decay = np.exp(2 * log_params[0] - SQRT5 * r)
    varying = (1 + SQRT5 * r + 5 * r**2 / 3) * decay
    factor = cho_factor(MEAN_SD**2 + varying + np.diag(noise_variance + JITTER), lower=True)
    alpha = cho_solve(factor, target)
    z = (log_params - centre) / LOG_SD
    log_determinant = 2 * np.log(np.diag(factor[0])).sum()
    value = 0.5 * (target @ alpha + log_determinant + z @ z)
    inner = np.outer(alpha, alpha) - cho_solve(factor, np.eye(len(target)))
    # d(matern)/d(log l_g) = s^2 (5/3) (1 + sqrt5 r) exp(-sqrt5 r) d_g^2 / l_g^2
    slope = (5 / 3) * (1 + SQRT5 * r) * decay * inner
    by_length = [0.5 * (slope * d).sum() * w for d, w in zip(distances, inverse2, strict=True)]
    gradient = -np.array([(inner * varying).sum(), *by_length]) + z / LOG_SD
    return float(value), gradient
