"""Candidates as arms of a bandit: what is believed of each, and the next batches by gain per dollar.

An arm is a live candidate that is expected to cost less than the baseline; a pull is its next batch of items beside the
baseline's, along the shared order, and costs what both lack. The reward of choosing an arm is that of `decide.choice`:
the share of the available saving that it captures if it is good enough, -1 if it is not, 0 for keeping the baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, Ints, Probe, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import PairedGaps, paired_gaps
from modelsearch.search.probes import Purse, depth, merged, prefix

FREE_USD = 1e-12
"""What a free pull counts as, so that gains per dollar can be compared among free ones."""
PRIOR_LINE = (-0.03, 0.03)
"""Expected gap at the baseline's own cost, and its fall per factor e below: cheaper candidates are worse on average."""
LINE_ARMS = 4.0
"""How many compared arms the prior line counts for."""
PRIOR_SPREAD = 0.2
"""Standard deviation of a true gap around the line, score units, before any arm was compared."""
LEAST_SPREAD = 0.03


@dataclass(frozen=True, kw_only=True)
class Arms:
    """Everything about all arms, one entry each, in the order of their ids.

    Attributes:
        ids, rows: who they are, and their rows of the view.
        saving: (n,) expected 1 - cost / the baseline's cost, in (0, 1].
        n_pairs: (n,) items compared with the baseline.
        gap: (n,) mean paired difference, NaN without pairs; error: (n,) its sampling variance over all items,
            infinite without pairs, 0 where all are compared.
        mean, sd: (n,) posterior of the gap over all items, score units.
    """

    ids: tuple[CandidateId, ...]
    rows: Ints
    saving: Floats
    n_pairs: Ints
    gap: Floats
    error: Floats
    mean: Floats
    sd: Floats
    margin: float

    @cached_property
    def p_good(self) -> Floats:
        """(n,) probability that the gap is at least -margin."""
        z = (self.mean + self.margin + 1e-9) / np.maximum(self.sd, 1e-9)
        return np.asarray(ndtr(np.clip(z, -40.0, 40.0)), dtype=np.float64)

    @cached_property
    def reward(self) -> Floats:
        """(n,) share of the available saving that each captures if it is good enough, in (0, 1]."""
        left, total = 1.0, 0.0
        for at in np.argsort(-self.saving, kind="stable"):
            total += left * float(self.p_good[at] * self.saving[at])
            left *= 1.0 - float(self.p_good[at])
        best = total / (1.0 - left) if left < 1.0 else float(self.saving.max(initial=0.0))
        return np.minimum(1.0, self.saving / best) if best > 0 else np.zeros(len(self.ids))

    @property
    def worth_now(self) -> float:
        """What the best choice is worth on what is known: max of p (reward + 1) - 1 over compared arms, at least 0."""
        worth = np.where(self.n_pairs > 0, self.p_good * (self.reward + 1.0) - 1.0, 0.0)
        return float(worth.max(initial=0.0))


