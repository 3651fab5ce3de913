"""Per candidate: quality, gap to the baseline, cost and latency with intervals, chance to be good enough, verdict.

Intervals are pointwise at 95 % over these N items: honest when looked at once. The verdict alone may be looked at
after every round. The gap is over pairs in which both were scored; probability and verdict take failures at their
worst. A candidate or baseline without pairs has no gap and no probability. Items that a sampler drew by what it had
seen count for the verdict, the costs and latencies alone (`pairs.evenly_bought`).
"""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.candidate import label
from modelsearch.core.result import Estimate, Interval, Verdict
from modelsearch.core.search import Bools, Floats, Ints, SearchView
from modelsearch.core.task import Requirements
from modelsearch.decide.alpha import alpha_shares
from modelsearch.decide.costs import cost_intervals
from modelsearch.decide.evidence import Evidence
from modelsearch.decide.gaps import own_gap_posterior
from modelsearch.decide.noise import cell_noise, gap_noise, has_noise, proof_of, with_noise
from modelsearch.decide.pairs import Pairs, evenly_bought, paired
from modelsearch.stats.gap_value import p_clears
from modelsearch.stats.intervals import student, wilson
from modelsearch.stats.paired import paired_mean, unit_sums
from modelsearch.stats.shrinkage import Prior, shrunk_variance
from modelsearch.stats.within import error_variance

PRIOR = Prior()
CAUTION = 1.3
"""Spreads count so much wider in a stated chance: the choice is the luckiest of many, and models err."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Everything about all candidates, by row of the view."""

    n_items: Ints
    n_pairs: Ints
    quality: tuple[Interval | None, ...]
    gap: tuple[Interval | None, ...]
    cost_usd: tuple[Interval | None, ...]
    latency_p50_s: Floats
    latency_p95_s: Floats
    p_non_inferior: Floats
    proof: Evidence
    alpha_share: Floats
    verdict: tuple[Verdict, ...]
    baseline_row: int


def estimates(view: SearchView) -> tuple[Estimate, ...]:
    """What is known of every candidate that was ever in the pool, in row order of the view.

    Pure; about 20 ms for 100 candidates x 1,000 items. O(n_candidates x n_items).
    """
    pairs = paired(view)
    proof = proof_of(view, pairs)
    shares = alpha_shares(view)
    latency = np.sort(view.outcomes.latency_s, axis=1)
    even = evenly_bought(view)
    sample = paired(even)
    worst = paired_mean(sample.worst, sample.weights, sample.codes)
    columns = _Columns(
        n_items=np.count_nonzero(view.outcomes.status, axis=1).astype(np.int64),
        n_pairs=worst.n_pairs,
        quality=_quality_intervals(sample, is_noisy=has_noise(view.task)),
        gap=_gap_intervals(sample, gap_noise(even)),
        cost_usd=cost_intervals(view),
        latency_p50_s=_percentile(latency, 0.5),
        latency_p95_s=_percentile(latency, 0.95),
        p_non_inferior=_p_non_inferior(even),
        proof=proof,
        alpha_share=shares,
        verdict=proof.verdicts(shares, view.task.alpha),
        baseline_row=pairs.baseline_row,
    )
    return with_noise(view, [_estimate(view, columns, row) for row in range(len(view.candidates))])


def _estimate(view: SearchView, columns: _Columns, row: int) -> Estimate:
    candidate = view.candidates[row]
    is_baseline = row == columns.baseline_row
    return Estimate(
        candidate_id=candidate.id,
        label=label(candidate),
        n_items=int(columns.n_items[row]),
        n_pairs=int(columns.n_pairs[row]),
        quality=columns.quality[row],
        gap=columns.gap[row],
        cost_usd=columns.cost_usd[row],
        latency_p50_s=_known(columns.latency_p50_s[row]),
        latency_p95_s=_known(columns.latency_p95_s[row]),
        p_non_inferior=_known(columns.p_non_inferior[row]),
        log_e_value=0.0 if is_baseline else float(columns.proof.log_certify[row]),
        log_e_inferior=0.0 if is_baseline else float(columns.proof.log_futility[row]),
        alpha_share=float(columns.alpha_share[row]),
        verdict=Verdict.NON_INFERIOR if is_baseline else columns.verdict[row],
        evidence_missing_share=float(columns.proof.failed_share[row]),
        is_feasible=_is_feasible(view.task.requirements, columns, row),
    )


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _quality_intervals(pairs: Pairs, *, is_noisy: bool) -> tuple[Interval | None, ...]:
    measured = paired_mean(pairs.score, pairs.weights, pairs.codes)
    n_total = np.inf if is_noisy else _n_worth_total(pairs)  # with noise no number of items says everything
    low, high = wilson(measured.mean, measured.n_worth, n_total)
    return _intervals(measured.n_pairs, measured.mean, low, high)


