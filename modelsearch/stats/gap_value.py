"""What a purchase is worth: how far it may move the best choice, per dollar, one step ahead.

Choosing a row instead of the reference is worth u = P(gap >= -margin) (saving / best + 1) - 1, keeping the reference 0.
A purchase moves the posterior means by a normal amount of known variance; the expected largest u after it, less the
largest now, is its value (Gauss-Hermite nodes). Steps: some more items of one row, of the reference, or of both.

Source: knowledge gradient, Frazier, Powell & Dayanik 2009, doi:10.1287/ijoc.1080.0314, here with unequal prices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from modelsearch.stats.gap_model import Against, Posterior

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
N_TOGETHER = 12
"""Rows considered for a purchase together with the reference."""
LEAST_SD = 1e-8
FREE_USD = 1e-12
"""What a free item counts as, so that values per dollar can be compared among free ones."""


def p_clears(gap: Floats, sd: Floats, threshold: float) -> Floats:
    """Probability that a normal of mean `gap` and `sd` is >= `threshold`; a gap known exactly may touch it."""
    return np.asarray(ndtr((gap - threshold + 1e-7) / np.maximum(sd, LEAST_SD)), dtype=np.float64)


def expected_saving(cost_usd: Floats, log_sd: Floats, reference: int) -> Floats:
    """(n_rows,) E[max(0, 1 - cost / the reference's)] for log-normal costs of median `cost_usd`; 0 where unknown."""
    spread = np.sqrt(log_sd**2 + log_sd[reference] ** 2 + 1e-12)
    with np.errstate(divide="ignore"):
        log_ratio = np.log(np.maximum(cost_usd, FREE_USD) / max(float(cost_usd[reference]), FREE_USD))
    saving = ndtr(-log_ratio / spread) - np.exp(np.minimum(log_ratio + spread**2 / 2, 50.0)) * ndtr(
        -log_ratio / spread - spread
    )
    saving[reference] = 0.0
    return np.where(np.isnan(saving), 0.0, np.maximum(saving, 0.0))


def expected_best(p: Floats, saving: Floats) -> float:
    """Expected largest saving among rows that are good enough, given that there is one; rows independent."""
    order = np.argsort(-saving, kind="stable")
    left = np.concatenate([[1.0], np.cumprod(1.0 - p[order])])
    total = float((left[:-1] * p[order] * saving[order]).sum())
    return max(total / (1.0 - left[-1]), 1e-3) if left[-1] < 1.0 - 1e-12 else float(max(saving.max(initial=0.0), 1e-3))


class Step(NamedTuple):
    """A purchase of `n_items` more of each of `rows`; `value` in units of u, `price_usd` expected."""

    rows: tuple[int, ...]
    n_items: int
    value: float
    price_usd: float

    @property
    def rate(self) -> float:
        """Value per USD, to nine digits: what is compared must not hang on the last bits of a machine."""
        return float(f"{self.value / max(self.price_usd, FREE_USD):.9g}")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What can be chosen now.

    Attributes:
        posterior: of all rows; threshold: -margin.
        saving: (n_rows,) expected; best: expected best saving; price_usd: (n_rows,) of an item, NaN = unknown.
        is_open: (n_rows,) rows that may be recommended.
    """

    posterior: Posterior
    threshold: float
    saving: Floats
    best: float
    price_usd: Floats
    is_open: Bools
    gap: Floats
    sd: Floats

    @property
    def factor(self) -> Floats:
        """(n_rows,) what u multiplies the probability by."""
        return np.asarray(np.minimum(1.0, self.saving / self.best) + 1.0, dtype=np.float64)

    @property
    def worth(self) -> Floats:
        """(n_rows,) u; -inf for rows that may not be recommended or save nothing."""
        u = p_clears(self.gap, self.sd, self.threshold) * self.factor - 1.0
        return np.asarray(np.where(self.is_open & (self.saving > 0), u, -np.inf), dtype=np.float64)


def choices_of(posterior: Posterior, threshold: float, saving: Floats, price_usd: Floats, is_open: Bools) -> Choices:
    """The choices, with the expected best saving among the open rows."""
    gap, sd = posterior.gaps()
    p = np.where(is_open, p_clears(gap, sd, threshold), 0.0)
    return Choices(
        posterior=posterior,
        threshold=threshold,
        saving=saving,
        best=expected_best(p, saving),
        price_usd=price_usd,
        is_open=is_open,
        gap=gap,
        sd=sd,
    )


def best_steps(choices: Choices, near: float = 1.0) -> list[Step]:
    """The purchase of most value per dollar, ties to the earlier row; then those of other rows that are `near` as good.

    Args:
        choices: what can be chosen now.
        near: in (0, 1], of the best one's value per dollar; only rows bought alone go together, best first.

    Returns:
        Nothing where nothing can be bought.
    """
    steps = [step for step in _steps(choices) if np.isfinite(step.price_usd)]
    steps.sort(key=lambda step: (-step.rate, step.rows[0], step.n_items))
    if not steps or steps[0].rows == (choices.posterior.reference,) or len(steps[0].rows) > 1:
        return steps[:1]
    alone = [step for step in steps if len(step.rows) == 1 and step.rows[0] != choices.posterior.reference]
    return [step for step in alone if step.rate >= near * steps[0].rate]


def _steps(choices: Choices) -> Iterator[Step]:
    found = choices.posterior
    sizes = _batch_sizes(found.n_items)
    spread = found.variance(np.concatenate([[0.0], sizes]))
    worth = choices.worth
    top = max(0.0, float(worth.max(initial=0.0)))
    leader = int(np.argmax(worth))
    second = max(0.0, float(np.sort(worth)[-2])) if len(worth) > 1 else 0.0
    after = _After(choices=choices, spread=spread, sizes=sizes, top=top, leader=leader, second=second)
    rows = np.flatnonzero(choices.is_open & (choices.saving > 0) & ~np.isnan(choices.price_usd))
    unfinished = rows[found.n_known[rows] < found.n_items]
    yield from after.alone(unfinished)
    if found.n_known[found.reference] < found.n_items and not np.isnan(choices.price_usd[found.reference]):
        yield from after.reference(rows)
        together = unfinished[np.argsort(-worth[unfinished], kind="stable")[:N_TOGETHER]]
        yield from after.together(together)


def _batch_sizes(n_items: int) -> Floats:
    """8, 16, 32, ... up to all items."""
    n_steps = max(1, int(np.ceil(np.log2(max(n_items, 8) / 8))) + 1)
    return np.asarray(np.minimum(8.0 * 2.0 ** np.arange(n_steps), float(n_items)), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class _After:
    """Values of purchases: `spread` (n_rows, 1 + n_sizes) variances now and after; `top`, `second` best u now."""

    choices: Choices
    spread: Floats
    sizes: Floats
    top: float
    leader: int
    second: float

    def alone(self, rows: Ints) -> Iterator[Step]:
        """The best batch of each row."""
        if not len(rows):
            return
        found = self.choices.posterior
        at = found.reference
        depth = self._depth(rows)
        against = Against(spread=self.spread[at, :1], depth=found.n_known[at])
        u = self._moved(rows, found.gap_variance(rows, self.spread[rows, 1:], depth, against))
        value = np.maximum(u, self._others(rows)[:, None, None]) @ _NODE_WEIGHTS - self.top
        yield from self._best_of(rows, depth, value)

    def reference(self, rows: Ints) -> Iterator[Step]:
        """The best batch of the reference: every row's gap moves with it."""
        if not len(rows):
            return
        found, at = self.choices.posterior, self.choices.posterior.reference
        n_more = np.minimum(self.sizes, found.n_items - found.n_known[at])
        against = Against(spread=self.spread[at, 1:], depth=found.n_known[at] + n_more)
        variance = found.gap_variance(rows, self.spread[rows, :1], found.n_known[rows][:, None], against)
        u = self._moved(rows, variance, sign=-1.0)
        value = np.maximum(u.max(axis=0), 0.0) @ _NODE_WEIGHTS - self.top
        price = n_more * self.choices.price_usd[at]
        best = int(np.argmax(_rates(value, price)))
        yield Step((at,), int(n_more[best]), float(value[best]), float(price[best]))

    def together(self, rows: Ints) -> Iterator[Step]:
        """The best batch of a row and the reference side by side."""
        if not len(rows):
            return
        found, at = self.choices.posterior, self.choices.posterior.reference
        depth = self._depth(rows)
        n_more = np.minimum(self.sizes, found.n_items - found.n_known[at])
        against = Against(spread=self.spread[at, 1:], depth=found.n_known[at] + n_more)
        u = self._moved(rows, found.gap_variance(rows, self.spread[rows, 1:], depth, against))
        value = np.maximum(u, self._others(rows)[:, None, None]) @ _NODE_WEIGHTS - self.top
        price = (depth - found.n_known[rows][:, None]) * self.choices.price_usd[rows][:, None]
        price = price + n_more * self.choices.price_usd[at]
        i, j = np.unravel_index(int(np.argmax(_rates(value, price))), value.shape)
        yield Step((int(rows[i]), at), int(self.sizes[j]), float(value[i, j]), float(price[i, j]))

    def _depth(self, rows: Ints) -> Floats:
        known = self.choices.posterior.n_known[rows][:, None]
        return np.minimum(known + self.sizes[None, :], float(self.choices.posterior.n_items))

    def _moved(self, rows: Ints, variance: Floats, sign: float = 1.0) -> Floats:
        """(n_rows, n_sizes, n_nodes) u after the posterior mean has moved as the variance shrank."""
        now = self.choices.sd[rows][:, None] ** 2
        moves = np.maximum(now - variance, 0.0)
        sd = np.sqrt(np.maximum(now - moves, LEAST_SD**2))
        gap = self.choices.gap[rows][:, None, None] + sign * np.sqrt(moves)[:, :, None] * _NODES
        p = ndtr((gap - self.choices.threshold) / sd[:, :, None])
        return np.asarray(p * self.choices.factor[rows][:, None, None] - 1.0, dtype=np.float64)

    def _others(self, rows: Ints) -> Floats:
        """(n_rows,) the best u now among all but the row itself, or keeping the reference."""
        return np.where(rows == self.leader, self.second, self.top)

    def _best_of(self, rows: Ints, depth: Floats, value: Floats) -> Iterator[Step]:
        n_more = depth - self.choices.posterior.n_known[rows][:, None]
        price = n_more * self.choices.price_usd[rows][:, None]
        for i, j in enumerate(np.argmax(_rates(value, price), axis=1)):
            yield Step((int(rows[i]),), int(n_more[i, j]), float(value[i, j]), float(price[i, j]))


def _rates(value: Floats, price_usd: Floats) -> Floats:
    """Value per dollar to nine decimals of its largest, so that ties go to the first."""
    rate = value / np.maximum(price_usd, FREE_USD)
    scale = float(np.abs(rate).max(initial=0.0)) or 1.0
    return np.asarray(np.round(rate / scale, 9), dtype=np.float64)
