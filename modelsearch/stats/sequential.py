"""Confidence sequences: intervals that hold at every look at once.

`betting_sequence` is the narrow one, for values with known limits in the shared order; `empirical_bernstein` has a
closed form and gives every step; `asymptotic_sequence` needs neither limits nor order and holds for many units only:
for costs, which have no useful upper limit.

Source: Waudby-Smith & Ramdas 2024, doi:10.1093/jrsssb/qkad009, theorem 2 (predictable plug-in empirical Bernstein) and
section 4 (betting), and 2020, arXiv:2006.04347 (without replacement); Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas
2024, doi:10.1214/24-AOS2408, theorem 2.2 (asymptotic).
"""

import numpy as np
import numpy.typing as npt

from modelsearch.stats.noninferiority import Bound, Ints, best_log_wealth, leading_run

Floats = npt.NDArray[np.float64]

MAX_LAMBDA = 0.5
N_CELLS, N_HALVINGS = 16, 7
"""A bound is looked for among 17 points of the range, then by halving: to 1/1000 of the range."""
CS_EDGE = 0.08
TUNED_UNITS = 50.0
"""The asymptotic sequence is narrowest at about so many units."""


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


def betting_sequence(
    x: Floats, n_units: int, alpha: float, start: Ints | None = None, *, is_population: bool = False
) -> tuple[Floats, Floats]:
    """Latest bounds of the means over all units, of many rows at once, safe at every look.

    The e-process of `noninferiority` is inverted: a bound lies at the first mean, seen from its end of the range, that
    is not rejected at alpha / 2. Between two neighbouring points of the grid it is placed by halving. Cut to what is
    possible at all, so that the bounds of a complete row are its mean.

    Args:
        x: (n_rows, n_steps) values in [-1, 1] in the shared order, without replacement; NaN ends a row.
        n_units: units there are, at least n_steps.
        alpha: chance that an interval of a row ever misses.
        start: (n_rows,) as in `log_wealth`.
        is_population: bounds of the mean of an endless population that the units are drawn from, values with noise too.

    Returns:
        (n_rows,) lower and upper bounds in [-1, 1].
    """
    if is_population:
        low = _lower(x, n_units, alpha / 2, start, is_population=True)
        high = -_lower(-x, n_units, alpha / 2, start, is_population=True)
        return np.minimum(low, high), np.maximum(low, high)
    seen = leading_run(x)
    total, n_left = np.where(seen, x, 0.0).sum(axis=1), n_units - seen.sum(axis=1)
    low = _lower(x, n_units, alpha / 2, start)
    high = -_lower(-x, n_units, alpha / 2, start)
    least, most = (total - n_left) / n_units, (total + n_left) / n_units
    low, high = np.clip(low, least, most), np.clip(high, least, most)
    return np.minimum(low, high), np.maximum(low, high)


def _lower(x: Floats, n_units: int, alpha: float, start: Ints | None, *, is_population: bool = False) -> Floats:
    """(n_rows,) lower bounds at level 1 - alpha."""

    def bound(mean: Floats) -> Bound:
        null = mean[:, None] * n_units
        return Bound(n_units=n_units, null_total=null, edge=CS_EDGE, variance=0.3, is_population=is_population)

    is_open = np.ones(len(x), dtype=np.bool_)
    below = np.full(len(x), -1.0)
    step = 2.0 / N_CELLS
    for _ in range(N_CELLS - 1):  # up from the bottom, for as long as every point is rejected
        if not is_open.any():
            break
        is_open &= _is_rejected(x, bound(below + step), alpha, start)
        below = np.where(is_open, below + step, below)
    for _ in range(N_HALVINGS):
        step /= 2
        below = np.where(_is_rejected(x, bound(below + step), alpha, start), below + step, below)
    return np.asarray(below, dtype=np.float64)


def _is_rejected(
    x: Floats, bound: Bound, alpha: float, start: Ints | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(n_rows,) whether "the mean is at most this" was ever rejected."""
    return np.asarray(best_log_wealth(x, bound, start) >= -np.log(alpha), dtype=np.bool_)


def asymptotic_sequence(variance: Floats, n: Floats, n_total: float, alpha: float) -> Floats:
    """Half-widths around a mean that hold at every look from about 50 units on, also for skewed values.

    Args:
        variance: (n_rows,) of the units.
        n: (n_rows,) units seen; 0 gives inf.
        n_total: units there are; inf = endless. Without replacement the error of a mean of n runs like a Brownian
            bridge, which is a Brownian motion at n / (1 - n / n_total), times n_left / n_total: so that number is put
            in for n.
        alpha: chance that an interval ever misses.
    """
    tuning = (-2.0 * np.log(alpha) + np.log(-2.0 * np.log(alpha)) + 1.0) / TUNED_UNITS
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = n / np.clip(1.0 - n / n_total, 0.0, 1.0)
        spread = worth * tuning + 1.0
        half = np.sqrt(variance * 2.0 * (spread / worth) / (worth * tuning) * np.log(np.sqrt(spread) / alpha))
    return np.asarray(np.where(n > 0, np.where(np.isinf(worth), 0.0, half), np.inf), dtype=np.float64)
