"""What is believed of a row's mean and loadings before its own outcomes, learnt from the rows bought so far.

Means follow a ridge regression on free regressors (log price, what past searches let expect), loadings a normal around
those of the better rows, the reference lies a little above the best row known: users serve a task with a good model.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelsearch.stats.gap_kin import Kinship, Known, from_kin

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorRules:
    """How priors are made; all in score units.

    Attributes:
        mean_sd: spread of rows around the regression before any row is known, which counts as `mean_rows` rows.
        ridge_rows: rows that a slope of 0 counts as, where no other is expected.
        above_best, reference_sd: how far the reference lies above the best row known, and how surely.
        loading_sd: spread of loadings before any row is known, counted as `loading_rows` rows.
        near: rows that are worse than the best by so much count e times less for the loadings.
        half_items: items at which a row counts half.
        family_share: of the variance around the line, what rows of one family have in common.
    """

    mean_sd: float = 0.12
    mean_rows: float = 3.0
    ridge_rows: float = 5.0
    above_best: float = 0.02
    reference_sd: float = 0.05
    loading_sd: float = 0.05
    loading_rows: float = 4.0
    near: float = 0.15
    half_items: float = 20.0
    family_share: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPrior:
    """mean: (n_rows, size) prior means of intercept and loadings; precision: (n_rows, size, size)."""

    mean: Floats
    precision: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """What is expected of the slopes: (n_regressors,) score units per unit, and the rows that this counts as."""

    expected: Floats
    rows: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The rows as fitted so far.

    Attributes:
        weights: (n_rows, size); n_seen: (n_rows,) items; regressors: (n_rows, n_regressors) facts, NaN = unknown.
        family: (n_rows,) the same number for kin, -1 = none.
        unsure: (n_rows,) variance of each intercept; 0 at the first fit.
        kin: in place of `family`, where rows have more in common than that; then `seen` and `error` are wanted too.
        seen: (n_rows,) what a row's own items alone say of its intercept; error: variance of that.
    """

    weights: Floats
    n_seen: Floats
    regressors: Floats
    reference: int
    family: Ints
    unsure: Floats
    slopes: Slopes | None = None
    kin: tuple[Kinship, ...] = ()
    seen: Floats | None = None
    error: Floats | None = None


def row_priors(fitted: Fitted, rules: PriorRules) -> RowPrior:
    """Priors of every row; before any outcome a wide guess that all rows share."""
    counts = np.where(fitted.n_seen > 0, fitted.n_seen / (fitted.n_seen + rules.half_items), 0.0)
    counts[fitted.reference] = 0.0
    mean, variance = _means(fitted, counts, rules)
    size = fitted.weights.shape[1]
    means = np.zeros((len(mean), size))
    precision = np.zeros((len(mean), size, size))
    means[:, 0], precision[:, 0, 0] = mean, 1.0 / variance
    if size > 1:
        means[:, 1:], spread = _loadings(fitted, counts, rules)
        precision[:, 1:, 1:] = np.linalg.inv(spread)
    return RowPrior(mean=means, precision=precision)


def _means(fitted: Fitted, counts: Floats, rules: PriorRules) -> tuple[Floats, Floats]:
    """(n_rows,) prior means and variances of the intercepts."""
    total, n_rows, at = counts.sum(), len(counts), fitted.reference
    if total <= 0:
        mean, variance = np.full(n_rows, 0.6), np.full(n_rows, 0.05)
        mean[at] += 0.1 + rules.above_best
        return mean, variance
    quality = fitted.weights[:, 0]
    n_regressors = fitted.regressors.shape[1]
    plain = Slopes(expected=np.zeros(n_regressors), rows=np.full(n_regressors, rules.ridge_rows))
    line = _ridge_line(quality, counts, fitted.regressors, fitted.slopes or plain)
    if fitted.kin:
        line, variance = _by_kin(fitted, line, rules)
    else:
        shift, known_share = _of_family(quality - line, counts, fitted.family, rules.family_share)
        line = line + shift
        variance = _two_piece(quality - line, fitted.unsure, counts, rules) * known_share
    mean = np.clip(line, 0.02, 0.99)
    is_known = (counts > 0) & (fitted.n_seen >= 8)
    best = float(quality[is_known].max()) if is_known.any() else float(counts @ quality / total)
    mean[at] = min(0.985, max(mean[at], best + rules.above_best))
    variance[at] = rules.reference_sd**2
    return mean, variance


