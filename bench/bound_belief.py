"""The exact posterior of all qualities at once, for a buyer who was told how models' scores go together on items.

Items are independent draws of a vector of scores, one entry a model, with a known covariance; what is wanted is each
model's mean over the N items of the table. Rows are bought along one order, so the items fall into blocks in which the
same rows are known. Everything is normal, so the posterior is exact: what was bought, and for the rest what it lets
expect, with the joint covariance over models that the finite number of items leaves.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known before anything is bought.

    Attributes:
        mean: (n_rows,) prior mean of each row's quality; covariance: (n_rows, n_rows) of the prior.
        noise: (n_rows, n_rows) covariance of the rows' scores over items.
    """

    mean: Floats
    covariance: Floats
    noise: Floats


@dataclass(frozen=True, kw_only=True)
class Belief:
    """The posterior.

    Attributes:
        mean, covariance: (n_rows,), (n_rows, n_rows) of the rows' means over the N items.
        depth: (n_rows,) items bought of each; blocks: (start, stop) of each block of items.
        weights: (n_blocks, n_rows, n_rows) how an unknown score of a block hangs on the endless means; left: alike,
            covariance of what is then still open of an item; toward: (n_rows, n_rows) covariance of the wanted means
            with the endless ones; endless: (n_rows, n_rows) covariance of these.
    """

    mean: Floats
    covariance: Floats
    depth: Ints
    blocks: tuple[tuple[int, int], ...]
    weights: Floats
    left: Floats
    toward: Floats
    endless: Floats

    @property
    def n_items(self) -> int:
        """N."""
        return self.blocks[-1][1]

    def step(self, row: int, target: int) -> "Step":
        """The mean of a row's items from its depth to `target` as an observation."""
        depth, n_more = int(self.depth[row]), target - int(self.depth[row])
        overlap = self._overlap(depth, target)
        share = overlap / n_more
        on_endless = share @ self.weights[:, row]
        of_items = share @ self.left[:, row] / self.n_items
        variance = on_endless @ self.endless @ on_endless + float(share @ self.left[:, row, row]) / n_more
        return Step(
            row=row,
            target=target,
            on_endless=on_endless,
            along=self.toward @ on_endless + of_items,
            variance=float(variance),
        )

    def _overlap(self, start: int, stop: int) -> Ints:
        """(n_blocks,) items of each block within [start, stop)."""
        return np.array([max(0, min(end, stop) - max(begin, start)) for begin, end in self.blocks], dtype=np.int64)

    def together(self, one: "Step", other: "Step") -> float:
        """Covariance of two steps' observations."""
        spans = [(int(self.depth[step.row]), step.target) for step in (one, other)]
        low, high = max(span[0] for span in spans), min(span[1] for span in spans)
        shared = self._overlap(low, high)
        n_pairs = (spans[0][1] - spans[0][0]) * (spans[1][1] - spans[1][0])
        of_items = float(shared @ self.left[:, one.row, other.row]) / n_pairs
        return float(one.on_endless @ self.endless @ other.on_endless) + of_items


@dataclass(frozen=True, kw_only=True)
class Step:
    """A purchase as an observation: `along` (n_rows,) its covariance with the wanted means, and its own variance."""

    row: int
    target: int
    on_endless: Floats
    along: Floats
    variance: float


def belief(told: Told, score: Floats, depth: Ints) -> Belief:
    """The posterior after the first `depth` (n_rows,) items of each row of `score` (n_rows, n_items).

    O(n_blocks x n_rows^3).
    """
    n_rows, n_items = score.shape
    edges = sorted({0, n_items, *(int(d) for d in depth)})
    blocks = tuple(pairwise(edges))
    sums = np.add.reduceat(score, edges[:-1], axis=1)
    precision = np.linalg.inv(told.covariance)
    right = precision @ told.mean
    weights, left = np.zeros((len(blocks), n_rows, n_rows)), np.zeros((len(blocks), n_rows, n_rows))
    total, toward = np.zeros(n_rows), np.zeros((n_rows, n_rows))
    for at, (start, stop) in enumerate(blocks):
        known = np.flatnonzero(depth >= stop)
        open_ = np.flatnonzero(depth < stop)
        inverse = np.linalg.inv(told.noise[np.ix_(known, known)])
        precision[np.ix_(known, known)] += (stop - start) * inverse
        right[known] += inverse @ sums[known, at]
        slope = told.noise[np.ix_(open_, known)] @ inverse
        weights[at][open_, open_] = 1.0
        weights[at][np.ix_(open_, known)] = -slope
        left[at][np.ix_(open_, open_)] = told.noise[np.ix_(open_, open_)] - slope @ told.noise[np.ix_(known, open_)]
        total[known] += sums[known, at]
        total[open_] += slope @ sums[known, at]
    sizes = np.array([stop - start for start, stop in blocks], dtype=np.float64)
    endless = np.linalg.inv(precision)
    hangs = np.tensordot(sizes, weights, axes=1) / n_items
    toward = hangs @ endless
    return Belief(
        mean=total / n_items + hangs @ (endless @ right),
        covariance=toward @ hangs.T + np.tensordot(sizes, left, axes=1) / n_items**2,
        depth=depth,
        blocks=blocks,
        weights=weights,
        left=left,
        toward=toward,
        endless=endless,
    )
