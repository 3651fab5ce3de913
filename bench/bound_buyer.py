"""A buyer who is told nearly everything but who is good enough: what it buys, and what it would recommend.

It values a purchase of a row, of the baseline or of both by the expected worth of the best choice after it, jointly
over all candidates (knowledge gradient with correlated beliefs: Frazier, Powell & Dayanik 2009,
doi:10.1287/ijoc.1080.0314), takes what is worth most per dollar, and chooses by the expected score itself, over draws
of the posterior.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from scipy.special import ndtr

from bench.bound_belief import Belief, Floats, Ints, Step, Told, belief
from modelsearch.compare.metrics import MIN_SAVING, SLACK

NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()
PLANE = np.array(list(product(NODES[1:-1], repeat=2)))
PLANE_WEIGHTS = np.array([a * b for a, b in product(NODE_WEIGHTS[1:-1], repeat=2)])
PLANE_WEIGHTS = PLANE_WEIGHTS / PLANE_WEIGHTS.sum()
N_DRAWS = 1000
N_TOGETHER = 10
N_CHEAP, CHEAP_SHARE = 8, 0.003
SENSOR_SHARE = 0.05
FIRST = 8
MAX_STEPS = 400
LEAST_VALUE = 1e-7
HOPELESS_SDS = 4.0


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What is for sale, the baseline in row 0.

    Attributes:
        score: (n_rows, n_items) along the order; paid_usd: (n_rows, 1 + n_items) what the first n items cost.
        cost_usd: (n_rows,) true mean; margin: score units.
    """

    told: Told
    score: Floats
    paid_usd: Floats
    cost_usd: Floats
    margin: float

    @property
    def saving(self) -> Floats:
        """(n_rows,) share of the baseline's cost."""
        return np.asarray(1.0 - self.cost_usd / self.cost_usd[0], dtype=np.float64)

    def spend_usd(self, depth: Ints) -> float:
        """What the first items of every row cost."""
        return float(self.paid_usd[np.arange(len(depth)), depth].sum())

    def reach(self, row: int, start: int, usd: float) -> int:
        """The depth to which a row can be bought from `start`."""
        return int(np.searchsorted(self.paid_usd[row], self.paid_usd[row, start] + usd * (1 + 1e-12), "right")) - 1


def bought(shop: Shop, usd: float, rng: np.random.Generator) -> Belief:
    """The belief when the money is spent, or nothing is worth its price."""
    depth = _sensors(shop, usd)
    for _ in range(MAX_STEPS):
        now = belief(shop.told, shop.score, depth)
        step = _best(shop, now, usd - shop.spend_usd(depth), rng)
        if not step:
            return now
        before = depth
        depth = depth.copy()
        for row, target in step:
            depth[row] = min(target, shop.reach(row, int(depth[row]), usd - shop.spend_usd(depth)))
        if (depth == before).all():
            return now
    return belief(shop.told, shop.score, depth)


def all_for_each(shop: Shop, usd: float) -> Belief:
    """The belief where the whole of the money was spent on every row, each for itself: more than any buyer can have."""
    depth = np.array([shop.reach(row, 0, usd) for row in range(len(shop.score))], dtype=np.int64)
    return belief(shop.told, shop.score, depth)


def chosen(shop: Shop, now: Belief, rng: np.random.Generator) -> int:
    """The row of the largest expected score, 0 = the baseline."""
    expected, _ = _expected(shop, now, rng)
    return int(np.argmax(expected))


