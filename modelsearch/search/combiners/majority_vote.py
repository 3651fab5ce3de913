"""Several cheap ones for one dear one."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.candidate import Ensemble
from modelsearch.core.outcome import Status
from modelsearch.core.registry import register
from modelsearch.core.search import SearchView
from modelsearch.search.composing import bought, sums, undominated
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.proposing import Terms, members_of, proposals
from modelsearch.search.voting import vote_fronts


@register(
    "combiner", "majority_vote", source="client's strategy 10, Ensemble Candidacy; plurality vote, ties to the better"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityVote:
    """Proposes votes of cheap candidates that are worth more than any single on what is already bought.

    Every `n_members` of the `n_best` live singles that fewest others dominate in cost and gap are put to a vote for
    free on the items that they and the baseline all have: the plurality of canonical answers, ties to the member of
    higher gap on all its pairs, then of smaller id, which is the order of the ensemble's members and so the rule by
    which it is evaluated afterwards. The best is proposed if choosing it that way is worth `min_gain` more than
    choosing a single, judged on items that did not choose (`search.crossfit`).

    Scores in score units, costs in USD per item. Refused and invalid answers abstain; if all do, the item counts as the
    task says of invalid. Nothing is proposed where there are fewer than `min_items` shared items, fewer live singles
    than members, no recorded answers, or a scorer to which equal answers are no equal text. Certificates start at a
    composite's birth. O(C(n_best, n_members) x n_items).

    Attributes:
        n_members: of a vote, 2 to 5; max_cost_share: of the baseline's cost, in (0, 1].
        n_best: singles considered; min_items: shared scored items.
        min_gain: of worth, in shares of the baseline's cost, over choosing a single.
        max_new: proposals a call; max_alive, max_total: composites in the pool, and ever in it.
        every_rounds: looked for in every so many rounds.
    """

    n_members: int = 3
    max_cost_share: float = 0.8
    n_best: int = 8
    min_items: int = 40
    min_gain: float = 0.02
    max_new: int = 1
    max_alive: int = 4
    max_total: int = 8
    every_rounds: int = 4

    def __post_init__(self) -> None:
        require_count(self, "n_members", 2, 5)
        require_range(self, "max_cost_share", 1e-6, 1.0)
        require_count(self, "n_best", 2, 16)
        require_count(self, "min_items", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        for name in ("max_new", "max_alive", "max_total"):
            require_count(self, name, 0)
        require_count(self, "every_rounds", 1)

    def combine(self, view: SearchView) -> Sequence[Ensemble]:
        terms = Terms.of(self)
        found = bought(view, min_items=self.min_items) if terms.n_wanted(view) else None
        if found is None:
            return ()
        invalid = view.task.status_scores.get(Status.INVALID, 0.0)
        fronts = vote_fronts(found, undominated(found, self.n_best), self.n_members, invalid)

        def make(front: int, _: int) -> Ensemble:
            return Ensemble(members=members_of(found, fronts.legs[front]))

        return proposals(view, found, sums(found, fronts), terms, make)
