"""Intervals of a mean at one look: Wilson with a finite population, Student with a floor, seeded bootstrap.

All are pointwise: right when looked at once. What must hold at every look is in `sequential` and `noninferiority`.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


def wilson(mean: Floats, n: Floats, n_total: Floats | float = np.inf, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a mean of values in [0, 1], narrowed for a finite population.

    For scores that are not only 0 or 1 it is conservative, since their variance is at most mean (1 - mean).

    Args:
        mean: (n_rows,) means; NaN gives NaN bounds.
        n: (n_rows,) (effective) numbers of items.
        n_total: items there are; at n = n_total the interval is the mean itself.
        level: coverage in (0, 1).

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    z = float(special.ndtri(0.5 + level / 2))
    left = np.clip(1.0 - n / n_total, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        n_worth = np.where(left > 0, n / left, np.inf)
        z2 = np.where(np.isinf(n_worth), 0.0, z * z / n_worth)
        centre = (mean + z2 / 2) / (1 + z2)
        spread = np.where(np.isinf(n_worth), 0.0, z * np.sqrt(mean * (1 - mean) / n_worth + z2 / (4 * n_worth)))
    half = spread / (1 + z2)
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


def student(mean: Floats, standard_error: Floats, dof: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Mean -+ t * standard_error with `dof` degrees of freedom each."""
    half = special.stdtrit(dof, 0.5 + level / 2) * standard_error
    return np.asarray(mean - half), np.asarray(mean + half)


def bootstrap(
    values: Floats,
    statistic: Callable[[Floats], float],
    rng: np.random.Generator,
    n_draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap of any statistic of (n_items, ...) values, items drawn with replacement by `rng`.

    Raises:
        ValueError: no values.

    Source: Efron 1979, doi:10.1214/aos/1176344552.
    """
    if len(values) == 0:
        raise ValueError("a bootstrap needs at least 1 value, got 0")
    draws = rng.integers(0, len(values), size=(n_draws, len(values)))
    stats = np.array([statistic(values[draw]) for draw in draws])
    low, high = np.quantile(stats, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)
