"""What rows' means over all items are, given the cells bought: one regression per row on what the items are like.

Cheap rows bought whole tell how hard each item is (`gap_features`). Every other row is regressed on that, with priors
learnt from the rows known so far (`gap_prior`); its mean over all items is what was bought plus what is predicted for
the rest, with the variance of a finite population: 0 when the row is whole.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from modelsearch.stats.gap_features import LOADING_SD, ItemFeatures, binary_variance, item_features
from modelsearch.stats.gap_kin import Kinship
from modelsearch.stats.gap_prior import Fitted, PriorRules, RowPrior, Slopes, row_priors

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

N_STEPS = 3
FULL_SHARE = 0.98
"""Share of its items from which on a row counts as complete; what it misses stands at its mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRules:
    """Constants of the model.

    Attributes:
        n_factors: of the items, at most.
        dispersion_items: items that the pool's dispersion counts as in each row's own; `least`, `most`: its range.
        residual_correlation: of two rows' residuals on one item; own_correlation: of two ways of asking one model.
    """

    n_factors: int = 2
    dispersion_items: float = 20.0
    least_dispersion: float = 0.3
    most_dispersion: float = 3.0
    residual_correlation: float = 0.2
    own_correlation: float = 0.4
    prior: PriorRules = field(default_factory=PriorRules)


