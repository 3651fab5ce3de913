"""What serving an item costs: what was bought, blended with list prices while that is little.

List costs know the price and guess the tokens, and the guess errs alike for all candidates; so they are scaled by the
ratio of bought to list cost over all candidates with both, shrunk to 1, and count as much as `LIST_ITEMS` bought items.
"""

import numpy as np

from modelsearch.core.candidate import Single, singles_of
from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Interval
from modelsearch.core.search import Floats, SearchView
from modelsearch.stats.intervals import student

LIST_ITEMS = 2.0
RATIO_CANDIDATES = 2.0
LIST_LOG_SPREAD = 1.0
"""Standard deviation of log(true cost / scaled list cost): token counts differ by a factor of e and more."""
ITEM_LOG_SPREAD = 0.6
"""Standard deviation of an item's cost over its mean, assumed as if seen on `LIST_ITEMS` items."""
LOG_SPREAD, SPREAD_ROWS = 0.6, 4.0
"""Standard deviation of log(cost / scaled list cost) over models, and the rows that this guess counts as."""
SPREAD_ITEMS = 8.0
"""Items that `ITEM_LOG_SPREAD` counts as beside a candidate's own."""
Z_95 = 1.96


def cost_intervals(view: SearchView) -> tuple[Interval | None, ...]:
    """USD per item of each candidate in row order; None = unknown, never 0. O(n_candidates x n_items).

    A composite without outcomes is taken at the sum of its members, the most that it can be; at least it is its first.
    """
    cost = view.outcomes.cost_usd
    known = ~np.isnan(cost)
    n = known.sum(axis=1).astype(np.float64)
    total = np.where(known, cost, 0.0).sum(axis=1)
    listed = _scaled_list_costs(view, n, total)
    weight = np.where(np.isnan(listed), 0.0, LIST_ITEMS)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (total + weight * np.nan_to_num(listed)) / (n + weight)
        squares = np.where(known, (cost - (total / n)[:, None]) ** 2, 0.0).sum(axis=1)
    variance = (squares + LIST_ITEMS * (ITEM_LOG_SPREAD * mean) ** 2) / (n + LIST_ITEMS)
    left = np.clip(1.0 - n / cost.shape[1], 0.0, 1.0)
    low, high = student(mean, np.sqrt(variance * left / np.maximum(n, 1.0)), n + LIST_ITEMS)
    low = np.where(n > 0, np.maximum(low, mean / 10), mean * np.exp(-Z_95 * LIST_LOG_SPREAD))
    high = np.where(n > 0, high, mean * np.exp(Z_95 * LIST_LOG_SPREAD))
    rows = [_interval(*numbers) for numbers in zip(mean, low, high, strict=True)]
    return tuple(row if row is not None else _composite(view, at, rows) for at, row in enumerate(rows))


def _scaled_list_costs(view: SearchView, n: Floats, total: Floats) -> Floats:
    """(n_candidates,) list cost times the pool's ratio of bought to list cost; NaN = unknown."""
    listed = np.array([view.setting.list_cost_usd.get(c.id, np.nan) for c in view.candidates], dtype=np.float64)
    both = (n > 0) & (total > 0) & (np.nan_to_num(listed) > 0)
    ratios = np.log(total[both] / n[both] / listed[both])
    return np.asarray(listed * np.exp(ratios.sum() / (ratios.size + RATIO_CANDIDATES)), dtype=np.float64)


def log_cost_spreads(view: SearchView) -> Floats:
    """(n_candidates,) standard deviation of the log of each expected cost; of who has no outcome, the pool's.

    The pool's is that of log(bought / scaled list cost) over all candidates with both, shrunk to `LOG_SPREAD`.
    """
    if view.setting.is_cost_known:
        return np.full(len(view.candidates), 1e-6)
    cost = view.outcomes.cost_usd
    known = ~np.isnan(cost)
    n = known.sum(axis=1).astype(np.float64)
    total = np.where(known, cost, 0.0).sum(axis=1)
    mean = total / np.maximum(n, 1.0)
    squares = np.where(known, (cost - mean[:, None]) ** 2, 0.0).sum(axis=1)
    own = np.divide(squares, mean**2, out=np.zeros_like(n), where=mean > 0)
    of_item = (own + SPREAD_ITEMS * ITEM_LOG_SPREAD**2) / (n + SPREAD_ITEMS)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log(mean / _scaled_list_costs(view, n, total))
    seen = ratios[np.isfinite(ratios) & (n > 0)]
    pool = (float((seen**2).sum()) + SPREAD_ROWS * LOG_SPREAD**2) / (len(seen) + SPREAD_ROWS)
    left = np.clip(1.0 - n / cost.shape[1], 0.0, 1.0)
    return np.asarray(np.sqrt(of_item * left / (n + of_item / pool) + 1e-9), dtype=np.float64)


def _interval(mean: float, low: float, high: float) -> Interval | None:
    return None if np.isnan(mean) else Interval(mean=float(mean), low=float(low), high=float(high))


def _composite(view: SearchView, row: int, singles: list[Interval | None]) -> Interval | None:
    candidate = view.candidates[row]
    if isinstance(candidate, Single):
        return None
    members = [_member(view, member.id, singles) for member in singles_of(candidate)]
    known = [member for member in members if member is not None]
    if len(known) < len(members):
        return None
    total = sum(member.mean for member in known)
    return Interval(mean=total, low=known[0].low, high=sum(member.high for member in known))


def _member(view: SearchView, member_id: CandidateId, singles: list[Interval | None]) -> Interval | None:
    return singles[view.row[member_id]] if member_id in view.row else None