def arms(view: SearchView) -> Arms:
    """The arms of a view; none where the baseline's cost is unknown or 0. O(n_candidates x n_items)."""
    costs_usd = expected_costs(view)
    base_usd = float(np.nan_to_num(costs_usd[view.row[view.baseline_id]]))
    cheaper = [c for c in sorted(view.pool) if c != view.baseline_id and costs_usd[view.row[c]] < base_usd]
    rows = np.array([view.row[c] for c in cheaper], dtype=np.int64)
    saving = 1.0 - costs_usd[rows] / base_usd if cheaper else np.zeros(0)
    found = paired_gaps(view)
    gap, error = found.gap[rows], found.noise_variance[rows]
    mean, variance = _posterior(gap, error, _log_costs(costs_usd, base_usd, rows), _compared(view, found, costs_usd))
    return Arms(
        ids=tuple(cheaper),
        rows=rows,
        saving=saving,
        n_pairs=found.n_pairs[rows],
        gap=gap,
        error=error,
        mean=mean,
        sd=np.sqrt(variance),
        margin=view.task.margin,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Prior mean of a gap = level + slope x log(cost / baseline's cost); `variance` around it."""

    level: float
    slope: float
    variance: float


def _log_costs(costs_usd: Floats, base_usd: float, rows: Ints) -> Floats:
    """(n_rows,) log of each cost over the baseline's, at most 0, not below a millionth."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = costs_usd[rows] / base_usd
    return np.asarray(np.log(np.clip(np.nan_to_num(ratio, nan=1.0), 1e-6, 1.0)), dtype=np.float64)


def _compared(view: SearchView, found: PairedGaps, costs_usd: Floats) -> _Line:
    """The line through all candidates that were compared, dropped ones included, shrunk to the prior line."""
    base_row = view.row[view.baseline_id]
    rows = np.flatnonzero((found.n_pairs > 0) & (np.arange(len(costs_usd)) != base_row) & ~np.isnan(costs_usd))
    base_usd = float(np.nan_to_num(costs_usd[base_row]))
    if not len(rows) or base_usd <= 0:
        return _Line(level=PRIOR_LINE[0], slope=PRIOR_LINE[1], variance=PRIOR_SPREAD**2)
    x, error = _log_costs(costs_usd, base_usd, rows), found.noise_variance[rows]
    weight = PRIOR_SPREAD**2 / (PRIOR_SPREAD**2 + error)
    design = np.column_stack([np.ones(len(x)), x])
    rest = found.gap[rows] - design @ np.array(PRIOR_LINE)
    prior = LINE_ARMS * np.diag([1.0, 4.0])
    change = np.linalg.solve((design * weight[:, None]).T @ design + prior, design.T @ (weight * rest))
    squares = float((weight * ((rest - design @ change) ** 2 - error)).sum())
    variance = (squares + LINE_ARMS * PRIOR_SPREAD**2) / (float(weight.sum()) + LINE_ARMS)
    level, slope = np.array(PRIOR_LINE) + change
    return _Line(level=float(level), slope=float(slope), variance=max(variance, LEAST_SPREAD**2))


def _posterior(gap: Floats, error: Floats, log_costs: Floats, line: _Line) -> tuple[Floats, Floats]:
    """(n,) mean and variance of each gap over all items: the line and what was seen, by their precisions."""
    prior = line.level + line.slope * log_costs
    trust = np.where(np.isinf(error), 0.0, line.variance / (line.variance + np.where(np.isinf(error), 0.0, error)))
    mean = prior + trust * np.where(trust > 0, np.nan_to_num(gap) - prior, 0.0)
    return np.asarray(mean, dtype=np.float64), np.asarray(line.variance * (1.0 - trust), dtype=np.float64)


def next_depths(view: SearchView, found: Arms, first_items: int, growth: float) -> dict[CandidateId, int]:
    """The depth of each arm's next batch, beside the baseline; those that cannot go deeper left out.

    Left alone, too, is who was asked a whole first batch without one score.
    """
    n_total, n_base = len(view.setting.item_ids), depth(view, view.baseline_id)
    depths = {}
    for candidate_id, row in zip(found.ids, found.rows, strict=True):
        n_deep = min(n_base, depth(view, candidate_id))
        n_scored = int(np.count_nonzero(~np.isnan(view.outcomes.score[row])))
        is_silent = n_scored == 0 and view.n_bought(candidate_id) >= min(first_items, n_total)
        if n_deep < n_total and not is_silent:
            wanted = max(first_items, n_deep + 1, int(np.ceil(n_deep * growth)))
            depths[candidate_id] = min(n_total, wanted)
    return depths


def bought_by_gain(
    view: SearchView, gain: Mapping[CandidateId, float], depths: Mapping[CandidateId, int], n_candidates: int
) -> tuple[Probe, ...]:
    """Next batches by gain per expected USD, one after the other, each beside the baseline.

    Once a batch has paid for the baseline's items, others that need them cost less: prices are asked anew each time.
    A batch that is too dear is cut to the depth that the money reaches.

    Args:
        view: of the round; `view.spend_left_usd` bounds the whole.
        gain: of each arm's next batch, above 0 where it is worth anything; others are left out.
        depths: of each arm's next batch.
        n_candidates: at most so many batches.
    """
    purse = Purse(view)
    probes: list[Probe] = []
    open_arms = {c: g for c, g in sorted(gain.items()) if g > 0 and c in depths}
    while open_arms and len(probes) < 2 * n_candidates:
        usd = {c: purse.prefix_usd((view.baseline_id, c), depths[c]) for c in open_arms}
        best = max(open_arms, key=lambda c: (round(np.log(max(open_arms[c] / max(usd[c], FREE_USD), 1e-300)), 9), c))
        del open_arms[best]
        reached = purse.affordable_depth((view.baseline_id, best), depths[best])
        pair = [prefix(view, c, reached) for c in (view.baseline_id, best)]
        if any(probe.item_ids for probe in pair) and purse.buy(pair):
            probes += pair
    return merged(probes)
