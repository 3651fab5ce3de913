"""The chance that a paired mean over all N items is at or above a threshold, shrunk to what the other rows show.

The best of many noisy rows looks better than it is. So the rows' true means get a prior fitted on all of them
(empirical Bayes): an upper edge, and a distance below it that is Gamma distributed, for where many candidates meet a
good reference the means pile up under an edge near 0 and trail off below. All rows are compared with one reference on
much the same items, so they share an error that no number of rows averages out; only the prior on the edge can tell it.
For the same reason, and because models resemble each other, all rows together count as one witness of where the edge
is: with rows taken as independent, choices on public tables came true far less often than stated. (That and the default
`Prior` were picked among some twenty settings on those tables, so how well it is calibrated there is in sample; the
made-up worlds of tests/worlds are not.) Variances are shrunk to the pool's, with a floor: that n pairs tie does not
make their variance 0. Errors shrink with the share of items seen, so a row seen whole is known. Everything is summed
over fixed grids: no sampling, no seed.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

STEP = 0.01
MEANS = np.linspace(-1.2, 1.2, 241)
"""Grid of a row's mean plus the shared error."""
EDGES = np.concatenate([np.arange(-0.3, 0.3, 0.02), np.arange(0.3, 1.21, 0.05)])
"""Grid of the upper edge plus the shared error, coarse where few edges lie; it reaches beyond every possible mean."""
GAMMA_SHAPES = (1.0, 2.0, 4.0)
GAMMA_MEANS = (0.01, 0.03, 0.08, 0.2, 0.4)
STRAY_SHARE = 0.05
"""Rows that follow no Gamma: uniform below the edge."""
N_SHARED = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is believed of the rows before their outcomes.

    Attributes:
        edge_spread, edge_tail: scales of the two Laplace distributions around 0 that the upper edge of the rows' means
            follows, in score units; tail_share: weight of the second.
        variance: of one unit; n_units: its weight against a row's own; min_variance: floor of the pooled one.
        shared: the part of the error variance that all rows have in common through the reference, in [0, 1].
    """

    edge_spread: float = 0.02
    edge_tail: float = 0.12
    tail_share: float = 0.1
    variance: float = 0.15
    n_units: float = 20.0
    min_variance: float = 0.02
    shared: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """(n_rows,) what was seen of each row; rows with data only.

    Attributes:
        mean: observed paired means; variance: of one unit, as `paired.PairedMean` gives.
        n_worth: effective number of units seen, above 0; n_total: of units there are.
    """

    mean: Floats
    variance: Floats
    n_worth: Floats
    n_total: float


def shrunk_variance(variance: Floats, n_worth: Floats, prior: Prior) -> Floats:
    """(n_rows,) variance of a unit, each row's own shrunk to the pool's. `n_worth` 0 = a row without data."""
    weights = np.maximum(n_worth - 1.0, 0.0)
    own = np.where(weights > 0, variance, 0.0)
    pooled = (float((weights * own).sum()) + prior.n_units * prior.variance) / (float(weights.sum()) + prior.n_units)
    pooled = max(pooled, prior.min_variance)
    return np.asarray((weights * own + prior.n_units * pooled) / (weights + prior.n_units), dtype=np.float64)


def p_at_least(threshold: float, sample: Sample, prior: Prior) -> Floats:
    """(n_rows,) probability that each row's mean over all its units is >= threshold. O(n_rows x grid)."""
    left = np.clip(1.0 - sample.n_worth / sample.n_total, 0.0, 1.0)
    left = np.where(left < 1e-6, 0.0, left)
    error = shrunk_variance(sample.variance, sample.n_worth, prior) * left / sample.n_worth
    if not np.any(error > 0):
        return np.asarray(sample.mean >= threshold - 1e-7, dtype=np.float64)
    reference = float(error[error > 0].min())
    extra = prior.shared * np.maximum(error - reference, 0.0)
    own = (1.0 - prior.shared) * error
    densities = _edge_densities()
    shared_sd = float(np.sqrt(prior.shared * reference))
    likelihood = _likelihood(sample.mean, own + extra)
    evidence = np.maximum(likelihood @ densities, 1e-300)
    weights = _edge_weights(evidence, shared_sd, prior)
    tail = _tail(threshold, shared_sd, prior)
    above = likelihood @ (densities * np.repeat(tail, len(GAMMA_SHAPES) * len(GAMMA_MEANS), axis=1))
    p = (above / evidence) @ weights
    known = np.asarray(sample.mean >= threshold - 1e-7, dtype=np.float64)
    return np.asarray(np.where(error > 0, np.clip(p, 0.0, 1.0), known), dtype=np.float64)


