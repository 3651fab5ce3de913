"""Posterior of a paired mean over all N items from a sample of them, shrunk to what the other rows show.

The best of many noisy rows looks better than it is. So each row's mean gets a normal prior fitted on all rows
(empirical Bayes), and its variance is shrunk to the pool's, with a floor: that n pairs tie does not make their
variance 0. All rows are compared with one reference on much the same items, so they also share an error that no number
of rows averages out: it is kept apart, and only the prior on where the rows lie as a whole can tell it. Items already
seen are known; only the rest is uncertain, so at n = N the posterior is a point.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is believed of the rows before their outcomes; the counts say how many rows or units a belief is worth.

    Attributes:
        centre, centre_spread: where the rows lie as a whole, in score units.
        spread: of the rows' means around that centre; n_rows: its weight against the rows at hand.
        variance: of one unit; n_units: its weight against a row's own; min_variance: floor of the pooled one.
        shared: the part of the error variance that all rows have in common through the reference, in [0, 1].
    """

    centre: float = -0.1
    centre_spread: float = 0.15
    spread: float = 0.15
    n_rows: float = 2.0
    variance: float = 0.15
    n_units: float = 4.0
    min_variance: float = 0.02
    shared: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """(n_rows,) Student distributions of the mean over all N; `spread` 0 = known."""

    mean: Floats
    spread: Floats
    dof: Floats

    def p_at_least(self, threshold: float) -> Floats:
        """(n_rows,) probability that the mean is >= threshold."""
        known = (self.mean >= threshold - 1e-7).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = special.stdtr(self.dof, (self.mean - threshold) / self.spread)
        return np.asarray(np.where(self.spread > 0, p, known), dtype=np.float64)


def shrunk_variance(variance: Floats, n_worth: Floats, prior: Prior) -> Floats:
    """(n_rows,) variance of a unit, each row's own shrunk to the pool's. `n_worth` 0 = a row without data."""
    weights = np.maximum(n_worth - 1.0, 0.0)
    own = np.where(weights > 0, variance, 0.0)
    pooled = (float((weights * own).sum()) + prior.n_units * prior.variance) / (float(weights.sum()) + prior.n_units)
    pooled = max(pooled, prior.min_variance)
    return np.asarray((weights * own + prior.n_units * pooled) / (weights + prior.n_units), dtype=np.float64)


def fitted_rows(mean: Floats, error: Floats, prior: Prior) -> tuple[float, float]:
    """Centre and spread of the rows' means, by moments, `prior` counting as `prior.n_rows` rows.

    Args:
        mean: (n_rows,) observed means of rows with data.
        error: (n_rows,) their sampling variances, without the part that all share.
        prior: what is believed beforehand.
    """
    weights = 1.0 / (error + prior.spread**2)
    pull = prior.n_rows / prior.spread**2
    total = float(weights.sum()) + pull
    centre = (float((weights * mean).sum()) + pull * prior.centre) / total
    excess = float((weights * ((mean - centre) ** 2 - error)).sum())
    spread2 = (excess + pull * prior.spread**2) / total
    return centre, float(np.sqrt(max(spread2, (0.2 * prior.spread) ** 2)))


def finite_posterior(mean: Floats, variance: Floats, n_worth: Floats, n_total: float, prior: Prior) -> Posterior:
    """Posterior of each row's mean over all `n_total` units.

    Args:
        mean: (n_rows,) observed means, of rows with data only.
        variance: (n_rows,) of a unit, as `paired.PairedMean` gives.
        n_worth: (n_rows,) effective number of units seen, above 0.
        n_total: effective number of units there are, at least each n_worth.
        prior: what is believed beforehand.
    """
    unit = shrunk_variance(variance, n_worth, prior)
    own_error, shared_error = (1 - prior.shared) * unit / n_worth, prior.shared * unit / n_worth
    centre, spread = fitted_rows(mean, own_error, prior)
    pull = own_error / (own_error + spread**2)
    trust = shared_error / (shared_error + prior.centre_spread**2)
    endless = (1 - pull) * mean + pull * centre - trust * (centre - prior.centre)
    doubt = (1 - pull) * own_error + (1 - trust) * shared_error
    n_left = np.maximum(n_total - n_worth, 0.0)
    n_left = np.where(n_left < 1e-6 * n_total, 0.0, n_left)
    share = n_left / n_total
    rest = doubt + unit / np.where(n_left > 0, n_left, 1.0)
    return Posterior(
        mean=(1.0 - share) * mean + share * endless,
        spread=share * np.sqrt(rest),
        dof=np.maximum(n_worth - 1.0, 0.0) + prior.n_units,
    )
