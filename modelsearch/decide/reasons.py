"""The recommendation's reason in sentences that a client understands, with the numbers behind it.

The certainty itself is not said here: whoever shows a reason shows it beside the recommendation's certainty.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from modelsearch.core.result import Estimate
from modelsearch.core.search import SearchView
from modelsearch.decide.choice import Option
from modelsearch.decide.evidence import SURE_LOG_E, bets, births
from modelsearch.decide.noise import has_noise
from modelsearch.decide.pairs import paired
from modelsearch.stats.noninferiority import lower_bound

Z_95 = 1.96
TOLD_SHRINKAGE = 0.1
"""A probability further than this from what the candidate's own interval says is explained."""


def certified_reason(view: SearchView, estimate: Estimate) -> str:
    """Why a candidate is certified: items, gap, its lower bound, level, and how failures were taken."""
    head = _scored(estimate)
    margin = f"{points(view.task.margin)} points accepted"
    if estimate.log_e_value >= SURE_LOG_E:
        left = len(view.setting.item_ids) - estimate.n_pairs
        rest = "on all items there are" if left == 0 else f"whatever the {left} items not yet bought bring"
        return f"{head}; the loss is surely within the {margin}, {rest}{_failures(estimate)}"
    level = f"{100 * (1 - view.task.alpha):g} %"
    low = certified_low(view, estimate)
    return (
        f"{head}, at least {signed(low)} points at {level}, within the {margin}; valid however often it was looked at "
        f"and over all candidates compared (e-value 10^{estimate.log_e_value / np.log(10):.1f}, needed "
        f"10^{-np.log10(estimate.alpha_share):.1f}){_failures(estimate)}"
    )


def likely_reason(view: SearchView, estimate: Estimate) -> str:
    """Why a candidate is worth recommending without a certificate."""
    p = 100 * (estimate.p_non_inferior or 0.0)
    return (
        f"{_scored(estimate)}{_between(estimate)}; the probability that it loses no more than "
        f"{points(view.task.margin)} points on all {len(view.setting.item_ids)} items is {p:.0f} %"
        f"{_shrunk(view, estimate)}{_failures(estimate)}"
    )


def certified_note(option: Option) -> str:
    """What a likely recommendation is preferred to."""
    name, saving = option.estimate.candidate_id, 100 * option.saving
    return f"; {name} is certified, but saves only {saving:.0f} %: so much less that the chance is worth more"


def limits_note(baseline: Estimate) -> str:
    """A warning where the baseline that is kept breaks the client's own limits; else empty."""
    if baseline.is_feasible:
        return ""
    return "; note that the baseline itself breaks a limit of the task (cost, latency or quality): see its estimate"


def keep_reason(view: SearchView, estimates: Sequence[Estimate]) -> str:
    """Why keeping the baseline is certified."""
    n = sum(1 for e in estimates if e.verdict.value == "inferior")
    if n == 0:
        return f"no usable candidate of the starting pool costs less within your limits{_unusable(view)}"
    loss = f"more than {points(view.task.margin)} points"
    return f"every usable cheaper candidate of the starting pool loses {loss} ({n} shown inferior){_unusable(view)}"


def _unusable(view: SearchView) -> str:
    n = len(view.dropped_free)
    return f"; {n} that left before anything was asked are not part of this" if n else ""


def undecided_reason(view: SearchView, baseline: Estimate, still_open: Sequence[Estimate], best: Option | None) -> str:
    """Why the baseline is kept without proof that this is right."""
    if baseline.cost_usd is None:
        return "what it costs is not known, so no saving can be stated"
    if not still_open and baseline.n_items == 0:
        return "by list prices no usable candidate costs less, and nothing was bought to check it"
    if baseline.n_items == 0:
        return "none of its items was bought or imported, so nothing was compared with it"
    head = f"{_count(len(still_open))} could still be good enough"
    bare = _of_them(view, still_open)
    if best is None:
        return head + bare
    chance = 100 * (best.estimate.p_non_inferior or 0.0)
    return (
        f"{head}{bare}; the best chance has {best.estimate.label}: {_scored(best.estimate)}{_between(best.estimate)}, "
        f"{chance:.0f} % likely to lose no more than {points(view.task.margin)} points"
        f"{_shrunk(view, best.estimate)}: "
        f"not worth the risk for a saving of {100 * best.saving:.0f} %"
    )


def _of_them(view: SearchView, still_open: Sequence[Estimate]) -> str:
    """How many of those still open were never compared, and how many were dropped without being proven inferior."""
    n_bare = sum(1 for e in still_open if e.n_pairs == 0)
    n_dropped = sum(1 for e in still_open if e.n_pairs > 0 and e.candidate_id not in view.pool)
    parts = [f"{n_bare} of them never compared"] if n_bare else []
    parts += [f"{n_dropped} of them unlikely enough to be dropped, though not proven worse"] if n_dropped else []
    return f" ({', '.join(parts)})" if parts else ""


def certified_low(view: SearchView, estimate: Estimate) -> float:
    """Anytime-valid lower bound of a candidate's gap over all items, at its own share of alpha, in score units."""
    pairs = paired(view)
    bet = bets(pairs, view.task.margin)
    row = view.row[estimate.candidate_id]
    start = int(births(view, pairs)[row])
    is_noisy = has_noise(view.task)
    per_unit = lower_bound(bet.low[row], bet.bound.n_units, estimate.alpha_share, start, is_population=is_noisy)
    # what lies between two points of the grid is not looked at; the margin itself is: it is what was rejected
    is_certified = estimate.log_e_value >= -np.log(estimate.alpha_share)
    return max(-view.task.margin if is_certified else -1.0, per_unit * bet.scale)


def points(share: float) -> str:
    """Score units as points of 100, without a sign."""
    return f"{100 * abs(share):.2g}"


def signed(share: float) -> str:
    """Score units as points of 100, with a minus where it is below 0."""
    return f"{100 * share:.1f}"


def _scored(estimate: Estimate) -> str:
    if estimate.gap is None:
        return f"{estimate.label} was never compared with the baseline"
    gap = estimate.gap.mean
    side = "the same as" if abs(gap) < 5e-4 else "below" if gap < 0 else "above"
    size = "" if side == "the same as" else f"{100 * abs(gap):.1f} points "
    return f"on {estimate.n_pairs} shared items it scored {size}{side} the baseline"


def _between(estimate: Estimate) -> str:
    if estimate.gap is None:
        return ""
    return f" (95 % interval {signed(estimate.gap.low)} to {signed(estimate.gap.high)} points)"


def _shrunk(view: SearchView, estimate: Estimate) -> str:
    """Why the probability is not what the interval beside it suggests; empty where the two agree."""
    if estimate.gap is None or estimate.p_non_inferior is None:
        return ""
    spread = max((estimate.gap.high - estimate.gap.low) / (2 * Z_95), 1e-9)
    alone = NormalDist().cdf((estimate.gap.mean + view.task.margin) / spread)
    if abs(alone - estimate.p_non_inferior) < TOLD_SHRINKAGE:
        return ""
    these = "this item" if estimate.n_pairs == 1 else f"these {estimate.n_pairs} items"
    return f" ({100 * alone:.0f} % by {these} alone; how hard the items are and how others did on them tells the rest)"


def _failures(estimate: Estimate) -> str:
    share = estimate.evidence_missing_share
    return f"; {100 * share:.1f} % of these items failed and were taken at their worst" if share > 0 else ""


def _count(n: int) -> str:
    return "1 cheaper candidate" if n == 1 else f"{n} cheaper candidates"
