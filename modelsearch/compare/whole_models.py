"""What optimisers of whole models share: each try buys a model deep enough to judge it, its value is one number.

The value of a tried model is its saving where its mean on the shared items is within the margin, and else falls by ten
times what it lacks: a cheap bad model must not look like a good one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.probes import Purse, depth, merged, prefix

SHORTFALL_WEIGHT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Models evaluated so far, and those that are not; the baseline is in neither.

    Attributes:
        value: (n_tried,) higher is better, at most 1.
    """

    ids: tuple[CandidateId, ...]
    value: Floats
    open_ids: tuple[CandidateId, ...]


def tried(view: SearchView, n_items: int) -> Tried:
    """Who of the pool has been bought to `n_items` beside the baseline, and what came of it."""
    others = [c for c in view.pool if c != view.baseline_id]
    done = tuple(c for c in others if depth(view, c) >= n_items)
    found, costs_usd = paired_gaps(view), expected_costs(view)
    rows = [view.row[c] for c in done]
    saving = 1 - costs_usd[rows] / costs_usd[view.row[view.baseline_id]]
    shortfall = np.maximum(0.0, -(np.nan_to_num(found.gap[rows], nan=-1.0) + view.task.margin))
    return Tried(
        ids=done,
        value=np.nan_to_num(saving, nan=-1.0) - SHORTFALL_WEIGHT * shortfall,
        open_ids=tuple(c for c in others if c not in set(done)),
    )


def evaluation(view: SearchView, chosen: Sequence[CandidateId], n_items: int) -> Sequence[Probe]:
    """The first of those chosen that the money holds, beside the baseline; nothing where it holds none."""
    purse = Purse(view)
    base = [prefix(view, view.baseline_id, n_items)]
    if not purse.buy(base):
        return ()
    for candidate_id in chosen:
        probe = prefix(view, candidate_id, n_items)
        if purse.buy([probe]):
            return merged([*base, probe])
    return ()


def n_items_of(view: SearchView, n_items: int | None) -> int:
    """Depth of an evaluation: all items for None, and never more than there are."""
    n_all = len(view.setting.item_ids)
    return n_all if n_items is None else min(n_items, n_all)
