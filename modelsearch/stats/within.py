"""Scores that vary when the same item is asked, or judged, again: how much, and what that does to a mean over items.

An item's score is the mean of its repeats, S_i = d_i + e_i: d_i its expected score, e_i noise with variance v_i / k for
k repeats. With n of N items drawn without replacement the mean of the S_i has, as an estimate of the mean of all d_i,
the variance (s^2 (1 - n/N) + v n/N) / n, where s^2 is the variance of the S_i between items and v the mean of v_i / k:
at n = N the items are all there and the noise remains.

Source: Cochran 1977, Sampling Techniques, 3rd edition, section 10.3 (two-stage sampling, equation 10.15).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def variance_of_mean(repeats: Floats) -> Floats:
    """(n_cells,) unbiased variance of the mean of a cell's repeats; NaN with fewer than two.

    Args:
        repeats: (n_cells, n_repeats) scores, NaN = none.
    """
    has = ~np.isnan(repeats)
    n = has.sum(axis=1).astype(np.float64)
    values = np.where(has, repeats, 0.0)
    mean = values.sum(axis=1) / np.maximum(n, 1.0)
    squares = np.where(has, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(n > 1, squares / (n - 1.0) / n, np.nan), dtype=np.float64)


def filled(noise: Floats, has: npt.NDArray[np.bool_]) -> Floats:
    """(n_rows, n_items) noise of every cell that is there: its own, else the mean of its row, else of all; 0 elsewhere.

    Args:
        noise: (n_rows, n_items) variance of a cell's mean, NaN = not known.
        has: (n_rows, n_items) cells with a score.
    """
    known = has & ~np.isnan(noise)
    values = np.where(known, noise, 0.0)
    n_known = known.sum(axis=1)
    overall = float(values.sum() / max(1, int(n_known.sum())))
    row_mean = np.where(n_known > 0, values.sum(axis=1) / np.maximum(n_known, 1), overall)
    return np.asarray(np.where(known, values, np.where(has, row_mean[:, None], 0.0)), dtype=np.float64)


def error_variance(between: Floats, within: Floats, n: Floats, n_total: float) -> Floats:
    """(n_rows,) variance of a mean over n of n_total items, noise included.

    Args:
        between: (n_rows,) variance between the items' scores as they were seen, noise included.
        within: (n_rows,) mean variance of one item's score.
        n: (n_rows,) items seen.
        n_total: items there are; inf = endless.
    """
    share = np.clip(n / n_total, 0.0, 1.0)
    return np.asarray((between * (1.0 - share) + within * share) / np.maximum(n, 1.0), dtype=np.float64)
