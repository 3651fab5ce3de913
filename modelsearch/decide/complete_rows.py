"""Certificates of candidates whose row is complete, or nearly so: one test of the baseline serves them all.

See `stats.reference_bound` for why: neither the number of such candidates nor how they were chosen or made costs any
level, composites made from the data included, and the complete rows tell how hard each item is. So completing the row
of a cheap contender often buys more than the baseline's items that it costs.

The features and their parts are fixed before any outcome: half of the stake over single rows of the starting pool,
more on the cheaper by list price for they are completed first; half over the means of the 2, 4, 8, ... cheapest.
"""

import numpy as np

from modelsearch.core.search import Bools, Floats, Ints, SearchView
from modelsearch.decide.alpha import shared_level
from modelsearch.decide.pairs import Pairs
from modelsearch.stats.paired import unit_sums
from modelsearch.stats.reference_bound import ReferenceBets, best_log_wealth_below, reference_bets

NESTED_SIZES = (2, 4, 8, 16, 32)
NESTED_PART = 0.5
MAX_FEATURES = 16
"""At most so many are bet on, those with the largest parts; the others count as lost."""
MIN_STEPS = 5
LEAST_EDGE = 0.005
"""With a margin of 0 the bets still expect some difference."""


def log_shared(view: SearchView, pairs: Pairs) -> Floats:
    """(n_candidates,) log e-value against "inferior by more than the margin" from the shared test; 0 = says nothing.

    An item that a candidate does not have counts as wrong: what is left is a lower bound of its quality, and so of the
    evidence. Features alone must be complete. Whether a value reaches the shared level is exact; the value itself may
    be less than what the candidate has. O(n_features x n_items).
    """
    found = np.zeros(len(view.candidates))
    has: Bools = view.outcomes.status > 0
    is_complete, is_begun = np.all(has, axis=1), np.any(has, axis=1)
    is_complete[pairs.baseline_row] = is_begun[pairs.baseline_row] = False
    if not is_complete.any():
        return found
    bets, unit = _bets(view, pairs, is_complete)
    if bets is None:
        return found
    score = np.where(np.isnan(pairs.score), 0.0, pairs.score)
    totals = (score @ pairs.weights + view.task.margin * pairs.weights.sum()) / unit
    rows = np.flatnonzero(is_begun)
    enough = -float(np.log(shared_level(view.task.alpha)))
    _fill(found, rows[np.argsort(-totals[rows], kind="stable")], totals, bets, enough)
    return found


def _fill(found: Floats, rows: Ints, totals: Floats, bets: ReferenceBets, enough: float) -> None:
    """Log wealth of rows sorted by falling total: exact for the first and, by halving, about where it is enough."""
    found[rows[0]] = best_log_wealth_below(bets, float(totals[rows[0]]))
    if found[rows[0]] < enough:
        return
    good, bad = 0, len(rows)
    while bad - good > 1:
        middle = (good + bad) // 2
        found[rows[middle]] = best_log_wealth_below(bets, float(totals[rows[middle]]))
        good, bad = (middle, bad) if found[rows[middle]] >= enough else (good, middle)
    # evidence falls along the rows: what a later one has, an earlier one has as well
    found[rows] = np.maximum.accumulate(found[rows][::-1])[::-1]


def _bets(view: SearchView, pairs: Pairs, is_complete: Bools) -> tuple[ReferenceBets | None, float]:
    """The bets on the baseline's run, None without any; and the largest weight of a unit."""
    size = unit_sums(pairs.weights[None, :], pairs.codes)[0]
    largest = float(size.max())
    is_known = (view.outcomes.status[pairs.baseline_row] > 0).astype(np.float64)
    is_whole = unit_sums(1.0 - is_known[None, :], pairs.codes)[0] == 0
    n_steps = int(np.logical_and.accumulate(is_whole).sum())
    rows, parts = _features(view, is_complete)
    if n_steps < MIN_STEPS or not len(parts):
        return None, largest
    base = np.where(np.isnan(pairs.score[pairs.baseline_row]), 1.0, pairs.score[pairs.baseline_row])
    score = np.where(np.isnan(pairs.score), 0.0, pairs.score)
    y = unit_sums((base * pairs.weights)[None, :], pairs.codes)[0] / largest
    x = unit_sums((rows @ score) * pairs.weights, pairs.codes) / largest
    edge = max(view.task.margin, LEAST_EDGE) * float(size.mean()) / largest
    return reference_bets(np.minimum(y[:n_steps], 1.0), np.clip(x, 0.0, 1.0), parts, edge), largest


def _features(view: SearchView, is_complete: Bools) -> tuple[Floats, Floats]:
    """(n_features, n_candidates) averaging weights of the complete features, and their parts of the stake."""
    setting = view.setting
    unusable = view.dropped_free | {setting.baseline_id}
    ids = [c.id for c in setting.candidates if c.id not in unusable]
    cost = np.array([setting.list_cost_usd.get(i, np.inf) for i in ids], dtype=np.float64)
    order = np.argsort(cost, kind="stable")
    rows = np.array([view.row[ids[at]] for at in order], dtype=np.int64)
    singles = 1.0 / np.sqrt(1.0 + np.arange(len(rows), dtype=np.float64))
    parts = list((1.0 - NESTED_PART) * singles / singles.sum())
    groups = [rows[at : at + 1] for at in range(len(rows))]
    for size in (size for size in NESTED_SIZES if size <= len(rows)):
        groups.append(rows[:size])
        parts.append(NESTED_PART / len(NESTED_SIZES))
    kept = [at for at, group in enumerate(groups) if is_complete[group].all()]
    kept = sorted(kept, key=lambda at: -parts[at])[:MAX_FEATURES]
    weights = np.zeros((len(kept), len(view.candidates)))
    for row, at in enumerate(kept):
        weights[row, groups[at]] = 1.0 / len(groups[at])
    return weights, np.array([parts[at] for at in kept], dtype=np.float64)
