"""The sequential doubly robust estimate of a row's mean over N items, drawn as what was seen before suggests.

Before step t, predictions m_t of every item and draw probabilities q_t over the items not yet bought are fixed; the
item j_t is drawn, and

    phi_t = (1/N) [sum_{bought before t} x_j + sum_{not yet} m_t(j) + (x_{j_t} - m_t(j_t)) / q_t(j_t)].

Given the past, phi_t has the row's true mean as its expectation, whatever m_t is: bad predictions cost width, never
validity. So means of phi_t are unbiased and bets on them are e-processes. The one-shot form, with one m fitted to
everything and every draw divided by its probability, is neither.

Source: augmented inverse probability weighting, Robins, Rotnitzky & Zhao 1994, doi:10.1080/01621459.1994.10476818,
made sequential without replacement; bets as in Waudby-Smith & Ramdas 2024, doi:10.1093/jrsssb/qkad009; cf. arXiv
2605.10405.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FLOOR = 0.5
"""Every item not yet bought is drawn with at least this over their number: the range of phi_t stays near that of x."""
MAX_BET_SHARE = 0.75
"""Share of the largest admissible bet that may be staked."""
PRIOR_DRAWS = 4.0
"""How many draws the assumed residual variance counts for."""
N_GRID = 201
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One row's draws without replacement, in order.

    Attributes:
        score: (n_items,) values in [low, high] of the items bought by now, NaN = not bought.
        known_from: (n_items,) first step at which an item counts as bought: 0 where it was known before the first draw,
            t + 1 where it was drawn at step t, in between where it came by another way; n_steps + 1 or more = never.
        column: (n_steps,) item drawn; p_draw: (n_steps,) its probability then, at least floor / number left.
        prediction: (n_fits, n_items) predictions, each fixed before the first step that uses it.
        fit: (n_steps,) which of them holds at each step.
    """

    score: Floats
    known_from: Ints
    column: Ints
    p_draw: Floats
    prediction: Floats
    fit: Ints
    low: float = 0.0
    high: float = 1.0
    floor: float = FLOOR

    def __post_init__(self) -> None:
        is_bought = self.known_from <= self.n_steps
        if np.isnan(self.score[is_bought]).any():
            raise ValueError("every item that counts as bought needs a score: say first what failed ones count as")
        if (self.known_from[self.column] <= np.arange(self.n_steps)).any():
            raise ValueError("an item that is bought already cannot be drawn")
        if (self.p_draw < self.floor / np.maximum(self.n_left, 1) - _SLACK).any() or (self.p_draw > 1 + _SLACK).any():
            raise ValueError(f"p_draw must lie between {self.floor} / items left and 1")

    @property
    def n_items(self) -> int:
        """N."""
        return int(self.score.size)

    @property
    def n_steps(self) -> int:
        """How many items were drawn."""
        return int(self.column.size)

    @cached_property
    def n_left(self) -> Ints:
        """(n_steps,) items not yet bought before each step, the drawn one among them."""
        return np.asarray(self.n_items - self._sums_before(np.ones(self.n_items)), dtype=np.int64)

    @cached_property
    def plug_in(self) -> Floats:
        """(n_steps,) the mean as predicted before each step: what is bought, and predictions for the rest."""
        known = np.nan_to_num(self.score)
        total = np.zeros(self.n_steps)
        for number, predicted in enumerate(self.prediction):
            steps = self.fit == number
            total[steps] = predicted.sum() + self._sums_before(known - predicted)[steps]
        return total / self.n_items

    def _sums_before(self, values: Floats) -> Floats:
        """(n_steps,) sum of (n_items,) values over what was bought before each step. O(n_items)."""
        at = np.minimum(self.known_from, self.n_steps)
        return np.asarray(np.cumsum(np.bincount(at, values, self.n_steps + 1))[: self.n_steps], dtype=np.float64)


def draw_probabilities(weight: Floats, is_left: Bools, floor: float = FLOOR) -> Floats:
    """(n_items,) probabilities over the items left: `floor` spread evenly, the rest in proportion to `weight` >= 0.

    All 0 where nothing is left. The variance of phi is least with weights as large as the residual is expected to be.
    """
    n_left = int(is_left.sum())
    if n_left == 0:
        return np.zeros(weight.size)
    kept = np.where(is_left, np.maximum(weight, 0.0), 0.0)
    total = float(kept.sum())
    pulled = kept / total if total > 0 else is_left / n_left
    return np.asarray(floor * is_left / n_left + (1.0 - floor) * pulled, dtype=np.float64)


def drawn_items(
    rng: np.random.Generator, weight: Floats, is_left: Bools, n_draws: int, floor: float = FLOOR
) -> tuple[Ints, Floats]:
    """Items drawn one after the other, and the probability of each when it was drawn: both (n,), n <= `n_draws`."""
    left = is_left.copy()
    columns, probabilities = [], []
    for uniform in rng.random(min(n_draws, int(left.sum()))):
        p = draw_probabilities(weight, left, floor)
        column = int(np.searchsorted(np.cumsum(p), uniform * p.sum(), side="right"))
        column = min(column, int(np.flatnonzero(left)[-1]))
        columns.append(column)
        probabilities.append(float(p[column]))
        left[column] = False
    return np.array(columns, dtype=np.int64), np.array(probabilities, dtype=np.float64)


