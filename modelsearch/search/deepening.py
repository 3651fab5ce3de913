"""Who can go deeper, by how much, and always beside the baseline: what samplers that buy in batches share."""

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.probes import Purse, by_prior, depth, merged, prefix

FREE_USD = 1e-12
"""What a free step counts as, so that gains per dollar can be compared among free ones."""


def rounded(value: float) -> float:
    """Nine significant digits: what is compared must not hang on the last bits of a machine."""
    return float(f"{value:.9g}")


def next_depths(view: SearchView, first_items: int, growth: float) -> dict[CandidateId, int]:
    """Next depth of every live candidate that can go deeper, in the order of the priors; the baseline is none.

    Args:
        view: of the search.
        first_items: size of the first batch.
        growth: factor of the next depth, above 1.

    Who was asked a whole first batch without one score is left out.
    """
    n_total = len(view.setting.item_ids)
    n_scored = dict(zip(view.row, (~np.isnan(view.outcomes.score)).sum(axis=1), strict=True))
    steps = {}
    for candidate_id in by_prior(view):
        n_deep = depth(view, candidate_id)
        is_silent = n_scored[candidate_id] == 0 and view.n_bought(candidate_id) >= first_items
        if n_deep < n_total and not is_silent:
            steps[candidate_id] = min(n_total, max(first_items, int(np.ceil(n_deep * growth))))
    return steps


def first_batches(view: SearchView, purse: Purse, first_items: int, n_candidates: int) -> tuple[Probe, ...]:
    """The first batch of the best priors among who has nothing yet, as far as the money goes."""
    n_items = min(first_items, len(view.setting.item_ids))
    probes: list[Probe] = []
    for candidate_id in (c for c in by_prior(view) if view.n_bought(c) == 0):
        if len(probes) < 2 * n_candidates:  # two probes each
            probes += beside_baseline(view, purse, candidate_id, n_items)
    return merged(probes)


def beside_baseline(view: SearchView, purse: Purse, candidate_id: CandidateId, n_items: int) -> list[Probe]:
    """Probes of baseline and candidate to the same depth, taken from the purse; none if they are not affordable."""
    pair = [prefix(view, c, n_items) for c in (view.baseline_id, candidate_id)]
    return pair if purse.buy(pair) else []
