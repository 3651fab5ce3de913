"""Confidence sequences: intervals that hold at every look at once.

Source: Waudby-Smith & Ramdas 2024, doi:10.1093/jrsssb/qkad009, theorem 2 (predictable plug-in empirical Bernstein), and
2020, arXiv:2006.04347 (without replacement).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAX_LAMBDA = 0.5


def empirical_bernstein(x: Floats, alpha: float, n_items: int | None = None) -> tuple[Floats, Floats]:
    """Bounds after each step that all hold at once with probability 1 - alpha, narrowing as they go.

    Args:
        x: (n_steps,) values in [0, 1] in the order drawn.
        alpha: chance that any of the intervals misses.
        n_items: the size of the population drawn from without replacement; None = endless. The mean of these items is
            then meant, and the bounds are cut to what is possible at all (at the last item: the mean itself).

    Returns:
        (n_steps,) lower and upper bounds in [0, 1].

    Raises:
        ValueError: values out of [0, 1] or more steps than items.
    """
    if x.size and (np.isnan(x).any() or x.min() < 0 or x.max() > 1):
        raise ValueError("values of a confidence sequence must lie in [0, 1]")
    if n_items is not None and len(x) > n_items:
        raise ValueError(f"{len(x)} values cannot be drawn from {n_items} items without replacement")
    step = np.arange(1, len(x) + 1, dtype=np.float64)
    mean = (0.5 + np.cumsum(x)) / (step + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (step + 1)
    mean_before = np.concatenate(([0.5], mean[:-1]))[: len(x)]
    variance_before = np.concatenate(([0.25], variance[:-1]))[: len(x)]
    log_2a = np.log(2.0 / alpha)
    bet = np.minimum(MAX_LAMBDA, np.sqrt(2 * log_2a / (variance_before * step * np.log1p(step))))
    psi = (-np.log1p(-bet) - bet) / 4
    sum_before = np.cumsum(x) - x
    n_left = np.inf if n_items is None else n_items - step + 1
    weight = np.cumsum(bet if n_items is None else bet * n_items / n_left)
    centre = np.cumsum(bet * (x + sum_before / n_left)) / weight
    half = (log_2a + np.cumsum(4 * (x - mean_before) ** 2 * psi)) / weight
    low, high = centre - half, centre + half
    if n_items is not None:
        low = np.maximum(low, np.cumsum(x) / n_items)
        high = np.minimum(high, (np.cumsum(x) + n_items - step) / n_items)
    return np.maximum.accumulate(np.clip(low, 0, 1)), np.minimum.accumulate(np.clip(high, 0, 1))


def difference_sequence(differences: Floats, alpha: float, n_items: int | None = None) -> tuple[Floats, Floats]:
    """The same for values in [-1, 1]: bounds in [-1, 1], through (D + 1) / 2, so twice as wide."""
    low, high = empirical_bernstein((differences + 1) / 2, alpha, n_items)
    return 2 * low - 1, 2 * high - 1
