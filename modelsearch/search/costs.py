"""What an item of a candidate is expected to cost, as one array; the estimate itself is `decide.costs`."""

from datetime import date
from decimal import Decimal

import numpy as np

from modelsearch.core.market import Endpoint, RateKind
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.costs import cost_intervals


def expected_cost_usd(view: SearchView) -> Floats:
    """(n_pool,) expected USD per item in the order of `view.pool`; NaN = unknown. See `expected_costs`."""
    costs = expected_costs(view)
    return np.array([costs[view.row[candidate_id]] for candidate_id in view.pool], dtype=np.float64)


def expected_costs(view: SearchView) -> Floats:
    """(n_candidates,) expected USD per item in row order; NaN = unknown.

    The same numbers that the decision uses: the bought mean, to which the list cost counts as two more items once it is
    scaled by the pool's own ratio of bought to list cost; a composite's bought mean or else the sum of its members.
    """
    return np.array([np.nan if cost is None else cost.mean for cost in cost_intervals(view)], dtype=np.float64)


def cost_spreads(view: SearchView) -> Floats:
    """(n_candidates,) standard deviation of the expected cost, USD per item, from its 95 % interval; NaN = unknown."""
    spreads = [np.nan if cost is None else (cost.high - cost.low) / (2 * 1.96) for cost in cost_intervals(view)]
    return np.array(spreads, dtype=np.float64)


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
