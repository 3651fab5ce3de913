"""What composites would score and cost on the items already bought: every one of them, free, by a few matrix products.

A composite is a *front*, which answers some items itself and passes the others on, and perhaps a *tail*, the last leg,
which answers those. With fronts as rows (n_fronts, n_items) and tails as rows (n_tails, n_items) the sums over items
of all n_fronts x n_tails composites are matrix products, so that a hundred thousand of them take milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import Single
from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, Floats, Ints, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.stats.paired import unit_sums

Floats32 = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """Live singles on the items where the baseline has a score; one row each, sorted by id.

    Attributes:
        singles: (n_rows,) the candidates; `base` is the row of the baseline.
        score, known: (n_rows, n_items) scores, 0 where unknown, and 1 where known.
        gap: (n_rows, n_items) score less the baseline's, 0 where unknown.
        answer: (n_rows, n_items) code of the answer that would stand or be voted for, -1 = none.
        confidence: (n_rows, n_items), NaN = none.
        item_usd: (n_rows, n_items) serving cost, scaled so that each row's mean is its expected cost `cost_usd`.
        weight: (n_items,) mean 1; fold: (n_items,) 0..n_folds-1, clusters kept together.
        units_per_item: effective number of independent units an item is worth; n_units: of the whole task.
    """

    singles: tuple[Single, ...]
    base: int
    score: Floats32
    known: Floats32
    gap: Floats32
    answer: Codes
    confidence: Floats32
    item_usd: Floats32
    cost_usd: Floats
    weight: Floats32
    fold: Ints
    units_per_item: float
    n_units: float

    @property
    def mean_gap(self) -> Floats:
        """(n_rows,) weighted mean gap to the baseline."""
        total = (self.gap * self.weight).sum(axis=1)
        return np.asarray(total / np.maximum((self.known * self.weight).sum(axis=1), 1e-9), dtype=np.float64)

    def picked(self, rows: Sequence[int]) -> "Bought":
        """Some rows in the order given; the baseline is not marked among them."""
        at = np.array(rows, dtype=np.int64)
        return replace(
            self,
            singles=tuple(self.singles[row] for row in rows),
            base=-1,
            score=self.score[at],
            known=self.known[at],
            gap=self.gap[at],
            answer=self.answer[at],
            confidence=self.confidence[at],
            item_usd=self.item_usd[at],
            cost_usd=self.cost_usd[at],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fronts:
    """(n_fronts, n_items) what stands before the tail: where it answers (1), is known, its gap and its cost in USD.

    Attributes:
        legs: rows of `Bought`, in order; thresholds: after each leg.
    """

    legs: tuple[tuple[int, ...], ...]
    thresholds: tuple[tuple[float, ...], ...]
    stops: Floats32
    known: Floats32
    gap: Floats32
    item_usd: Floats32


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Weighted sums over items, the first axis by fold: count, gap, squared gap, USD."""

    n: Floats
    gap: Floats
    square: Floats
    usd: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            n=self.n + other.n, gap=self.gap + other.gap, square=self.square + other.square, usd=self.usd + other.usd
        )

    def without(self, fold: int) -> "Sums":
        """Over all folds but one."""
        return Sums(
            n=self.n.sum(axis=0) - self.n[fold],
            gap=self.gap.sum(axis=0) - self.gap[fold],
            square=self.square.sum(axis=0) - self.square[fold],
            usd=self.usd.sum(axis=0) - self.usd[fold],
        )

    def at(self, *index: int | tuple[int, ...] | slice) -> "Sums":
        """Of some composites."""
        return Sums(n=self.n[index], gap=self.gap[index], square=self.square[index], usd=self.usd[index])

    def total(self) -> "Sums":
        """Over all folds."""
        return Sums(
            n=self.n.sum(axis=0), gap=self.gap.sum(axis=0), square=self.square.sum(axis=0), usd=self.usd.sum(axis=0)
        )


