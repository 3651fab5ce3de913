"""Many tests at once: how a level is shared before any outcome, and what to do with p-values after."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def shared_levels(alpha: float, weights: Sequence[float]) -> Floats:
    """(n,) levels alpha * w / sum(w): they sum to alpha (to 0 where every weight is 0).

    Raises:
        ValueError: a weight below 0 or not finite.
    """
    array = np.asarray(weights, dtype=np.float64)
    if array.size and (not np.all(np.isfinite(array)) or array.min() < 0):
        raise ValueError("weights of alpha must be finite and at least 0")
    total = array.sum()
    return np.asarray(alpha * array / total if total > 0 else np.zeros(array.shape), dtype=np.float64)


def halving_level(alpha: float, k: int) -> float:
    """The level of the k-th test (from 1) of an open-ended row: alpha * 2^-k; all of them sum to alpha.

    Raises:
        ValueError: k below 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    return alpha * 0.5**k


def lifetime_level(alpha: float, k: int) -> float:
    """The level of the k-th candidate ever tested, alpha * 6 / (pi^2 k^2): slower than halving, sums to alpha."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    return alpha * 6.0 / (np.pi**2 * k * k)


def holm(p_values: Floats, alpha: float) -> Bools:
    """Which of (n,) hypotheses fall at family-wise level alpha, any dependence. Source: Holm 1979, jstor:4615733."""
    order = np.argsort(p_values, kind="stable")
    passed = p_values[order] <= alpha / (len(p_values) - np.arange(len(p_values)))
    rejected = np.zeros(len(p_values), dtype=np.bool_)
    rejected[order] = np.logical_and.accumulate(passed)
    return rejected


def benjamini_hochberg(p_values: Floats, alpha: float) -> Bools:
    """Which of (n,) hypotheses fall at false discovery rate alpha, tests independent or positively dependent.

    Source: Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    n = len(p_values)
    if n == 0:
        return np.zeros(0, dtype=np.bool_)
    order = np.argsort(p_values, kind="stable")
    below = np.flatnonzero(p_values[order] <= alpha * (np.arange(n) + 1) / n)
    rejected = np.zeros(n, dtype=np.bool_)
    if below.size:
        rejected[order[: below[-1] + 1]] = True
    return rejected
