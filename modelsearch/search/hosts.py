"""What is known of hosts beside their prices: how long they take, and how often they fail.

A failure is a call that came to nothing (error, timeout, not run); a refusal or a cut reply is the model's own doing.
"""

from collections.abc import Sequence

import numpy as np

from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, Floats, SearchView

FAILED_CODES = [STATUS_CODES[status] for status in (Status.ERROR, Status.TIMEOUT, Status.NOT_RUN)]
PRIOR_CALLS = 8.0
"""Calls that a provider's share of failures counts for against an endpoint's own, and the pool's against its."""


def failed_shares(view: SearchView) -> Floats:
    """(n_candidates,) share of calls that come to nothing, in [0, 1]; NaN for composites and while nothing is bought.

    An endpoint's own share, shrunk to its provider's, which is shrunk to everybody's. O(n_candidates x n_items).
    """
    status = view.outcomes.status
    endpoints = [view.endpoint(candidate.id) for candidate in view.candidates]
    is_single = np.array([endpoint is not None for endpoint in endpoints], dtype=np.bool_)
    n_calls = np.where(is_single, (status > 0).sum(axis=1), 0).astype(np.float64)
    n_failed = np.where(is_single, np.isin(status, FAILED_CODES).sum(axis=1), 0).astype(np.float64)
    if n_calls.sum() == 0:
        return np.full(len(endpoints), np.nan)
    everybody = float(n_failed.sum() / n_calls.sum())
    provider = np.array(["" if endpoint is None else endpoint.provider_id for endpoint in endpoints])
    of_provider = _shrunk(_totals(n_failed, provider), _totals(n_calls, provider), np.full(len(provider), everybody))
    return np.where(is_single, _shrunk(n_failed, n_calls, of_provider), np.nan)


def latencies(view: SearchView) -> Floats:
    """(n_candidates,) seconds per item: the median bought, else what the catalogue saw; NaN = unknown."""
    bought = np.asarray(view.outcomes.latency_s, dtype=np.float64)
    endpoints = [view.endpoint(candidate.id) for candidate in view.candidates]
    seen = [None if endpoint is None else endpoint.recorded_latency_s for endpoint in endpoints]
    listed: Sequence[float] = [np.nan if latency_s is None else latency_s for latency_s in seen]
    return np.array(
        [
            float(np.median(row[~np.isnan(row)])) if (~np.isnan(row)).any() else latency_s
            for row, latency_s in zip(bought, listed, strict=True)
        ],
        dtype=np.float64,
    )


def _shrunk(n_failed: Floats, n_calls: Floats, prior: Floats) -> Floats:
    return np.asarray((n_failed + PRIOR_CALLS * prior) / (n_calls + PRIOR_CALLS), dtype=np.float64)


def _totals(values: Floats, group: "np.ndarray[tuple[int], np.dtype[np.str_]]") -> Floats:
    """(n_rows,) the sum over each row's group."""
    _, codes = np.unique(group, return_inverse=True)
    return np.asarray(np.bincount(codes, weights=values)[codes], dtype=np.float64)