def bought(view: SearchView, *, min_items: int, max_items: int = 3000, n_folds: int = 5) -> Bought | None:
    """The live singles of known cost with `min_items` scored items of the baseline's; None without a baseline's.

    Only the first `max_items` of the baseline's items are looked at. O(n_candidates x n_items).
    """
    known = view.outcomes
    base_row = view.row[view.baseline_id]
    columns = np.flatnonzero(~np.isnan(known.score[base_row]))[:max_items]
    costs_usd = expected_costs(view)
    names = [c for c in sorted(view.pool) if isinstance(view.candidate(c), Single)]
    has = {c: int(np.count_nonzero(~np.isnan(known.score[view.row[c], columns]))) for c in names}
    names = [c for c in names if has[c] >= min_items and np.isfinite(costs_usd[view.row[c]])]
    if view.baseline_id not in names:
        return None
    rows = np.array([view.row[c] for c in names], dtype=np.int64)
    grid = np.ix_(rows, columns)
    score, is_ok = known.score[grid], known.status[grid] == STATUS_CODES[Status.OK]
    is_known = ~np.isnan(score)
    base = names.index(view.baseline_id)
    weights, codes = view.setting.item_weights, view.setting.cluster_codes
    return Bought(
        singles=tuple(single for c in names if isinstance(single := view.candidate(c), Single)),
        base=base,
        score=np.where(is_known, score, 0).astype(np.float32),
        known=is_known.astype(np.float32),
        gap=np.where(is_known, score - score[base], 0).astype(np.float32),
        answer=np.where(is_ok & is_known, known.answer[grid], -1).astype(np.int32),
        confidence=np.where(is_ok, known.confidence[grid], np.nan).astype(np.float32),
        item_usd=_item_usd(known.cost_usd[grid], costs_usd[rows]),
        cost_usd=costs_usd[rows],
        weight=weights[columns].astype(np.float32),
        fold=codes[columns] % n_folds,
        units_per_item=_n_worth(weights[columns], codes[columns]) / max(1, len(columns)),
        n_units=_n_worth(weights, codes),
    )


def _item_usd(cost_usd: Floats, expected_usd: Floats) -> Floats32:
    """Costs scaled to the expected mean, so that long items count as long; the mean where a cost is unknown."""
    has = ~np.isnan(cost_usd)
    mean = np.where(has, cost_usd, 0.0).sum(axis=1) / np.maximum(has.sum(axis=1), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = cost_usd * (expected_usd / mean)[:, None]
    return np.where(has & (mean > 0)[:, None], scaled, expected_usd[:, None]).astype(np.float32)


def _n_worth(weights: Floats, codes: Ints) -> float:
    """Effective number of independent units."""
    if not len(weights):
        return 0.0
    sizes = unit_sums(weights[None, :], np.unique(codes, return_inverse=True)[1])[0]
    return float(sizes.sum() ** 2 / (sizes * sizes).sum())


def undominated(found: Bought, n_best: int, *, without_base: bool = True) -> list[int]:
    """Rows with the fewest others that are both as cheap and as good on what was bought; ties to the better, the id."""
    cost, gap = found.cost_usd, np.round(found.mean_gap, 9)
    better = (cost[None, :] <= cost[:, None]) & (gap[None, :] >= gap[:, None])
    better &= (cost[None, :] < cost[:, None]) | (gap[None, :] > gap[:, None])
    order = sorted(range(len(cost)), key=lambda row: (int(better[row].sum()), -gap[row], found.singles[row].id))
    return [row for row in order if row != found.base or not without_base][:n_best]


def alone(found: Bought, rows: Sequence[int]) -> Fronts:
    """Singles as fronts that answer everything."""
    at = np.array(rows, dtype=np.int64)
    return Fronts(
        legs=tuple((row,) for row in rows),
        thresholds=((),) * len(at),
        stops=np.ones((len(at), found.gap.shape[1]), dtype=np.float32),
        known=found.known[at],
        gap=found.gap[at],
        item_usd=found.item_usd[at],
    )


def sums(found: Bought, fronts: Fronts, tails: Sequence[int] = ()) -> Sums:
    """(n_folds, n_fronts, n_tails) sums of every front with every tail; without tails of the fronts alone (n_tails 1).

    Items count where front and tail are both known. O(n_fronts x n_tails x n_items) in seven matrix products.
    """
    at = np.array(tails, dtype=np.int64)
    n_items = found.gap.shape[1]
    known = found.known[at] if len(at) else np.ones((1, n_items), dtype=np.float32)
    gap = found.gap[at] if len(at) else np.zeros((1, n_items), dtype=np.float32)
    usd = found.item_usd[at] * known if len(at) else gap
    n_folds = int(found.fold.max(initial=0)) + 1
    parts = [_fold_sums(found, fronts, (known, gap, usd), found.fold == fold) for fold in range(n_folds)]
    return Sums(
        n=np.stack([part.n for part in parts]),
        gap=np.stack([part.gap for part in parts]),
        square=np.stack([part.square for part in parts]),
        usd=np.stack([part.usd for part in parts]),
    )


def _fold_sums(
    found: Bought, fronts: Fronts, tails: tuple[Floats32, Floats32, Floats32], columns: npt.NDArray[np.bool_]
) -> Sums:
    known, gap, usd = (part[:, columns].T for part in tails)
    front = fronts.known[:, columns] * found.weight[columns]
    stands = fronts.stops[:, columns] * front
    passes = front - stands
    own = stands * fronts.gap[:, columns]
    return Sums(
        n=_product(front, known),
        gap=_product(own, known) + _product(passes, gap),
        square=_product(own * fronts.gap[:, columns], known) + _product(passes, gap * gap),
        usd=_product(front * fronts.item_usd[:, columns], known) + _product(passes, usd),
    )


def _product(left: Floats32, right: Floats32) -> Floats:
    return np.asarray(left @ right, dtype=np.float64)
