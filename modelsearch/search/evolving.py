"""Regularised evolution of composites on what was bought, and an honest word on what choosing that way is worth.

Each generation the winners of small tournaments have children, which take the place of the oldest: nobody lives long by
luck alone. Evolution without a fold of the items chooses for that fold; what it chose is scored there, fold after fold
(`search.crossfit`), for the best of thousands that were tried looks far better than it is. Source: Real, Aggarwal,
Huang & Le 2019, Regularized evolution for image classifier architecture search, section 3, arXiv 1802.01548.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from modelsearch.core.search import Floats
from modelsearch.search.composing import Bought, Sums, sums
from modelsearch.search.crossfit import Limits, Worth, worth_of
from modelsearch.search.mutations import Space, crossed, mutated
from modelsearch.search.structures import Structure, Voting, fronts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to evolve: generations of `n_children` each, out of `n_alive`; parents win among `n_rivals`."""

    n_alive: int = 48
    n_children: int = 24
    n_generations: int = 12
    n_rivals: int = 6
    p_crossed: float = 0.2


@dataclass(kw_only=True)
class Known:
    """Sums by fold of every structure looked at, each computed once."""

    found: Bought
    voting: Voting
    sums: dict[Structure, Sums] = field(default_factory=dict)

    def of(self, structures: Sequence[Structure]) -> Sums:
        """(n_folds, n_structures) sums."""
        new = [structure for structure in dict.fromkeys(structures) if structure not in self.sums]
        if new:
            by_fold = sums(self.found, fronts_of(self.found, new, self.voting))
            for place, structure in enumerate(new):
                self.sums[structure] = by_fold.at(slice(None), place, 0)
        parts = [self.sums[structure] for structure in structures]
        return Sums(
            n=np.stack([part.n for part in parts], axis=1),
            gap=np.stack([part.gap for part in parts], axis=1),
            square=np.stack([part.square for part in parts], axis=1),
            usd=np.stack([part.usd for part in parts], axis=1),
        )


def evolved(
    space: Space,
    known: Known,
    worth: Callable[[Sums], Worth],
    effort: Effort,
    rng: np.random.Generator,
    first: Iterable[Structure] = (),
) -> list[Structure]:
    """Everything that evolution looked at, the worthiest first; ties to the cheaper, then the smaller structure.

    Args:
        space: what structures are made of.
        known: what they score and cost.
        worth: of sums by fold, on the items that may choose.
        effort: how long.
        rng: of this run.
        first: whom to begin with; the rest are drawn.
    """
    alive = list(dict.fromkeys(first))[: effort.n_alive]
    alive += [space.random(rng) for _ in range(effort.n_alive - len(alive))]
    seen = dict.fromkeys(alive)
    for _ in range(effort.n_generations):
        fitness = worth(known.of(alive)).worth
        children = [_child(alive, fitness, space, effort, rng) for _ in range(effort.n_children)]
        alive = [*alive[effort.n_children :], *children]
        seen |= dict.fromkeys(children)
    everybody = sorted(seen)
    told = worth(known.of(everybody))
    order = sorted(range(len(everybody)), key=lambda i: (-told.worth[i], told.usd[i], everybody[i]))
    return [everybody[i] for i in order]


def _child(
    alive: Sequence[Structure], fitness: Floats, space: Space, effort: Effort,
    rng: np.random.Generator,
) -> Structure:  # fmt: skip
    parent = alive[_winner(fitness, effort, rng)]
    if rng.random() < effort.p_crossed:
        parent = crossed(parent, alive[_winner(fitness, effort, rng)], space, rng)
    return mutated(parent, space, rng)


def _winner(fitness: Floats, effort: Effort, rng: np.random.Generator) -> int:
    rivals = rng.integers(len(fitness), size=effort.n_rivals)
    return int(rivals[int(np.argmax(fitness[rivals]))])


def crossfitted_worth(
    space: Space, known: Known, limits: Limits, effort: Effort, rng: np.random.Generator,
    first: Sequence[Structure] = (),
) -> Worth | None:  # fmt: skip
    """What choosing by evolution is worth on items that did not choose; None where no fold can choose."""
    judged: Sums | None = None
    for fold in range(int(space.found.fold.max(initial=0)) + 1):

        def trained(by_fold: Sums, fold: int = fold) -> Worth:
            return worth_of(space.found, by_fold.without(fold), limits)

        best = evolved(space, known, trained, effort, rng, first)[0]
        found = known.of([best])
        if trained(found).worth[0] > -1.0:
            seen = found.at(fold, 0)
            judged = seen if judged is None else judged + seen
    if judged is None:
        return None
    at_least = Limits(
        margin=limits.margin, max_usd=limits.max_usd, base_usd=limits.base_usd, min_items=min(2, limits.min_items)
    )
    return worth_of(space.found, judged, at_least)
