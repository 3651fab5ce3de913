"""Intervals for reports: 95 % each, and true at every look at once, so that nobody is fooled by when they looked.

Quality and gap are confidence sequences by betting along the shared order, failures at their worst for the lower bound
and at their best for the upper; what was bought beyond a hole of the order counts only where it is sure. Costs have no
useful upper limit; theirs is asymptotic, from about 50 items on, and below that the interval of the estimate stands
where it is wider. Each interval is for one candidate: of a hundred, five may miss.

They cost too much for every round (about a second for 100 candidates x 1,000 items): a search decides without them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modelsearch.core.result import Estimate, Interval
from modelsearch.core.search import Floats, Ints, SearchView
from modelsearch.decide.evidence import bets, births
from modelsearch.decide.noise import has_noise
from modelsearch.decide.pairs import Pairs, paired
from modelsearch.stats.paired import unit_sums
from modelsearch.stats.sequential import asymptotic_sequence, betting_sequence

LEVEL = 0.95


def with_anytime_intervals(view: SearchView, estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """The estimates of `estimates(view)`, in row order, with intervals that hold at every look; means stay.

    Whatever is None stays None. O(n_candidates x n_items), a few hundred times.
    """
    pairs, start = _paired_births(view)
    quality = _quality_bounds(view, pairs, start)
    gap = _gap_bounds(view, pairs, start)
    half = _cost_half_widths(view)
    return tuple(
        replace(
            estimate,
            quality=_cut(estimate.quality, quality[0][row], quality[1][row]),
            gap=_cut(estimate.gap, gap[0][row], gap[1][row]),
            cost_usd=_widened(estimate.cost_usd, half[row]),
        )
        for row, estimate in enumerate(estimates)
    )


def with_anytime_gaps(view: SearchView, estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """The same for the gaps alone, at a third of the time: for many looks at a few candidates."""
    low, high = _gap_bounds(view, *_paired_births(view))
    return tuple(replace(e, gap=_cut(e.gap, low[row], high[row])) for row, e in enumerate(estimates))


def _paired_births(view: SearchView) -> tuple[Pairs, Ints]:
    pairs = paired(view)
    return pairs, births(view, pairs)


def _gap_bounds(view: SearchView, pairs: Pairs, start: Ints) -> tuple[Floats, Floats]:
    """(n_candidates,) bounds of the gap over all items; 0 for the baseline."""
    bet = bets(pairs, view.task.margin)
    n_units, alpha = bet.bound.n_units, 1.0 - LEVEL
    is_noisy = has_noise(view.task)
    low = betting_sequence(bet.low, n_units, alpha, start, is_population=is_noisy)[0] * bet.scale
    high = betting_sequence(bet.high, n_units, alpha, start, is_population=is_noisy)[1] * bet.scale
    low, high = np.maximum(low, -1.0), np.minimum(high, 1.0)
    low[pairs.baseline_row] = high[pairs.baseline_row] = 0.0
    return low, high


def _quality_bounds(view: SearchView, pairs: Pairs, start: Ints) -> tuple[Floats, Floats]:
    """(n_candidates,) bounds of the quality over all items, in [0, 1]."""
    weight = unit_sums(pairs.weights[None, :], pairs.codes)[0]
    largest, scale = float(weight.max()), float(weight.max()) * len(weight) / float(weight.sum())
    has = view.outcomes.status > 0
    alpha = 1.0 - LEVEL

    def units(if_failed: float) -> Floats:
        """Twice a unit's score less its weight, over the largest weight: in [-1, 1]."""
        score = np.where(np.isnan(pairs.score), if_failed, pairs.score)
        values = np.where(has, (2 * score - 1) * pairs.weights, np.nan)
        return unit_sums(values, pairs.codes) / largest

    is_noisy = has_noise(view.task)
    low = betting_sequence(units(0.0), len(weight), alpha, start, is_population=is_noisy)[0]
    high = betting_sequence(units(1.0), len(weight), alpha, start, is_population=is_noisy)[1]
    return np.clip((1 + low * scale) / 2, 0.0, 1.0), np.clip((1 + high * scale) / 2, 0.0, 1.0)


def _cost_half_widths(view: SearchView) -> Floats:
    """(n_candidates,) of the mean cost of an item in USD; inf without two items."""
    cost = view.outcomes.cost_usd
    known = ~np.isnan(cost)
    n = known.sum(axis=1).astype(np.float64)
    mean = np.where(known, cost, 0.0).sum(axis=1) / np.maximum(n, 1.0)
    squares = np.where(known, (cost - mean[:, None]) ** 2, 0.0).sum(axis=1)
    half = asymptotic_sequence(squares / np.maximum(n - 1.0, 1.0), n, float(cost.shape[1]), 1.0 - LEVEL)
    return np.where(n > 1, half, np.inf)


def _cut(interval: Interval | None, low: float, high: float) -> Interval | None:
    """The interval at other bounds, its mean always inside."""
    if interval is None:
        return None
    return replace(interval, low=min(float(low), interval.mean), high=max(float(high), interval.mean), level=LEVEL)


def _widened(interval: Interval | None, half: float) -> Interval | None:
    """The interval at the mean -+ half, where that is wider than it was; never below 0."""
    if interval is None or not np.isfinite(half):
        return interval
    low, high = max(0.0, interval.mean - float(half)), interval.mean + float(half)
    return replace(interval, low=min(low, interval.low), high=max(high, interval.high))
