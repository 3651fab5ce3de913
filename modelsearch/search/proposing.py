"""From many composites to at most a few proposals: what the three combiners share.

Each composite ever proposed takes a halved part of what is left of alpha (`decide.alpha`), so few are: only the one
that the items bought would choose, only when choosing that way is worth more on items that did not choose than choosing
a single that way, and only while few composites are alive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self, TypeVar

import numpy as np

from modelsearch.core.candidate import Cascade, Ensemble, Single
from modelsearch.core.search import SearchView
from modelsearch.search.composing import Bought, Fronts, Sums, alone, sums
from modelsearch.search.crossfit import Limits, Worth, best_first, crossfitted, worth_of

_C = TypeVar("_C", bound=Ensemble | Cascade)
N_TRIED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When a composite is proposed.

    Attributes:
        max_cost_share: of the baseline's cost per item; min_items: on which members and baseline must all be scored.
        min_gain: of worth, in shares of the baseline's cost, over choosing a single; max_new: at a time.
        max_alive: composites in the pool; max_total: ever proposed.
        every_rounds: looked for in every so many rounds.
    """

    max_cost_share: float
    min_items: int
    min_gain: float
    max_new: int
    max_alive: int
    max_total: int
    every_rounds: int

    @classmethod
    def of(cls, strategy: object) -> Self:
        """The terms among a strategy's parameters."""
        return cls(**{part.name: getattr(strategy, part.name) for part in fields(cls)})

    def n_wanted(self, view: SearchView) -> int:
        """How many may be proposed now."""
        composites = [c.id for c in view.candidates if not isinstance(c, Single)]
        n_alive = len(set(composites) & set(view.pool))
        if not view.setting.is_votable or view.round % self.every_rounds:
            return 0
        return max(0, min(self.max_new, self.max_alive - n_alive, self.max_total - len(composites)))

    def limits(self, view: SearchView, found: Bought) -> Limits | None:
        """What a composite must keep; None where the baseline costs nothing."""
        base_usd = float(found.cost_usd[found.base])
        if base_usd <= 0:
            return None
        return Limits(
            margin=view.task.margin,
            max_usd=self.max_cost_share * base_usd,
            base_usd=base_usd,
            min_items=self.min_items,
        )


def proposals(view: SearchView, found: Bought, by_fold: Sums, terms: Terms, make: Callable[..., _C]) -> tuple[_C, ...]:
    """The worthiest composites, if choosing them is worth `min_gain` more than choosing a single.

    Args:
        view: now.
        found: what the sums are over.
        by_fold: (n_folds, ...) sums of all composites.
        terms: when to propose.
        make: the composite of an index into the sums; called for few.

    Returns:
        At most `terms.n_wanted` that were never in the pool; none once the best of them is alive already.
    """
    limits = terms.limits(view, found)
    if limits is None or by_fold.n[0].size == 0 or not is_promising(found, by_fold, limits, terms.min_gain):
        return ()
    return worthiest(view, worth_of(found, by_fold.total(), limits), terms, make)


def worthiest(view: SearchView, worth: Worth, terms: Terms, make: Callable[..., _C]) -> tuple[_C, ...]:
    """The worthiest that were never in the pool; none once the best of them is alive already.

    Args:
        view: now.
        worth: of all composites.
        terms: how many may be proposed.
        make: the composite of an index into `worth`; called for few.
    """
    n_wanted, made = terms.n_wanted(view), list[_C]()
    for index in best_first(worth, N_TRIED):
        composite = make(*index)
        if len(made) == n_wanted or composite.id in view.pool:
            break
        if composite.id not in view.row:
            made.append(composite)
    return tuple(made)


def is_promising(found: Bought, by_fold: Sums, limits: Limits, min_gain: float) -> bool:
    """Whether choosing the best composite is worth more than choosing the best single, and than keeping the baseline.

    Both are judged on items that did not choose.
    """
    return is_worth_more(found, crossfitted(found, by_fold, limits), limits, min_gain)


def is_worth_more(found: Bought, mine: Worth | None, limits: Limits, min_gain: float) -> bool:
    """Whether a way of choosing composites is worth more than choosing a single, and than keeping the baseline.

    Args:
        found: what was bought.
        mine: what it is worth on items that did not choose; None where it could not choose.
        limits: of the composites; a single may cost up to the baseline.
        min_gain: of worth.
    """
    if mine is None:
        return False
    others = [row for row in range(len(found.singles)) if row != found.base]
    rival = crossfitted(found, sums(found, alone(found, others)), replace(limits, max_usd=limits.base_usd))
    rival_worth = 0.0 if rival is None else max(0.0, float(rival.worth))
    return float(mine.worth) >= rival_worth + max(min_gain, 1e-9)


def without_own_legs(by_fold: Sums, fronts: Fronts, tails: Sequence[int]) -> Sums:
    """The sums with nothing counted where the tail is a leg already."""
    is_own = np.array([[tail in legs for tail in tails] for legs in fronts.legs], dtype=np.bool_)
    return replace(by_fold, n=np.where(is_own, 0.0, by_fold.n))


def members_of(found: Bought, rows: Sequence[int]) -> tuple[Single, ...]:
    """The singles of some rows."""
    return tuple(found.singles[row] for row in rows)