def _of_family(residual: Floats, counts: Floats, family: Ints, share: float) -> tuple[Floats, Floats]:
    """(n_rows,) what kin let expect of each row beyond its line, and the share of variance that this leaves it.

    One random effect a family: a row's kin count as far as they are known, the row itself not at all.
    """
    has_kin, code = family >= 0, np.maximum(family, 0)
    own = np.where(has_kin, counts, 0.0)
    weight = np.where(has_kin, np.bincount(code, own)[code] - own, 0.0)
    total = np.where(has_kin, np.bincount(code, own * residual)[code] - own * residual, 0.0)
    shrunk = share / (share * weight + 1.0 - share)
    return total * shrunk, 1.0 - share * weight * shrunk


def _by_kin(fitted: Fitted, line: Floats, rules: PriorRules) -> tuple[Floats, Floats]:
    """(n_rows,) means and variances where rows have a model or a way of asking in common.

    The reference is a row like any other here: whatever else its model is asked for says something of it.
    """
    seen = line if fitted.seen is None else fitted.seen
    error = np.full(len(line), rules.mean_sd**2) if fitted.error is None else fitted.error
    rows = np.flatnonzero(fitted.n_seen > 0)
    residual = seen - line
    squares = float(((residual[rows] ** 2 - error[rows]) / (1.0 + error[rows] / rules.mean_sd**2) ** 2).sum())
    weight = float((1.0 / (1.0 + error[rows] / rules.mean_sd**2) ** 2).sum())
    variance = (max(squares, 0.0) + rules.mean_rows * rules.mean_sd**2) / (weight + rules.mean_rows)
    found = from_kin(Known(residual=residual, error=error, rows=rows), fitted.kin, float(np.sqrt(variance)))
    return line + found.shift, found.variance


def _two_piece(residual: Floats, unsure: Floats, counts: Floats, rules: PriorRules) -> Floats:
    """(n_rows,) variance of each row around its line: its own side's, for good rows crowd below an edge and bad ones
    trail off; a row that nothing is known of gets that of both. `unsure` is the variance of what each row's mean is
    itself known by: without it the spread among rows would be taken from means already shrunk together.
    """
    guess, total = rules.mean_rows * rules.mean_sd**2, float(counts.sum())
    squares = counts * (residual**2 + unsure)
    is_above = residual > 0
    above = (squares[is_above].sum() + guess / 2) / (counts[is_above].sum() + rules.mean_rows / 2)
    below = (squares[~is_above].sum() + guess / 2) / (counts[~is_above].sum() + rules.mean_rows / 2)
    both = (squares.sum() + guess) / (total + rules.mean_rows)
    side = np.where(is_above, min(above, both), max(below, both))
    return np.asarray(np.where(counts > 0, side, both) * (1.0 + 1.0 / max(total, 1.0)), dtype=np.float64)


def _ridge_line(quality: Floats, counts: Floats, regressors: Floats, slopes: Slopes) -> Floats:
    """(n_rows,) fitted line; unknown regressors stand at the mean of the known ones.

    Slopes are shrunk to what is expected, not to 0: the cheapest rows are known first, and a line through them alone
    says little of the dear ones, not even which way it goes.
    """
    total = counts.sum()
    is_given = np.isfinite(regressors)
    middle_x = np.where(is_given, regressors, 0.0).sum(axis=0) / np.maximum(is_given.sum(axis=0), 1)
    x = np.where(is_given, regressors - middle_x, 0.0)
    sd = np.maximum(x.std(axis=0), 1e-9)
    middle, away = counts @ quality / total, (x - counts @ x / total) / sd
    expected = slopes.expected * sd
    normal = (counts[:, None] * away).T @ away + np.diag(slopes.rows)
    surprise = quality - middle - away @ expected
    slope = expected + np.linalg.solve(normal, (counts[:, None] * away).T @ surprise)
    return np.asarray(middle + away @ slope, dtype=np.float64)


def _loadings(fitted: Fitted, counts: Floats, rules: PriorRules) -> tuple[Floats, Floats]:
    """(k,) mean and (k, k) covariance of the loadings of the better rows."""
    quality, loadings = fitted.weights[:, 0], fitted.weights[:, 1:]
    k = loadings.shape[1]
    best = quality[counts > 0].max() if (counts > 0).any() else 0.0
    weight = counts * np.exp(np.clip((quality - best) / rules.near, -5.0, 0.0))
    mean = weight @ loadings / (weight.sum() + 1.0)
    away = loadings - mean
    around = (weight[:, None] * away).T @ away + rules.loading_rows * rules.loading_sd**2 * np.eye(k)
    return mean, around / (weight.sum() + rules.loading_rows) + 1e-4 * np.eye(k)
