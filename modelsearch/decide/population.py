"""The other claim: not about these items but about the population that they were drawn from.

It is a claim of its own with its own level alpha, kept apart from the one about these items: nothing is ever sure
before every item there could be was seen, and complete rows are of no help. It bets along the same prefix of the shared
order, with the null mean fixed at -margin: the items are independent draws from the population, in a random order, so
what was bought is such a row of draws whoever decides how far to buy. Units are items, or whole clusters; a cluster of
the population is taken to weigh no more than the largest one here.

Only the starting pool and candidates made from data share the level (there is no shared test and nothing to keep), in
the proportions of `alpha`.
"""

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.alpha import MADE_PART, POOL_PART, alpha_shares
from modelsearch.decide.evidence import LEAST_EDGE, MAX_FAILED_SHARE, births
from modelsearch.decide.pairs import Pairs, paired
from modelsearch.stats.noninferiority import Bound, best_log_wealth
from modelsearch.stats.paired import unit_sums


def log_population(view: SearchView, pairs: Pairs, *, is_inferior: bool = False) -> Floats:
    """(n_candidates,) log e-value against "in the population inferior by more than the margin", at least 0.

    With `is_inferior` its twin: against "in the population non-inferior". Failures are at their worst, for the twin at
    their best; a candidate with more than 2 % of them has none. O(n_candidates x n_items).
    """
    margin = view.task.margin
    weight = unit_sums(pairs.weights[None, :], pairs.codes)[0]
    scale = float(weight.max()) * (1.0 + margin)
    # of a unit: weighted differences plus margin times weight, which is at least 0 on average if non-inferior
    gaps = -(pairs.best + margin) if is_inferior else pairs.worst + margin
    values = unit_sums(gaps * pairs.weights, pairs.codes) / scale
    bound = Bound(
        n_units=len(weight),
        null_total=0.0,
        is_population=True,
        edge=max(margin, LEAST_EDGE) * float(weight.mean()) / scale,
    )
    n_pairs = np.maximum((~np.isnan(pairs.worst)).sum(axis=1), 1)
    is_fit = pairs.is_failed.sum(axis=1) / n_pairs <= MAX_FAILED_SHARE
    found = np.where(is_fit, best_log_wealth(values, bound, births(view, pairs)), 0.0)
    found[pairs.baseline_row] = 0.0
    return np.asarray(found, dtype=np.float64)


def population_levels(view: SearchView) -> Floats:
    """(n_candidates,) level of each candidate's claim about the population: together at most alpha."""
    return alpha_shares(view) / (POOL_PART + MADE_PART)


def is_certified_for_population(view: SearchView, candidate_id: CandidateId) -> bool:
    """Whether a candidate is non-inferior in the population too, at its level, however often this was asked."""
    row = view.row[candidate_id]
    level = float(population_levels(view)[row])
    return level > 0 and bool(log_population(view, paired(view))[row] >= -np.log(level))
