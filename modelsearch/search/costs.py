"""What an item of a candidate is expected to cost, as one array; the estimate itself is `decide.costs`."""

import numpy as np

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
