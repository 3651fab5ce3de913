"""Agreement of two raters on the same items, beyond what chance would bring.

Kappa = (p_o - p_e) / (1 - p_e): p_o the mean weight of the pairs of ratings that were given, p_e that of independent
raters with the same habits. Weights are 1 for equal ratings; `quadratic` ones fall with the squared distance of the
ratings' values, `linear` ones with the distance, `none` takes all differences alike (Cohen's own).

Source: Cohen 1960, doi:10.1177/001316446002000104, and 1968, doi:10.1037/h0026256; the standard error is that of
Fleiss, Cohen & Everitt 1969, doi:10.1037/h0028106; Wilson 1927, doi:10.1080/01621459.1927.10502953.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from modelsearch.stats.intervals import wilson

Floats = npt.NDArray[np.float64]
Weights = Literal["none", "linear", "quadratic"]
LEAST_ITEMS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Agreement of two raters.

    Attributes:
        kappa: in [-1, 1]; 0 = as chance would have it; NaN where both raters know one rating only, or items are few.
        low, high: bounds at `level`.
        p_equal: share of items with equal ratings.
    """

    kappa: float
    low: float
    high: float
    level: float
    n_items: int
    p_equal: float


def weighted_kappa(first: Floats, second: Floats, weights: Weights = "quadratic", level: float = 0.95) -> Kappa:
    """Kappa of two raters with its large-sample interval.

    Where all ratings are equal the standard error is 0, and says nothing: the lower bound then rests on Wilson's
    interval of the agreement itself.

    Args:
        first: (n_items,) ratings as numbers.
        second: (n_items,) of the other rater, in the same order.
        weights: how far apart two ratings are.
        level: coverage in (0, 1).

    Raises:
        ValueError: different lengths, or a rating that is no finite number.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or not np.all(np.isfinite(a) & np.isfinite(b)):
        raise ValueError(f"ratings must be two rows of finite numbers of one length, got {a.shape} and {b.shape}")
    n, p_equal = len(a), float(np.mean(a == b)) if len(a) else float("nan")
    unknown = Kappa(kappa=float("nan"), low=-1.0, high=1.0, level=level, n_items=n, p_equal=p_equal)
    if n < LEAST_ITEMS:
        return unknown
    values = np.unique(np.concatenate([a, b]))
    if len(values) < 2:
        return unknown
    weight = _weights(values, weights)
    shares = np.zeros((len(values), len(values)))
    np.add.at(shares, (np.searchsorted(values, a), np.searchsorted(values, b)), 1.0 / n)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((shares * weight).sum()), float(rows @ weight @ columns)
    if expected >= 1.0:
        return unknown
    kappa = min(1.0, (observed - expected) / (1.0 - expected))
    half = float(special.ndtri(0.5 + level / 2)) * _standard_error(shares, weight, observed, expected) / np.sqrt(n)
    low, high = kappa - half, kappa + half
    if half == 0.0:
        floor = float(wilson(np.array([observed]), np.array([float(n)]), level=level)[0][0])
        low = (floor - expected) / (1.0 - expected)
    return Kappa(
        kappa=kappa, low=float(max(-1.0, low)), high=float(min(1.0, high)), level=level, n_items=n, p_equal=p_equal
    )


def _weights(values: Floats, weights: Weights) -> Floats:
    """(n_values, n_values) 1 on the diagonal, 0 for the farthest apart."""
    distance = np.abs(values[:, None] - values[None, :]) / (values[-1] - values[0])
    if weights == "none":
        return np.asarray(distance == 0, dtype=np.float64)
    return np.asarray(1.0 - (distance if weights == "linear" else distance**2), dtype=np.float64)


def _standard_error(shares: Floats, weight: Floats, observed: float, expected: float) -> float:
    """Of one item: Fleiss, Cohen & Everitt 1969, equation 13, times the square root of n."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    of_row, of_column = weight @ columns, rows @ weight
    inner = weight * (1.0 - expected) - (of_row[:, None] + of_column[None, :]) * (1.0 - observed)
    spread = float((shares * inner**2).sum()) - (observed * expected - 2.0 * expected + observed) ** 2
    return float(np.sqrt(max(0.0, spread)) / (1.0 - expected) ** 2)