def _gap_intervals(pairs: Pairs, noise: Floats) -> tuple[Interval | None, ...]:
    measured = paired_mean(pairs.scored, pairs.weights, pairs.codes)
    others = _challengers(pairs)
    variance = np.zeros(len(others))
    variance[others] = shrunk_variance(measured.variance[others], measured.n_worth[others], PRIOR)
    error = np.sqrt(error_variance(variance, noise, measured.n_worth, _n_worth_total(pairs)))
    low, high = student(measured.mean, error, np.maximum(measured.n_worth - 1, 0.0) + PRIOR.n_units)
    return _intervals(measured.n_pairs, measured.mean, np.maximum(low, -1.0), np.minimum(high, 1.0))


def _intervals(n: Ints, mean: Floats, low: Floats, high: Floats) -> tuple[Interval | None, ...]:
    rows = zip(n, mean, low, high, strict=True)
    return tuple(
        Interval(mean=float(m), low=min(float(lo), float(m)), high=max(float(hi), float(m))) if count else None
        for count, m, lo, hi in rows
    )


def _p_non_inferior(view: SearchView) -> Floats:
    """(n_candidates,) chance that the gap over all items is at least -margin; NaN without outcomes on either side."""
    gap, sd = own_gap_posterior(view).gaps()
    sd = np.sqrt(sd**2 + _noise_of_mean(view))
    p = p_clears(gap, CAUTION * sd, -view.task.margin)
    has_outcomes = np.any(view.outcomes.status > 0, axis=1)
    p[~has_outcomes | ~has_outcomes[view.row[view.baseline_id]]] = np.nan
    p[view.row[view.baseline_id]] = 1.0
    return p


def _noise_of_mean(view: SearchView) -> Floats:
    """(n_candidates,) variance that noise adds to the gap over all items; 0 for the baseline."""
    noise = cell_noise(view) @ view.setting.item_weights**2 / len(view.setting.item_ids) ** 2
    base = view.row[view.baseline_id]
    added = noise + noise[base]
    added[base] = 0.0
    return np.asarray(added, dtype=np.float64)


def _challengers(pairs: Pairs) -> Bools:
    return np.asarray(np.arange(len(pairs.score)) != pairs.baseline_row, dtype=np.bool_)


def _n_worth_total(pairs: Pairs) -> float:
    sizes = unit_sums(pairs.weights[None, :], pairs.codes)[0]
    return float(sizes.sum() ** 2 / (sizes * sizes).sum())


def _percentile(ordered: np.ndarray[tuple[int, ...], np.dtype[np.float32]], share: float) -> Floats:
    """(n_rows,) the smallest value with at least `share` of a row's values at or below it; rows sorted, NaN last."""
    n = np.count_nonzero(~np.isnan(ordered), axis=1)
    at = np.maximum(np.ceil(share * n).astype(np.int64) - 1, 0)
    return np.asarray(ordered[np.arange(len(ordered)), at], dtype=np.float64)


def _is_feasible(requirements: Requirements, columns: _Columns, row: int) -> bool:
    """Point check of the client's limits; what is not known yet is nothing against a candidate."""
    cost, quality, latency = columns.cost_usd[row], columns.quality[row], columns.latency_p95_s[row]
    limit = requirements.max_cost_usd_per_1k
    is_too_dear = limit is not None and cost is not None and cost.mean * 1000 > float(limit)
    is_too_slow = requirements.max_latency_s is not None and bool(latency > requirements.max_latency_s)
    is_too_bad = (
        requirements.min_quality is not None and quality is not None and quality.mean < requirements.min_quality
    )
    return not (is_too_dear or is_too_slow or is_too_bad)
