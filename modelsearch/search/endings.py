"""Why a phase is over, and when there is nothing to search: told truly, and only from what is journalled."""

from collections import Counter

import numpy as np

from modelsearch.core.errors import EmptyPoolError
from modelsearch.core.plan import Phase
from modelsearch.core.registry import name_of
from modelsearch.core.search import Drop, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled
from modelsearch.search.costs import expected_cost_usd
from modelsearch.search.fold import Fold

KEYS = "keys"
"""Strategy of the drops for a missing key: their remedy is known to everybody, so others are named first."""

MAX_IDLE_ROUNDS = 3
"""Rounds in a row without any outcome: a provider that is down may be back by the next one."""


def ended(fold: Fold, phase: Phase) -> str:
    """Why the phase is over, or "" to go on; a resumed search ends alike, for it reads the same journal."""
    move = fold.closed_move
    if move is None:
        return ""
    if not move.probes and not move.is_cut:
        return "a phase without calls" if phase.sampler is None else _asked_enough(fold.view(), phase)
    if not move.probes:
        return _short_of(fold)
    if fold.n_idle_rounds >= MAX_IDLE_ROUNDS:
        return f"nothing that was asked in {MAX_IDLE_ROUNDS} rounds was answered, or fitted the money left"
    return "" if fold.next_round < phase.max_rounds else "all rounds of the phase used"


def _short_of(fold: Fold) -> str:
    """What the next call does not fit."""
    limit = fold.setting.budget.calls
    of_calls = "" if limit is None else f", or the limit of {limit} calls is reached"
    return f"the budget left is less than the next call may cost{of_calls}"


def _asked_enough(view: SearchView, phase: Phase) -> str:
    """Why a sampler asked for nothing."""
    rows = [view.row[candidate_id] for candidate_id in view.pool]
    is_open = (view.outcomes.status[rows] == 0).any(axis=1)
    if not is_open.any():
        return "every candidate left was asked every item"
    if len(rows) == 1:
        return "no candidate is left beside the baseline"
    if is_settled(view, estimates(view)):
        return "decided: no outcome can bring a better certified answer"
    cheapest_usd = np.nan_to_num(expected_cost_usd(view), nan=np.inf)[is_open].min()
    if float(view.spend_left_usd) < cheapest_usd < np.inf:
        return "the money left is less than the next item is expected to cost"
    return f"{name_of(phase.sampler)} has asked for all that it finds worth its price and can pay"


def check_pool(fold: Fold) -> None:
    """Refuse a pool that holds nothing but the baseline: the constraints are too tight, and which.

    Raises:
        EmptyPoolError: no other candidate is left.
    """
    if len(fold.pool) > 1:
        return
    counts = Counter(drop.strategy for _, drop in fold.drops).most_common()
    counts.sort(key=lambda pair: pair[0] == KEYS)  # stable: the commonest first, keys last
    first = {drop.strategy: drop for _, drop in reversed(fold.drops)}
    told = ", ".join(f"{n} by {name}{_example(first[name])}" for name, n in counts)
    message = (
        f"no candidate is left beside the baseline {fold.setting.baseline_id!r}: {told or 'the pool was empty'}; "
        "loosen a constraint, or name a dearer baseline"
    )
    raise EmptyPoolError(message)


def _example(drop: Drop) -> str:
    why = "; ".join(text for text in (drop.reason, drop.remedy) if text)
    return f" (for example {drop.candidate_id}: {why})"
