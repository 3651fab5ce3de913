"""A matrix of scores, partly known, as row effect + item effect + a few products: what is missing, and how unsure.

score_ij ~ mean + r_i + c_j + u_i . v_j, fitted by alternating least squares with a ridge on every coefficient, so that
a row with three cells stays near the mean. Several fits, each with some of the known cells dropped, give a mean and a
spread. The mean is biased; `doubly_robust` makes it valid.

Source: Zhou et al. 2024, UCB-E-LRF, arXiv 2407.06172, section 3.2; alternating least squares with weighted ridge, Zhou
et al. 2008, doi:10.1007/978-3-540-68880-8_32.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """How a matrix is fitted.

    Attributes:
        rank: number of products, at least 0 (0 = row and item effects alone).
        ridge: how many unit-size cells a coefficient's prior at 0 counts for, above 0.
        n_sweeps: alternations over rows and items, at least 1.
    """

    rank: int = 2
    ridge: float = 2.0
    n_sweeps: int = 5

    def __post_init__(self) -> None:
        if self.rank < 0 or self.ridge <= 0 or self.n_sweeps < 1:
            raise ValueError(f"expected rank >= 0, ridge > 0, n_sweeps >= 1, got {self!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """(n_rows, n_items) mean and standard deviation over the fits, score units."""

    mean: Floats
    spread: Floats


def fitted(scores: Floats, options: FitOptions) -> Floats:
    """(n_rows, n_items) predictions in [0, 1] from (n_rows, n_items) scores with NaN = unknown.

    A row without any score gets the mean of the others, an item without any that of each row; without any score at all
    everything is 1/2.
    O(n_sweeps x n_rows x n_items x rank^2).
    """
    is_known = ~np.isnan(scores)
    if not is_known.any():
        return np.full(scores.shape, 0.5)
    is_seen = np.asarray(is_known.any(axis=0), dtype=np.bool_)
    if not is_seen.all():
        return _with_unseen(scores, is_seen, options)
    known = is_known.astype(np.float64)
    mean = float(scores[is_known].mean())
    rest = np.where(is_known, scores - mean, 0.0)
    rows, items = _started(rest, known, options)
    for _ in range(options.n_sweeps):
        items = _solved((rest - known * rows[:, -1:]).T, known.T, rows[:, :-1], options.ridge)
        rows = _solved(rest - known * items[:, -1], known, items[:, :-1], options.ridge)
    predicted = mean + rows[:, -1:] + items[None, :, -1] + rows[:, :-1] @ items[:, :-1].T
    return np.asarray(np.clip(predicted, 0.0, 1.0), dtype=np.float64)


def _with_unseen(scores: Floats, is_seen: Bools, options: FitOptions) -> Floats:
    """Items without any score are predicted as the mean of a row over the others; they cost no fitting."""
    seen = fitted(scores[:, is_seen], options)
    predicted = np.repeat(seen.mean(axis=1, keepdims=True), scores.shape[1], axis=1)
    predicted[:, is_seen] = seen
    return predicted


def _started(rest: Floats, known: Floats, options: FitOptions) -> tuple[Floats, Floats]:
    """Coefficients to begin with, effects last: shrunk means, and the leading eigenvectors of the rows' products."""
    row_effect = rest.sum(axis=1) / (known.sum(axis=1) + options.ridge)
    left = rest - known * row_effect[:, None]
    item_effect = left.sum(axis=0) / (known.sum(axis=0) + options.ridge)
    left = left - known * item_effect[None, :]
    rank = min(options.rank, *rest.shape)
    values, vectors = np.linalg.eigh(left @ left.T)
    leading = vectors[:, ::-1][:, :rank] * np.sqrt(np.maximum(values[::-1][:rank], 0.0))
    scale = np.sqrt(np.maximum((leading**2).mean(axis=0), 1e-12))
    rows = np.column_stack([leading / scale * 0.3, row_effect])
    return rows, np.column_stack([np.zeros((rest.shape[1], rank)), item_effect])


def _solved(target: Floats, known: Floats, features: Floats, ridge: float) -> Floats:
    """(n, k + 1) ridge coefficients of each row of (n, m) targets on (m, k) features and a constant, the last one."""
    design = np.column_stack([features, np.ones(len(features))])
    k = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), k * k)
    gram = (known @ products).reshape(-1, k, k) + ridge * np.eye(k)
    return np.asarray(np.linalg.solve(gram, (target @ design)[:, :, None])[:, :, 0], dtype=np.float64)


def ensemble(
    scores: Floats, options: FitOptions, rng: np.random.Generator, n_fits: int = 6, dropped_share: float = 0.2
) -> Ensemble:
    """Mean and spread over `n_fits` fits, each without a random `dropped_share` of the known cells.

    Raises:
        ValueError: `n_fits` below 2, or a share outside [0, 1).
    """
    if n_fits < 2 or not 0 <= dropped_share < 1:
        raise ValueError(f"expected n_fits >= 2 and dropped_share in [0, 1), got {n_fits} and {dropped_share}")
    fits = np.stack(
        [fitted(np.where(rng.random(scores.shape) < dropped_share, np.nan, scores), options) for _ in range(n_fits)]
    )
    return Ensemble(mean=fits.mean(axis=0), spread=fits.std(axis=0, ddof=1))
