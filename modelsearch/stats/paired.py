"""Paired differences of many rows to one reference row, on the items that both have. Directions: row - reference."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMean:
    """Weighted mean differences, one entry a row; NaN where a row has no pair.

    Attributes:
        n_pairs: items in the mean.
        mean: weighted mean difference in [-1, 1].
        variance: per independent unit (item or cluster) of average weight; 0 with fewer than 2 units.
        n_worth: effective number of units, (sum of weights)^2 / sum of squared weights.
    """

    n_pairs: Ints
    mean: Floats
    variance: Floats
    n_worth: Floats


def unit_sums(values: Floats, codes: Ints) -> Floats:
    """(n_rows, n_units) sums of the columns of each cluster, clusters in order of their code from 0."""
    n_units = int(codes.max()) + 1 if len(codes) else 0
    if n_units == len(codes) and bool(np.all(codes == np.arange(n_units))):
        return values
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(n_units))
    return np.asarray(np.add.reduceat(values[:, order], starts, axis=1), dtype=np.float64)


def paired_mean(differences: Floats, weights: Floats, codes: Ints) -> PairedMean:
    """Means and variances of (n_rows, n_items) differences, NaN = no pair; the ratio estimator over clusters.

    Args:
        differences: (n_rows, n_items).
        weights: (n_items,) above 0.
        codes: (n_items,) cluster of each item, 0..n_clusters-1; each its own for independent items.
    """
    has = ~np.isnan(differences)
    sums = unit_sums(np.where(has, differences, 0.0) * weights, codes)
    sizes = unit_sums(has * weights, codes)
    total = sizes.sum(axis=1)
    squares = (sizes * sizes).sum(axis=1)
    n_units = (sizes > 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums.sum(axis=1) / total
        n_worth = np.where(total > 0, total * total / squares, 0.0)
        residuals = ((sums - np.nan_to_num(mean)[:, None] * sizes) ** 2).sum(axis=1)
        spread = residuals / (total * total) * n_units / np.maximum(n_units - 1, 1)
    variance = np.where(n_units > 1, spread * n_worth, 0.0)
    return PairedMean(n_pairs=has.sum(axis=1).astype(np.int64), mean=mean, variance=variance, n_worth=n_worth)


def discordance(differences: Floats) -> float:
    """Share of pairs that differ; NaN without pairs. differences: (n_items,), NaN = no pair."""
    pairs = differences[~np.isnan(differences)]
    return float(np.mean(pairs != 0)) if pairs.size else float("nan")


def mcnemar_exact(n_better: int, n_worse: int) -> float:
    """Two-sided exact p-value that better and worse are equally likely; 1 without discordant pairs.

    Source: McNemar 1947, doi:10.1007/BF02295996.
    """
    n = n_better + n_worse
    if n == 0:
        return 1.0
    return float(min(1.0, 2.0 * special.bdtr(min(n_better, n_worse), n, 0.5)))
