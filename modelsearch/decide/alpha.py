"""How the false-certificate level is shared out, before any outcome.

alpha is split once: 0.4 of it over the starting pool, 0.1 for candidates made from data, 0.3 for the test that all
candidates with a complete row share (`complete_rows`), 0.2 for the statement that keeping the baseline is right. So the
chance that a search ever ends in any wrong certificate is at most alpha. The parts for what may never happen are always
set aside: whether a composite comes to be depends on outcomes, and a level raised because none came would be a level
chosen by looking.

Inside the starting pool a candidate that is cheaper than the baseline by list price weighs the square root of the
price ratio: quality rises with price, and the very cheap ones are better certified by their complete row. Where a price
is unknown the weight is 1, and 0.1 where it is dearer, for a dear list price with few tokens may still be cheap. Who
left before the first probe was decided (no key, not able, too dear: `SearchView.dropped_free`) weighs nothing: that
choice knows list prices and perhaps the client's own old answers of the baseline, none of which depends on the random
order of the items. From the first probe on the shares never change: dropped candidates keep theirs, for giving it to
others would be a choice made by looking. The k-th candidate made from data gets 2^-k of its part.
"""

import numpy as np

from modelsearch.core.search import Floats, SearchView
from modelsearch.stats.multiplicity import halving_level, shared_levels

POOL_PART = 0.4
MADE_PART = 0.1
SHARED_PART = 0.3
KEEP_PART = 0.2
DEARER_WEIGHT = 0.1
LEAST_WEIGHT = 0.02


def alpha_shares(view: SearchView) -> Floats:
    """(n_candidates,) level of each candidate's certificate in row order; 0 for the baseline."""
    setting = view.setting
    levels = shared_levels(setting.task.alpha * POOL_PART, _weights(view))
    share = {candidate.id: float(level) for candidate, level in zip(setting.candidates, levels, strict=True)}
    made = [candidate.id for candidate in view.candidates if candidate.id not in share]
    for k, candidate_id in enumerate(made, start=1):
        share[candidate_id] = halving_level(setting.task.alpha * MADE_PART, k)
    return np.array([share[candidate.id] for candidate in view.candidates], dtype=np.float64)


def keep_level(alpha: float) -> float:
    """Level at which each cheaper candidate must be inferior before "keep the baseline" is certified.

    One level for all of them: the statement is wrong only if some candidate is not inferior, and then that very
    candidate must have been called inferior by mistake (an intersection-union test).
    """
    return alpha * KEEP_PART


def shared_level(alpha: float) -> float:
    """Level of the one test that serves all candidates with a complete row."""
    return alpha * SHARED_PART


def _weights(view: SearchView) -> list[float]:
    setting, costs = view.setting, view.setting.list_cost_usd
    baseline_usd = costs.get(setting.baseline_id)
    unusable = view.dropped_free | {setting.baseline_id}
    return [0.0 if c.id in unusable else _weight(costs.get(c.id), baseline_usd) for c in setting.candidates]


def _weight(cost_usd: float | None, baseline_usd: float | None) -> float:
    if cost_usd is None or baseline_usd is None or baseline_usd <= 0:
        return 1.0
    ratio = cost_usd / baseline_usd
    return max(LEAST_WEIGHT, float(np.sqrt(ratio))) if ratio < 1 else DEARER_WEIGHT
