"""Variances of rows, each shrunk to the pool's: that n pairs tie does not make their variance 0."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is believed of the rows before their outcomes.

    Attributes:
        variance: of one unit; n_units: its weight against a row's own; min_variance: floor of the pooled one.
    """

    variance: float = 0.15
    n_units: float = 20.0
    min_variance: float = 0.02


def shrunk_variance(variance: Floats, n_worth: Floats, prior: Prior) -> Floats:
    """(n_rows,) variance of a unit, each row's own shrunk to the pool's. `n_worth` 0 = a row without data."""
    weights = np.maximum(n_worth - 1.0, 0.0)
    own = np.where(weights > 0, variance, 0.0)
    pooled = (float((weights * own).sum()) + prior.n_units * prior.variance) / (float(weights.sum()) + prior.n_units)
    pooled = max(pooled, prior.min_variance)
    return np.asarray((weights * own + prior.n_units * pooled) / (weights + prior.n_units), dtype=np.float64)
