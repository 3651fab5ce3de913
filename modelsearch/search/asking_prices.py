"""What the next item of each candidate is expected to spend, and which items those are."""

import numpy as np

from modelsearch.core.candidate import Single, singles_of
from modelsearch.core.ids import ItemId
from modelsearch.core.search import Floats, SearchView


def asking_prices(view: SearchView, cost_usd: Floats) -> Floats:
    """(n_candidates,) USD that one more item of each is expected to spend; NaN = unknown.

    A single spends its expected cost; a composite what its members lack, on average over the items it lacks itself.
    """
    prices = np.array(cost_usd, dtype=np.float64)
    is_known = view.outcomes.status > 0
    for row, candidate in enumerate(view.candidates):
        if isinstance(candidate, Single):
            continue
        is_left = ~is_known[row]
        members = [view.row.get(member.id) for member in singles_of(candidate)]
        lacking = [np.nan if m is None else float(cost_usd[m]) * _share(~is_known[m], is_left) for m in members]
        prices[row] = float(np.sum(lacking))
    return prices


def _share(
    is_missing: np.ndarray[tuple[int], np.dtype[np.bool_]], among: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> float:
    n = int(np.count_nonzero(among))
    return float(np.count_nonzero(is_missing & among)) / n if n else 0.0


def next_items(view: SearchView, row: int, n_items: int) -> tuple[ItemId, ...]:
    """The first `n_items` of the shared order for which the candidate has no outcome yet."""
    columns = np.flatnonzero(view.outcomes.status[row] == 0)[: max(n_items, 0)]
    return tuple(view.setting.item_ids[column] for column in columns)