def _expected(shop: Shop, now: Belief, rng: np.random.Generator) -> tuple[Floats, float]:
    """(n_rows,) expected net captured saving of each choice, and the expected best saving where there is one."""
    values, vectors = np.linalg.eigh((now.covariance + now.covariance.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    quality = now.mean + rng.standard_normal((N_DRAWS, len(now.mean))) @ root.T
    gap = quality - quality[:, :1]
    best = np.where(gap >= -shop.margin - 1e-9, shop.saving, 0.0).max(axis=1)
    share = np.where(
        best[:, None] >= MIN_SAVING, np.minimum(1.0, shop.saving / np.maximum(best, MIN_SAVING)[:, None]), 0
    )
    score = np.where(gap < -shop.margin - SLACK - 1e-9, -1.0, share)
    has = best >= MIN_SAVING
    return score.mean(axis=0), float(best[has].mean()) if has.any() else float(shop.saving.max())


def _sensors(shop: Shop, usd: float) -> Ints:
    """The cheapest rows whole, for a small part of the money."""
    depth, n_items = np.zeros(len(shop.score), dtype=np.int64), shop.score.shape[1]
    for row in np.argsort(shop.cost_usd[1:], kind="stable") + 1:
        if shop.spend_usd(depth) + shop.paid_usd[row, n_items] > SENSOR_SHARE * usd:
            break
        depth[row] = n_items
    return depth


def _best(shop: Shop, now: Belief, left_usd: float, rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """The purchase of most value per dollar as (row, depth) pairs; empty where none is worth anything.

    Very cheap ones that are nearly as good go with it, to save steps.
    """
    _, best = _expected(shop, now, rng)
    worth = _Worth(shop=shop, now=now, best=best)
    singles = {int(row): list(_steps(shop, now, int(row), left_usd)) for row in worth.hopeful}
    found = [(worth.rate([step]), [step]) for steps in singles.values() for step in steps]
    promising = sorted((rate, steps[0].row) for rate, steps in found if steps[0].row)
    rows = list(dict.fromkeys([*worth.leaders(), *(row for _, row in promising[::-1])]))[:N_TOGETHER]
    for row in rows:
        for mine, base in product(singles[row], singles[0]):
            if worth.price_usd([mine, base]) <= left_usd:
                found.append((worth.rate([mine, base]), [mine, base]))
    rate, steps = max(found, key=lambda pair: pair[0], default=(0.0, []))
    if rate <= 0:
        return ()
    wanted = {step.row: step.target for step in steps}
    for other, (step,) in sorted((pair for pair in found if len(pair[1]) == 1), key=lambda pair: -pair[0])[:N_CHEAP]:
        if other >= rate / 2 and worth.price_usd([step]) <= CHEAP_SHARE * left_usd:
            wanted.setdefault(step.row, step.target)
    return tuple(wanted.items())


def _steps(shop: Shop, now: Belief, row: int, left_usd: float) -> Iterator[Step]:
    """The next depths of a row that can be paid: doubled from 8 on, and all."""
    depth, reach = int(now.depth[row]), shop.reach(row, int(now.depth[row]), left_usd)
    level, n_found = FIRST, 0
    while level <= depth:
        level *= 2
    while depth < reach and n_found < 4:
        target = min(level, now.n_items, reach)
        yield now.step(row, target)
        if target == reach:
            return
        level, n_found = 2 * level, n_found + 1


@dataclass(frozen=True, kw_only=True)
class _Worth:
    """Values of purchases now; of choices, only those count that may still be good enough."""

    shop: Shop
    now: Belief
    best: float

    @cached_property
    def gap(self) -> Floats:
        """(n_rows,) mean gap to the baseline."""
        return np.asarray(self.now.mean - self.now.mean[0], dtype=np.float64)

    @cached_property
    def variance(self) -> Floats:
        """(n_rows,) of each gap."""
        covariance = self.now.covariance
        return np.asarray(covariance.diagonal() + covariance[0, 0] - 2 * covariance[0], dtype=np.float64)

    @cached_property
    def hopeful(self) -> Ints:
        """Rows of the baseline, and of whoever may still be good enough."""
        is_open = self.gap + self.shop.margin + HOPELESS_SDS * np.sqrt(np.maximum(self.variance, 0.0)) > 0
        is_open[0] = True
        return np.flatnonzero(is_open)

    @cached_property
    def factor(self) -> Floats:
        """(n_hopeful,) what a worth multiplies the probability by."""
        saving = self.shop.saving[self.hopeful] / max(self.best, 1e-3)
        return np.asarray(1.0 + np.minimum(1.0, saving), dtype=np.float64)

    @cached_property
    def now_worth(self) -> Floats:
        """(n_hopeful,) worth of each choice now, 0 for the baseline."""
        return self._u(np.zeros((len(self.hopeful), 1)), np.zeros((1, 1)))[:, 0]

    def leaders(self) -> list[int]:
        """Candidates by what they are worth now."""
        order = np.argsort(-self.now_worth[1:], kind="stable")[: N_TOGETHER // 2] + 1
        return [int(row) for row in self.hopeful[order]]

    def price_usd(self, steps: Sequence[Step]) -> float:
        """Expected, at true mean costs."""
        return sum(float(self.shop.cost_usd[s.row]) * (s.target - int(self.now.depth[s.row])) for s in steps)

    def rate(self, steps: Sequence[Step]) -> float:
        """Expected gain of the best worth per dollar; 0 where it is nothing."""
        along = np.stack([step.along[self.hopeful] for step in steps], axis=1)
        moves = self._moves(along - along[0], steps)
        nodes, weights = (NODES[:, None], NODE_WEIGHTS) if len(steps) == 1 else (PLANE, PLANE_WEIGHTS)
        gain = float(self._u(moves, nodes).max(axis=0) @ weights) - float(self.now_worth.max())
        return gain / max(self.price_usd(steps), 1e-12) if gain > LEAST_VALUE else 0.0

    def _moves(self, along: Floats, steps: Sequence[Step]) -> Floats:
        """(n_hopeful, k) moves of the gaps per standard normal: covariances over a root of the observations' own."""
        first = np.sqrt(steps[0].variance + 1e-12)
        one = along[:, 0] / first
        if len(steps) == 1:
            return np.asarray(one[:, None], dtype=np.float64)
        slope = self.now.together(steps[0], steps[1]) / first
        rest = np.sqrt(max(steps[1].variance - slope**2, 1e-12))
        return np.stack([one, (along[:, 1] - slope * one) / rest], axis=1)

    def _u(self, moves: Floats, nodes: Floats) -> Floats:
        """(n_hopeful, n_nodes) worth of choices once means moved by `moves` (n_hopeful, k) x `nodes` (n_nodes, k)."""
        sd = np.sqrt(np.maximum(self.variance[self.hopeful] - (moves**2).sum(axis=1), 1e-10))
        gap = self.gap[self.hopeful][:, None] + moves @ nodes.T
        worth = ndtr((gap + self.shop.margin + SLACK) / sd[:, None]) * self.factor[:, None] - 1.0
        worth[0] = 0.0
        return np.asarray(worth, dtype=np.float64)