@cache
def _edge_densities() -> Floats:
    """(n_means, n_edges * n_gammas) density of a row's mean, all grids in cells of `STEP`; edges vary slowest."""
    below = EDGES[None, :, None] - MEANS[:, None, None]
    gammas = [(shape, mean / shape) for mean in GAMMA_MEANS for shape in GAMMA_SHAPES]
    shape = np.array([gamma[0] for gamma in gammas])
    scale = np.array([gamma[1] for gamma in gammas])
    upper = stats.gamma.cdf(below + STEP / 2, shape, scale=scale)
    cells = upper - stats.gamma.cdf(below - STEP / 2, shape, scale=scale)
    stray = (below >= 0) / np.maximum((below >= 0).sum(axis=0, keepdims=True), 1)
    mixed = (1 - STRAY_SHARE) * cells + STRAY_SHARE * stray
    flat = mixed.reshape(len(MEANS), -1)
    return np.asarray(flat / flat.sum(axis=0, keepdims=True), dtype=np.float64)


def _likelihood(mean: Floats, error: Floats) -> Floats:
    """(n_rows, n_means) likelihood of the observed means, largest 1, the error widened by the width of a grid cell."""
    variance = error + STEP * STEP / 12
    log_likelihood = -0.5 * (mean[:, None] - MEANS) ** 2 / variance[:, None]
    return np.asarray(np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True)), dtype=np.float64)


def _edge_weights(evidence: Floats, shared_sd: float, prior: Prior) -> Floats:
    """(n_edges * n_gammas,) posterior weight of each edge and Gamma from (n_rows, n_edges * n_gammas) evidence."""
    shifts, weights = _shared_grid(shared_sd)
    edge_prior = (_edge_pdf(EDGES[None, :] - shifts[:, None], prior) * weights[:, None]).sum(axis=0)
    n_gammas = len(GAMMA_SHAPES) * len(GAMMA_MEANS)
    edge_prior = edge_prior * np.gradient(EDGES)
    log_weight = np.log(evidence).mean(axis=0) + np.repeat(np.log(np.maximum(edge_prior, 1e-300)), n_gammas)
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _shared_grid(shared_sd: float) -> tuple[Floats, Floats]:
    """Values of the shared error and their prior weights."""
    z = np.linspace(-3.5, 3.5, N_SHARED)
    weight = np.exp(-0.5 * z * z)
    return z * shared_sd, weight / weight.sum()


def _edge_pdf(edge: Floats, prior: Prior) -> Floats:
    near = np.exp(-np.abs(edge) / prior.edge_spread) / (2 * prior.edge_spread)
    far = np.exp(-np.abs(edge) / prior.edge_tail) / (2 * prior.edge_tail)
    return np.asarray((1 - prior.tail_share) * near + prior.tail_share * far, dtype=np.float64)


def _tail(threshold: float, shared_sd: float, prior: Prior) -> Floats:
    """(n_means, n_edges) chance that a grid mean, freed of the shared error, is at or above the threshold."""
    shifts, weights = _shared_grid(shared_sd)
    joint = _edge_pdf(EDGES[None, :] - shifts[:, None], prior) * weights[:, None]
    joint /= np.maximum(joint.sum(axis=0, keepdims=True), 1e-300)
    is_above = np.clip((MEANS[:, None] - shifts[None, :] - threshold) / STEP + 0.5, 0.0, 1.0)
    return np.asarray(is_above @ joint, dtype=np.float64)