@dataclass(frozen=True, kw_only=True)
class Bought:
    """Cells bought.

    Attributes:
        score: (n_rows, n_items) in [0, 1], 0 where not known; is_known: (n_rows, n_items).
        weight: (n_items,) of each item in the mean, mean 1.
        regressors: (n_rows, n_regressors) free facts of each row; NaN = unknown.
        slopes: what is expected of the means' slopes along them; None = nothing.
        family: (n_rows,) the same number for kin, -1 = none; None = nobody has any.
        reference: row that the others are compared with.
        worth: independent units per item, in (0, 1]; below 1 with clusters.
        kin: what rows have in common, in place of `family`; empty = no more than that.
        is_same: (n_rows,) rows of the reference's own model, asked another way; None = there are none.
    """

    score: Floats
    is_known: Bools
    weight: Floats
    regressors: Floats
    reference: int
    worth: float = 1.0
    slopes: Slopes | None = None
    family: Ints | None = None
    kin: tuple[Kinship, ...] = ()
    is_same: Bools | None = None


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """(n_rows,) belief of each row's mean over all items.

    Attributes:
        mean: score units; n_known: items bought; n_items: of there are.
        noise: variance of an item not bought; information: that an item brings, 1/variance; 0 where none is left.
        direction: (n_rows, size) mean basis of the items not bought; precision: (n_rows, size, size) of the weights.
        moments: (size, size) mean outer product of the basis.
        correlation: of each row's residuals with the reference's, on one item.
    """

    mean: Floats
    n_known: Floats
    n_items: int
    noise: Floats
    information: Floats
    direction: Floats
    precision: Floats
    moments: Floats
    reference: int
    correlation: Floats

    def variance(self, n_more: Floats) -> Floats:
        """(n_rows, n_steps) variance of the mean after `n_more` (n_steps,) more items of every row."""
        left = self.n_items - self.n_known
        more = np.minimum(n_more[None, :], left[:, None])
        gain = (more * self.information[:, None])[:, :, None, None] * self.moments
        precision = self.precision[:, None] + gain
        toward = np.broadcast_to(self.direction[:, None, :, None], (*precision.shape[:3], 1))
        solved = np.linalg.solve(precision, toward)[..., 0]
        share = (left[:, None] - more) / self.n_items
        of_weights = np.einsum("mk,mbk->mb", self.direction, solved)
        return np.asarray(share**2 * of_weights + share * self.noise[:, None] / self.n_items, dtype=np.float64)

    def gap_variance(self, rows: Ints, spread: Floats, depth: Floats, against: "Against") -> Floats:
        """Variance of the gap to the reference where rows have `spread` and `depth` (n_rows, n_steps) of their own.

        What two rows have in common on the same items cancels in part (`correlation`).
        """
        n, noise = self.n_items, self.noise
        left, left_base = n - depth, n - against.depth
        shared = np.minimum(depth, against.depth) / np.maximum(depth * against.depth, 1.0)
        mixed = np.where(
            depth > against.depth,
            left * (depth - against.depth) / np.maximum(depth, 1.0),
            left_base * (against.depth - depth) / np.maximum(against.depth, 1.0),
        )
        common = left * left_base * shared + np.minimum(left, left_base) - mixed
        scale = (self.correlation[rows] * np.sqrt(noise[rows] * noise[self.reference]))[:, None]
        covariance = np.clip(scale * common / n**2, 0.0, 0.9 * np.minimum(spread, against.spread))
        return np.asarray(spread + against.spread - 2.0 * covariance, dtype=np.float64)

    def gaps(self) -> tuple[Floats, Floats]:
        """(n_rows,) mean and standard deviation of each row's gap to the reference."""
        spread = self.variance(np.zeros(1))
        against = Against(spread=spread[self.reference], depth=self.n_known[self.reference])
        rows = np.arange(len(self.mean))
        variance = self.gap_variance(rows, spread, self.n_known[:, None], against)[:, 0]
        variance[self.reference] = 0.0
        gap = self.mean - self.mean[self.reference]
        return gap, np.sqrt(np.maximum(variance, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The reference's variance and depth, of a shape that goes with (n_rows, n_steps)."""

    spread: Floats
    depth: Floats


def posterior(bought: Bought, rules: ModelRules) -> Posterior:
    """The belief after what was bought. Deterministic; about 5 ms for 100 rows x 1,000 items, O(cells x factors^2)."""
    features = _features(bought, rules)
    basis, moments = features.basis, features.moments
    n_worth = bought.is_known.sum(axis=1) * bought.worth
    score = np.where(bought.is_known, bought.score, 0.0)
    weights = _first_weights(score * bought.worth, n_worth, basis.shape[1])
    noise = precision = np.zeros(0)
    unsure: Floats = np.zeros(len(score))
    seen, error = _first_seen(score * bought.worth, n_worth)
    family = np.full(len(score), -1) if bought.family is None else bought.family
    for step in range(N_STEPS):
        predicted = weights @ basis.T
        noise = _noise(bought, score, predicted, n_worth, rules)
        inverse = bought.is_known * (bought.worth / noise)[:, None]
        prior = row_priors(
            Fitted(
                weights=weights,
                n_seen=n_worth,
                regressors=bought.regressors,
                reference=bought.reference,
                slopes=bought.slopes,
                family=family,
                unsure=unsure,
                kin=bought.kin,
                seen=seen,
                error=error,
            ),
            rules.prior,
        )
        size = basis.shape[1]
        data = (inverse @ moments.reshape(len(basis), -1)).reshape(-1, size, size)
        precision = data + (_vague(prior) if step == 0 else prior).precision
        right = (inverse * score) @ basis + np.einsum("mkl,ml->mk", prior.precision, prior.mean)
        weights = np.linalg.solve(precision, right[:, :, None])[:, :, 0]
        unsure = np.asarray(np.linalg.inv(precision)[:, 0, 0], dtype=np.float64)
        seen, error = _without_prior(weights[:, 0], unsure, prior)
    return _summed(bought, features, weights, _Fit(score=score, noise=noise, precision=precision, rules=rules))


def _first_seen(score: Floats, n_worth: Floats) -> tuple[Floats, Floats]:
    """(n_rows,) what the items of each row say of its mean by themselves, and the variance of that."""
    mean = score.sum(axis=1) / np.maximum(n_worth, 1e-9)
    return mean, binary_variance(mean, n_worth) / np.maximum(n_worth, 1e-9)


def _without_prior(mean: Floats, variance: Floats, prior: RowPrior) -> tuple[Floats, Floats]:
    """The same from posterior means and variances: the prior's part taken out again."""
    of_prior = prior.precision[:, 0, 0]
    of_items = np.maximum(1.0 / variance - of_prior, 1e-6)
    return mean + of_prior / of_items * (mean - prior.mean[:, 0]), 1.0 / of_items


def _vague(prior: RowPrior) -> RowPrior:
    """The prior with loadings left open: at the first step nothing is known of where they lie."""
    precision = prior.precision.copy()
    precision[:, 1:, 1:] = np.eye(precision.shape[1] - 1) / LOADING_SD**2
    return replace(prior, precision=precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """(n_rows, n_items) scores, (n_rows,) noise, (n_rows, size, size) precision of the weights."""

    score: Floats
    noise: Floats
    precision: Floats
    rules: ModelRules


def _features(bought: Bought, rules: ModelRules) -> ItemFeatures:
    """Factors of the items from the complete rows, those with the fewest gaps first."""
    share = bought.is_known.mean(axis=1)
    full = np.flatnonzero(share >= FULL_SHARE)
    rows = bought.score[full]
    known = bought.is_known[full]
    mean = np.where(known, rows, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return item_features(np.where(known, rows, mean[:, None]), rules.n_factors)


def _first_weights(score: Floats, n_known: Floats, size: int) -> Floats:
    pool = score.sum() / max(1.0, n_known.sum())
    weights = np.zeros((len(score), size))
    weights[:, 0] = (score.sum(axis=1) + 4.0 * pool) / (n_known + 4.0)
    return weights


def _noise(bought: Bought, score: Floats, predicted: Floats, n_worth: Floats, rules: ModelRules) -> Floats:
    """(n_rows,) variance of an item: binomial on average, times the row's dispersion, shrunk to the pool's.

    One for all items of a row: weights by each item's own variance would let the easy ones draw the line, and what it
    predicts for the hard ones would be off by more than its error.
    Clustered items count as the `n_worth` (n_rows,) independent ones that they are worth.
    """
    noise = binary_variance(predicted, n_worth[:, None])
    squares = np.where(bought.is_known, (score - predicted) ** 2 / noise, 0.0).sum(axis=1) * bought.worth
    pooled = (squares.sum() + 40.0) / (n_worth.sum() + 50.0)
    own = (squares + rules.dispersion_items * pooled) / (n_worth + rules.dispersion_items)
    dispersion = np.clip(own, rules.least_dispersion, rules.most_dispersion)
    return np.asarray(noise.mean(axis=1) * dispersion, dtype=np.float64)


def _summed(bought: Bought, features: ItemFeatures, weights: Floats, fit: _Fit) -> Posterior:
    """Bought cells and predicted ones, added up by the items' weights."""
    n_items = len(bought.weight)
    is_left = (~bought.is_known).astype(np.float64)
    by_weight = is_left * bought.weight
    n_left = np.maximum(is_left.sum(axis=1), 1.0)
    basis = features.basis
    total = (fit.score * bought.weight).sum(axis=1) + (by_weight * (weights @ basis.T)).sum(axis=1)
    loadings, k = weights[:, 1:], features.mean.shape[1]
    spread = (is_left @ features.spread.reshape(n_items, k * k)).reshape(len(weights), k, k) / n_left[:, None, None]
    hidden = np.einsum("mk,mkl,ml->m", loadings, spread, loadings)
    squared = is_left * bought.weight**2
    return Posterior(
        mean=total / n_items,
        n_known=bought.is_known.sum(axis=1).astype(np.float64),
        n_items=n_items,
        noise=(squared.sum(axis=1) / n_left * fit.noise + hidden) / bought.worth,
        information=is_left.any(axis=1) / fit.noise * bought.worth,
        direction=by_weight @ basis / n_left[:, None],
        precision=fit.precision,
        moments=features.moments.mean(axis=0),
        reference=bought.reference,
        correlation=_correlation(bought, fit.rules),
    )


def _correlation(bought: Bought, rules: ModelRules) -> Floats:
    found = np.full(len(bought.score), rules.residual_correlation)
    if bought.is_same is not None:
        found[bought.is_same] = rules.own_correlation
    return found
