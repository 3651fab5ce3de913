"""Composites of any shape, evolved on what was bought."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from modelsearch.core.candidate import NEVER, Cascade, Ensemble
from modelsearch.core.outcome import Status
from modelsearch.core.registry import register
from modelsearch.core.search import SearchView
from modelsearch.search.combiners.confidence_cascade import confidence_levels
from modelsearch.search.combiners.weighted_vote import crossfitted_worth as votes_worth
from modelsearch.search.combiners.weighted_vote import n_answers_of, weights_of
from modelsearch.search.composing import Bought, bought, undominated
from modelsearch.search.crossfit import worth_of
from modelsearch.search.evolving import Effort, Known, crossfitted_worth, evolved
from modelsearch.search.mutations import Space
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.proposing import Terms, is_worth_more, worthiest
from modelsearch.search.structures import Structure, Voting, candidate_of


@register(
    "combiner",
    "evolved_structures",
    source="Real, Aggarwal, Huang & Le 2019, section 3, arXiv 1802.01548; client's future direction 1 (NAS)",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EvolvedStructures:
    """Proposes votes and cascades of up to `max_members`, found by evolution on what is already bought.

    A structure is its members (an endpoint with each prompt and parameters is a member of its own), its rule
    (plurality, votes weighted by quality, a cascade by confidence or until two agree), the order of legs and their
    thresholds. Where the other combiners try all composites of one small shape, this one changes the best known ones a
    little, generation after generation (`search.evolving`). All are scored on the items that their members and the
    baseline share, which costs nothing. The best is proposed if choosing it by evolution is worth `min_gain` more than
    choosing a single, judged on items that neither choice had looked at.

    Scores in score units, costs in USD per item. Nothing is proposed with fewer than `min_items` shared items, fewer
    than three live singles, without recorded answers, or where equal answers are no equal text to the scorer. Ties go
    to the cheaper, then the smaller structure. Random numbers are those of the round. O(n_folds x n_generations x
    n_children x n_items x max_members^2): about 0.13 s with 1,000 items.

    Attributes:
        max_members: of a vote, and legs of a cascade, 2 to 5; max_cost_share: of the baseline's cost, in (0, 1].
        n_best: singles that may take part, beside the baseline; n_thresholds: per leg, 0 = by agreement alone.
        n_generations: of `n_children`, for each fold and once for all.
        min_items: shared scored items; min_gain: of worth, in shares of the baseline's cost.
        max_new: proposals a call; max_alive, max_total: composites in the pool, and ever in it.
        every_rounds: looked for in every so many rounds.
    """

    max_members: int = 4
    max_cost_share: float = 0.8
    n_best: int = 16
    n_thresholds: int = 6
    n_generations: int = 12
    n_children: int = 24
    min_items: int = 40
    min_gain: float = 0.02
    max_new: int = 1
    max_alive: int = 4
    max_total: int = 8
    every_rounds: int = 8

    def __post_init__(self) -> None:
        require_count(self, "max_members", 2, 5)
        require_range(self, "max_cost_share", 1e-6, 1.0)
        require_count(self, "n_best", 2, 32)
        require_count(self, "n_thresholds", 0, 20)
        require_count(self, "n_generations", 1, 1000)
        require_count(self, "n_children", 1, 1000)
        require_count(self, "min_items", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        for name in ("max_new", "max_alive", "max_total"):
            require_count(self, name, 0)
        require_count(self, "every_rounds", 1)

    def combine(self, view: SearchView) -> Sequence[Ensemble | Cascade]:
        terms = Terms.of(self)
        found = bought(view, min_items=self.min_items) if terms.n_wanted(view) else None
        limits = None if found is None else terms.limits(view, found)
        space = None if found is None else self._space(found)
        if found is None or limits is None or space is None:
            return ()
        effort = Effort(n_alive=2 * self.n_children, n_children=self.n_children, n_generations=self.n_generations)
        voting = _voting(view, found, space.rows)
        first, known, rng = tuple(_first(space)), Known(found=found, voting=voting), view.rng
        mine = crossfitted_worth(space, known, limits, effort, rng, first)
        if not is_worth_more(found, mine, limits, terms.min_gain):
            return ()
        order = evolved(space, known, lambda by_fold: worth_of(found, by_fold.total(), limits), effort, rng, first)
        told = worth_of(found, known.of(order).total(), limits)
        return worthiest(view, told, terms, lambda place: candidate_of(found, order[place], voting))

    def _space(self, found: Bought) -> Space | None:
        """Undominated singles with answers, and the baseline; None where they are fewer than three."""
        rows = [row for row in undominated(found, self.n_best) if (found.answer[row] >= 0).any()]
        if len(rows) < 2:
            return None
        rows = sorted({*rows, found.base})
        levels = {row: (NEVER, *confidence_levels(found.confidence[row], self.n_thresholds)) for row in rows}
        names = {row: found.singles[row].endpoint_id for row in rows}
        kin = {row: tuple(o for o in rows if o != row and names[o] == names[row]) for row in rows}
        return Space(found=found, rows=tuple(rows), levels=levels, kin=kin, max_members=self.max_members)


def _voting(view: SearchView, found: Bought, rows: Sequence[int]) -> Voting:
    """Votes weighted by quality, fitted without the fold that they are judged on."""
    n_answers = n_answers_of(view, found)
    everything = np.ones(found.fold.shape, dtype=np.bool_)
    weights = np.zeros(len(found.singles))
    weights[list(rows)] = weights_of(found.picked(rows), everything, n_answers, "quality")[1]
    return Voting(
        worth=votes_worth(found, rows, n_answers, "quality"),
        weights=weights,
        invalid=view.task.status_scores.get(Status.INVALID, 0.0),
    )


def _first(space: Space) -> Iterator[Structure]:
    """Whom evolution begins with: two legs that agree before the baseline, by how many others dominate them."""
    found = space.found
    heads = [row for row in undominated(found, len(space.rows)) if row in space.rows]
    for pair in combinations(heads[:6], 2):
        cheaper = sorted(pair, key=lambda row: (found.cost_usd[row], found.singles[row].id))
        yield Structure("agreement", (*cheaper, found.base), (NEVER, NEVER))
