"""What the client wants of a candidate, term by term: cost, quality, latency, and by how much each limit is broken.

Everything is an estimate from what was bought (list prices for costs); what is not known is NaN and breaks no limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single, singles_of
from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, Bools, Floats, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import mean_scores, quality

OBJECTIVES = ("cost", "quality", "latency")
CLIENT_LIMITS = ("max_cost", "min_quality", "max_latency", "min_context")
"""Limits that the client sets (or that the baseline sets for cost); `non_inferior` is the search's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """One entry per live candidate, in the order of `view.pool`.

    Attributes:
        cost_usd: (n_pool,) expected USD per item; quality: (n_pool,) estimate in score units; latency_s: (n_pool,) 95th
            percentile in s per item. NaN = not known.
        target_quality: where more earns nothing: the client's, else the baseline's estimate; NaN = not known.
        excess: by limit, (n_pool,) how far beyond it, above 0 = broken, NaN = not known; limits that nobody set are
            absent. `max_cost` (client's, and the baseline's cost), `max_latency`, `min_context` as a share of the
            limit; `min_quality` and `non_inferior` (baseline's quality less margin) in score units.
    """

    cost_usd: Floats
    quality: Floats
    latency_s: Floats
    target_quality: float
    excess: Mapping[str, Floats]

    @property
    def feasible(self) -> Mapping[str, Bools]:
        """By limit, (n_pool,) whether it is kept as far as is known."""
        return {name: ~(excess > 0) for name, excess in self.excess.items()}

    @property
    def terms(self) -> Mapping[str, Floats]:
        """By objective, (n_pool,) what is left to its limit as a share, at most 1; absent without a limit.

        cost and latency: (limit - value) / limit; quality: value / target, capped at 1. NaN = not known.
        """
        found = {name: -self.excess[f"max_{name}"] for name in ("cost", "latency") if f"max_{name}" in self.excess}
        if self.target_quality > 0:
            found["quality"] = np.minimum(self.quality / self.target_quality, 1.0)
        return found


def objectives(view: SearchView) -> Objectives:
    """The estimates of all live candidates and their limits. O(n_candidates x n_items)."""
    rows = [view.row[candidate_id] for candidate_id in view.pool]
    wanted = view.task.requirements
    base_quality = float(mean_scores(view)[view.row[view.baseline_id]])
    cost_usd, estimate = expected_costs(view), quality(view)[rows]
    latency_s = latency_p95_s(view)[rows]
    excess = {}
    limit_usd = _cost_limit_usd(view, float(cost_usd[view.row[view.baseline_id]]))
    if limit_usd > 0:
        excess["max_cost"] = cost_usd[rows] / limit_usd - 1.0
    if wanted.min_quality is not None:
        excess["min_quality"] = wanted.min_quality - estimate
    if wanted.max_latency_s is not None:
        excess["max_latency"] = latency_s / wanted.max_latency_s - 1.0
    if wanted.min_context_tokens is not None:
        excess["min_context"] = 1.0 - _context_tokens(view)[rows] / wanted.min_context_tokens
    if not np.isnan(base_quality):
        excess["non_inferior"] = np.round(base_quality - view.task.margin - estimate, 9)
    return Objectives(
        cost_usd=cost_usd[rows],
        quality=estimate,
        latency_s=latency_s,
        target_quality=base_quality if wanted.target_quality is None else wanted.target_quality,
        excess=excess,
    )


def latency_p95_s(view: SearchView) -> Floats:
    """(n_candidates,) 95th percentile of s per item over the items known; the endpoint's recorded latency without any.

    Source: the linear interpolation of numpy's quantile, type 7 of Hyndman & Fan 1996, doi:10.2307/2684934.
    """
    ordered = np.sort(latencies_s(view), axis=1)  # NaN last
    n = np.count_nonzero(~np.isnan(ordered), axis=1)
    at = 0.95 * np.maximum(n - 1, 0)
    below = np.floor(at).astype(np.int64)
    low, high = (np.take_along_axis(ordered, i[:, None], axis=1)[:, 0] for i in (below, np.ceil(at).astype(np.int64)))
    found: Floats = low + (at - below) * (high - low)
    for row in np.flatnonzero(n == 0):
        endpoint = view.endpoint(view.candidates[row].id)
        if endpoint is not None and endpoint.recorded_latency_s is not None:
            found[row] = endpoint.recorded_latency_s
    return found


def latencies_s(view: SearchView) -> Floats:
    """(n_candidates, n_items) s per item; a composite's own, or else what its members' make of it.

    Members of an ensemble are asked at once: the longest. Legs of a cascade one after the other: the sum of those
    reached, as its rule and thresholds say. NaN = not known.
    """
    known = np.asarray(view.outcomes.latency_s, dtype=np.float64)
    if all(isinstance(candidate, Single) for candidate in view.candidates):
        return known
    made = [known[row] if isinstance(c, Single) else _made_s(view, known, c) for row, c in enumerate(view.candidates)]
    return np.where(np.isnan(known), np.array(made), known)


def _made_s(view: SearchView, known: Floats, candidate: Candidate) -> Floats:
    """(n_items,) latency of a composite from its members'."""
    rows = [view.row.get(single.id) for single in singles_of(candidate)]
    members = np.array([np.full(known.shape[1], np.nan) if row is None else known[row] for row in rows])
    if isinstance(candidate, Ensemble):
        return np.asarray(members.max(axis=0), dtype=np.float64)
    if not isinstance(candidate, Cascade):
        return np.full(known.shape[1], np.nan)
    total: Floats = members[0].copy()
    is_reached = ~_stands(view, rows[:1], candidate)
    for n_asked, leg in enumerate(members[1:], start=2):
        total[is_reached] += leg[is_reached]
        is_reached &= ~_stands(view, rows[:n_asked], candidate)
    return total


def _stands(view: SearchView, rows: list[int | None], cascade: Cascade) -> Bools:
    """(n_items,) whether the answer of the last leg asked stands: it is sure, or says what an earlier leg said."""
    row, known = rows[-1], view.outcomes
    if row is None or len(rows) == len(cascade.legs):
        return np.ones(known.score.shape[1], dtype=np.bool_)
    is_ok = known.status[row] == STATUS_CODES[Status.OK]
    is_sure = np.nan_to_num(known.confidence[row], nan=-np.inf) >= cascade.thresholds[len(rows) - 1]
    if cascade.rule == "agreement":
        for earlier in rows[:-1]:
            if earlier is not None:
                is_sure |= (known.answer[row] >= 0) & (known.answer[row] == known.answer[earlier])
    return np.asarray(is_ok & is_sure, dtype=np.bool_)


def _cost_limit_usd(view: SearchView, base_usd: float) -> float:
    """The client's limit per item or the baseline's cost, which nobody may pass, whichever is less; NaN = neither."""
    limit = view.task.requirements.max_cost_usd_per_1k
    return float(np.fmin(base_usd, np.nan if limit is None else float(limit) / 1000))


def _context_tokens(view: SearchView) -> Floats:
    """(n_candidates,) context of the endpoint, the least of a composite's; NaN = not known."""
    endpoints = view.setting.market.endpoints
    found = [
        [endpoints[single.endpoint_id].context_tokens for single in singles_of(candidate)]
        for candidate in view.candidates
    ]
    return np.array([min(np.nan if n is None else float(n) for n in sizes) for sizes in found], dtype=np.float64)
