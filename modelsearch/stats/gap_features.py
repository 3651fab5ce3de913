"""Item features: what the complete rows tell of each item, as a few factors with their uncertainty.

Every item's scores over the rows are a row mean, a few loadings times the item's hidden factors, and noise (factor
analysis by expectation and maximisation, binary noise by its binomial variance). Only complete rows speak, for then no
row that is still to be estimated explains its own noise.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

N_STEPS = 6
NOISE_FLOOR = 0.03
LOADING_SD = 0.3
"""Standard deviation of the prior of a loading, score units per standard deviation of a factor."""
MAX_ROWS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFeatures:
    """Factors of each item, of mean 0 and mean square 1 over the items.

    Attributes:
        mean: (n_items, n_factors) posterior means; spread: (n_items, n_factors, n_factors) posterior covariances.
    """

    mean: Floats
    spread: Floats

    @property
    def basis(self) -> Floats:
        """(n_items, 1 + n_factors) a constant and the factors."""
        return np.concatenate([np.ones((len(self.mean), 1)), self.mean], axis=1)

    @property
    def moments(self) -> Floats:
        """(n_items, 1 + n_factors, 1 + n_factors) expected outer product of the basis with itself."""
        basis = self.basis
        moments = basis[:, :, None] * basis[:, None, :]
        moments[:, 1:, 1:] += self.spread
        return moments


def item_features(rows: Floats, n_factors: int) -> ItemFeatures:
    """Factors of the items from (n_rows, n_items) complete rows; at most one factor for three rows.

    Deterministic. O(N_STEPS x n_rows x n_items x n_factors^2).
    """
    n_rows, n_items = rows.shape
    k = min(n_factors, max(0, n_rows - 1) // 3)
    if k == 0:
        return ItemFeatures(mean=np.zeros((n_items, 0)), spread=np.zeros((n_items, 0, 0)))
    kept = rows[:MAX_ROWS]
    mean = (kept.sum(axis=1) + 1.0) / (n_items + 2.0)
    factors = ItemFeatures(mean=_principal(kept - mean[:, None], k), spread=np.zeros((n_items, k, k)))
    weights = np.zeros((len(kept), k + 1))
    weights[:, 0] = mean
    for _ in range(N_STEPS):
        weights, noise = _regressed(kept, factors, weights)
        factors = _explained(kept, weights, noise)
    return factors


def binary_variance(expected: Floats, n_seen: Floats | float) -> Floats:
    """Variance of a score of expected value in [0, 1], never trusted to be none: two successes and two failures more.

    Source: Agresti & Coull 1998, doi:10.1080/00031305.1998.10480550.
    """
    kept = (np.clip(expected, 0.0, 1.0) * n_seen + 2.0) / (n_seen + 4.0)
    return np.asarray(kept * (1.0 - kept) + NOISE_FLOOR, dtype=np.float64)


def _principal(residuals: Floats, k: int) -> Floats:
    """(n_items, k) principal components, each of mean square 1, by the small Gram matrix."""
    _, vectors = np.linalg.eigh(residuals @ residuals.T)
    scores = residuals.T @ vectors[:, ::-1][:, :k]
    scores -= scores.mean(axis=0)
    return np.asarray(scores / np.maximum(np.sqrt((scores**2).mean(axis=0)), 1e-9), dtype=np.float64)


def _regressed(rows: Floats, factors: ItemFeatures, weights: Floats) -> tuple[Floats, Floats]:
    """(n_rows, 1 + k) intercept and loadings of each row, and (n_rows, n_items) noise variances."""
    n_items, size = len(factors.mean), weights.shape[1]
    noise = binary_variance(weights @ factors.basis.T, float(n_items))
    inverse = 1.0 / noise
    normal = (inverse @ factors.moments.reshape(n_items, -1)).reshape(-1, size, size)
    normal[:, range(1, size), range(1, size)] += 1.0 / LOADING_SD**2
    right = (inverse * rows) @ factors.basis
    return np.asarray(np.linalg.solve(normal, right[:, :, None])[:, :, 0], dtype=np.float64), noise


def _explained(rows: Floats, weights: Floats, noise: Floats) -> ItemFeatures:
    """The factors given rows' weights, brought to mean 0 and mean square 1."""
    n_items, k = rows.shape[1], weights.shape[1] - 1
    loadings = weights[:, 1:]
    outer = (loadings[:, :, None] * loadings[:, None, :]).reshape(len(rows), -1)
    inverse = 1.0 / noise
    precision = (inverse.T @ outer).reshape(n_items, k, k) + np.eye(k)
    spread = np.linalg.inv(precision)
    right = (inverse * (rows - weights[:, :1])).T @ loadings
    mean = np.einsum("nkl,nl->nk", spread, right)
    mean -= mean.mean(axis=0)
    square = (mean.T @ mean + spread.sum(axis=0)) / n_items
    scale = np.linalg.inv(np.linalg.cholesky(square + 1e-9 * np.eye(k)))
    return ItemFeatures(mean=mean @ scale.T, spread=np.einsum("ab,nbc,dc->nad", scale, spread, scale))
