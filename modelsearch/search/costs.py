"""What an item of a candidate is expected to cost: from list prices, from what was bought, and from its members."""

from datetime import date
from decimal import Decimal

import numpy as np

from modelsearch.core.candidate import Candidate, Single, singles_of
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Endpoint, RateKind
from modelsearch.core.search import Floats, SearchView

LIST_ITEMS = 2.0
"""A list price counts as much as this many bought items: it knows the price but not how much a model talks."""
RATIO_CANDIDATES = 2.0
"""The pool's ratio of bought to list cost is shrunk to 1 as if this many candidates had matched their list price."""


def expected_cost_usd(view: SearchView) -> Floats:
    """(n_pool,) expected USD per item in the order of `view.pool`; NaN = unknown. See `expected_costs`."""
    costs = expected_costs(view)
    return np.array([costs[view.row[candidate_id]] for candidate_id in view.pool], dtype=np.float64)


def expected_costs(view: SearchView) -> Floats:
    """(n_candidates,) expected USD per item in row order; NaN = unknown.

    A single's is (n b + 2 r l) / (n + 2): b the mean of its n bought costs, l its list cost, r the ratio of bought to
    list cost of the pool (geometric mean, shrunk to 1 by two made-up candidates), since list costs come from one token
    estimate that errs the same way for all. A composite's is its own bought mean, else the sum of its members' (for
    a cascade: the most it can be). O(n_candidates x n_items).
    """
    n_known, bought_usd = bought_costs(view)
    listed_usd = np.array([view.setting.list_cost_usd.get(c.id, np.nan) for c in view.candidates], dtype=np.float64)
    prior_usd = listed_usd * _pool_ratio(n_known, bought_usd, listed_usd)
    n_prior = np.where(np.isnan(prior_usd), 0.0, LIST_ITEMS)
    total = n_known * np.nan_to_num(bought_usd) + n_prior * np.nan_to_num(prior_usd)
    n_total = n_known + n_prior
    singles = np.divide(total, n_total, out=np.full(len(total), np.nan), where=n_total > 0)
    rows = enumerate(view.candidates)
    return np.array([_cost_of(view, row, c, singles, bought_usd) for row, c in rows], dtype=np.float64)


def bought_costs(view: SearchView) -> tuple[Floats, Floats]:
    """(n_candidates,) number of items whose cost is known, and their mean USD (NaN without any)."""
    cost = view.outcomes.cost_usd
    is_known = ~np.isnan(cost)
    n_known = is_known.sum(axis=1).astype(np.float64)
    total = np.where(is_known, cost, 0.0).sum(axis=1)
    return n_known, np.divide(total, n_known, out=np.full(len(total), np.nan), where=n_known > 0)


def blended_usd_per_mtok(endpoint: Endpoint, as_of: date) -> float | None:
    """List price in USD per Mtok at 3 input to 1 output tokens, small prompts, at `as_of`; None = unknown."""
    input_usd, output_usd = _rate_usd(endpoint, "input", as_of), _rate_usd(endpoint, "output", as_of)
    return None if input_usd is None or output_usd is None else float((3 * input_usd + output_usd) / 4)


def _rate_usd(endpoint: Endpoint, kind: RateKind, as_of: date) -> Decimal | None:
    rows = [
        rate
        for rate in endpoint.rates
        if rate.kind == kind and rate.per == "mtok" and rate.processing == "standard" and rate.valid_from <= as_of
    ]
    plain = [rate for rate in rows if rate.min_prompt_tokens == 0 and rate.utc_window is None]
    return max(plain, key=lambda rate: (rate.valid_from, rate.observed_at)).usd if plain else None


def _pool_ratio(n_known: Floats, bought_usd: Floats, listed_usd: Floats) -> float:
    is_both = (n_known > 0) & (np.nan_to_num(bought_usd) > 0) & (np.nan_to_num(listed_usd) > 0)
    log_ratio = np.log(bought_usd[is_both] / listed_usd[is_both])
    return float(np.exp(log_ratio.sum() / (len(log_ratio) + RATIO_CANDIDATES)))


def _cost_of(view: SearchView, row: int, candidate: Candidate, singles: Floats, bought_usd: Floats) -> float:
    if isinstance(candidate, Single):
        return float(singles[row])
    if not np.isnan(bought_usd[row]):
        return float(bought_usd[row])
    return sum(_member_cost(view, member.id, singles) for member in singles_of(candidate))


def _member_cost(view: SearchView, member_id: CandidateId, singles: Floats) -> float:
    return float(singles[view.row[member_id]]) if member_id in view.row else float("nan")