def step_estimates(drawn: Drawn) -> Floats:
    """(n_steps,) phi_t, each unbiased given the past. O(n_fits x n_items + n_steps)."""
    predicted = drawn.prediction[drawn.fit, drawn.column]
    residual = drawn.score[drawn.column] - predicted
    return np.asarray(drawn.plug_in + residual / (drawn.p_draw * drawn.n_items), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """An estimated mean over all items and its sampling variance."""

    mean: float
    variance: float


def mean_estimate(drawn: Drawn, residual_variance: float = 0.15) -> Mean:
    """The mean of phi_t, later steps weighing more as fewer items are left to guess; unbiased for a fixed n_steps.

    Weights are (N / n_left)^2: known beforehand, and the best where residuals are alike; with even draws and no
    predictions the variance is then the textbook's v/n (1 - n/N). What is bought whole is exact.

    Args:
        drawn: at least one draw, or the whole row.
        residual_variance: assumed variance of x - m, counted as `PRIOR_DRAWS` draws.

    Raises:
        ValueError: neither.
    """
    if (drawn.known_from <= drawn.n_steps).all():
        return Mean(mean=float(drawn.score.mean()), variance=0.0)
    if drawn.n_steps == 0:
        raise ValueError("the mean of a row that is not whole needs at least one draw")
    phi = step_estimates(drawn)
    share_left = drawn.n_left / drawn.n_items
    weight = 1.0 / share_left**2
    mean = float((weight * phi).sum() / weight.sum())
    squares = float((((phi - mean) / share_left) ** 2).sum())
    spread = (squares + PRIOR_DRAWS * residual_variance) / (max(drawn.n_steps - 1.0, 0.0) + PRIOR_DRAWS)
    return Mean(mean=mean, variance=spread / float(weight.sum()))


def log_wealth(drawn: Drawn, null_mean: Floats) -> Floats:
    """(n_nulls, n_steps) log of the e-process against "the row's mean is at most `null_mean`", after each draw.

    Bets are functions of the past alone and every factor is positive: phi_t cannot be below what the smallest score at
    the smallest probability would give. By Ville's inequality the chance that wealth ever reaches 1/alpha while the
    null holds is at most alpha. -drawn (`mirrored`) with -null_mean is the futility twin.
    """
    if drawn.n_steps == 0:
        return np.zeros((null_mean.size, 0))
    phi, share_left = step_estimates(drawn), drawn.n_left / drawn.n_items
    lowest = drawn.plug_in - (drawn.high - drawn.low) * share_left / drawn.floor
    mean, variance = _before(phi, share_left, drawn)
    edge = mean[None, :] - null_mean[:, None]
    bet = edge / (variance * share_left**2 + edge**2)
    largest = MAX_BET_SHARE / np.maximum(null_mean[:, None] - lowest[None, :], 1e-3)
    move = np.clip(bet, 0.0, largest) * (phi[None, :] - null_mean[:, None])
    return np.asarray(np.cumsum(np.log1p(move), axis=1), dtype=np.float64)


def _before(phi: Floats, share_left: Floats, drawn: Drawn) -> tuple[Floats, Floats]:
    """(n_steps,) mean and residual variance as estimated before each step, started at the first prediction."""
    weight = 1.0 / share_left**2
    n_before = np.arange(phi.size)
    mean = (drawn.plug_in[0] * weight[0] + np.cumsum(weight * phi) - weight * phi) / (
        weight[0] + np.cumsum(weight) - weight
    )
    squares = ((phi - mean) / share_left) ** 2
    assumed = (drawn.high - drawn.low) ** 2 / 4
    variance = (assumed + np.cumsum(squares) - squares) / (1.0 + n_before)
    return np.asarray(mean, dtype=np.float64), np.asarray(variance, dtype=np.float64)


def mirrored(drawn: Drawn) -> Drawn:
    """The same draws of -x."""
    return replace(drawn, score=-drawn.score, prediction=-drawn.prediction, low=-drawn.high, high=-drawn.low)


def interval(drawn: Drawn, alpha: float) -> tuple[float, float]:
    """Bounds of the row's mean that hold, whenever drawing was stopped, with probability 1 - alpha; by inverting bets.

    Cut to what is possible at all: the scores known, and the lowest and highest for the rest.
    """
    grid = np.linspace(drawn.low, drawn.high, N_GRID)
    is_known = drawn.known_from <= drawn.n_steps
    total = float(drawn.score[is_known].sum())
    n_left = int((~is_known).sum())
    low = _lower(drawn, grid, alpha / 2)
    high = -_lower(mirrored(drawn), -grid[::-1], alpha / 2)
    return (
        max(low, (total + n_left * drawn.low) / drawn.n_items),
        min(high, (total + n_left * drawn.high) / drawn.n_items),
    )


def _lower(drawn: Drawn, grid: Floats, alpha: float) -> float:
    """The largest mean of an ascending grid such that it and all below are rejected; the first one if none is."""
    best = log_wealth(drawn, grid).max(axis=1, initial=0.0)
    n_rejected = int(np.logical_and.accumulate(best >= -np.log(alpha)).sum())
    return float(grid[max(n_rejected - 1, 0)])
