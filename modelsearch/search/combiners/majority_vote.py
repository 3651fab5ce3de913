"""Several cheap ones for one dear one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.core.registry import register
from modelsearch.core.search import STATUS_CODES, Floats, Ints, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_count, require_range


@register(
    "combiner", "majority_vote", source="client's strategy 10, Ensemble Candidacy; plurality vote, ties to the better"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityVote:
    """Proposes votes of cheap candidates that beat their best member on what is already bought.

    Of the `n_best` live singles of highest gap, every combination whose expected costs sum to less than
    `max_cost_share` of the baseline's is scored for free on the items that its members and the baseline all have: the
    plurality of canonical answers, ties to the member of higher gap on all its pairs, then of smaller id, which is the
    order of the ensemble's members and so the rule by which it is evaluated afterwards. Proposed are at most
    `max_new`, by least shortfall below the baseline less margin, then cost: each must beat its best member by
    `min_gain`, and that member must be worse than the baseline (or else it would serve alone, for less).

    Scores in score units, costs in USD per item. Refused and invalid answers abstain; if all do, the item counts as the
    task says of invalid. Nothing is proposed where there are fewer than `min_items` shared items, fewer live singles
    than members, no recorded answers, or a scorer to which equal answers are no equal text. Winners of many
    combinations look better than they are: hence the limits, and certificates start at a composite's birth.
    O(C(n_best, n_members) x n_items).

    Attributes:
        n_members: of a vote, 2 to 5; max_cost_share: of the baseline's cost, in (0, 1].
        n_best: singles considered; min_items: shared scored items.
        min_gain: in score units over the best member.
        max_new: proposals a call; max_total: ensembles ever in the pool.
    """

    n_members: int = 3
    max_cost_share: float = 0.8
    n_best: int = 8
    min_items: int = 8
    min_gain: float = 0.01
    max_new: int = 2
    max_total: int = 6

    def __post_init__(self) -> None:
        require_count(self, "n_members", 2, 5)
        require_range(self, "max_cost_share", 1e-6, 1.0)
        require_count(self, "n_best", 2, 16)
        require_count(self, "min_items", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        require_count(self, "max_new", 0)
        require_count(self, "max_total", 0)

    def combine(self, view: SearchView) -> Sequence[Ensemble]:
        if not view.setting.is_votable:
            return ()
        n_known = sum(isinstance(c, Ensemble) for c in view.candidates)
        found = sorted(self._better(view))
        n_new = max(0, min(self.max_new, self.max_total - n_known))
        return tuple(_ensemble(view, members) for _, _, members in found[:n_new])

    def _better(self, view: SearchView) -> Iterator[tuple[float, float, tuple[CandidateId, ...]]]:
        """Shortfall, cost and members of each combination worth proposing."""
        costs_usd = expected_costs(view)
        ceiling_usd = self.max_cost_share * costs_usd[view.row[view.baseline_id]]
        for members in combinations(self._best(view, costs_usd, ceiling_usd), self.n_members):
            cost_usd = float(costs_usd[[view.row[m] for m in members]].sum())
            if cost_usd < ceiling_usd and _ensemble(view, members).id not in view.row:
                shortfall = self._shortfall(view, members)
                if shortfall is not None:
                    yield round(shortfall, 9), cost_usd, members

    def _best(self, view: SearchView, costs_usd: Floats, ceiling_usd: float) -> list[CandidateId]:
        """Cheap live singles with enough pairs, best gap first."""
        found = paired_gaps(view)
        able = [
            c
            for c in view.pool
            if c != view.baseline_id
            and isinstance(view.candidate(c), Single)
            and costs_usd[view.row[c]] < ceiling_usd
            and found.n_pairs[view.row[c]] >= self.min_items
        ]
        return sorted(able, key=lambda c: (-found.gap[view.row[c]], c))[: self.n_best]

    def _shortfall(self, view: SearchView, members: tuple[CandidateId, ...]) -> float | None:
        """How far the vote falls below the baseline less margin (0 = not at all); None where it is not worth it.

        Members stand best first, which decides ties.
        """
        rows = [view.row[m] for m in members]
        base = np.asarray(view.outcomes.score[view.row[view.baseline_id]], dtype=np.float64)
        scores = np.asarray(view.outcomes.score[rows], dtype=np.float64)
        is_shared = ~np.isnan(scores).any(axis=0) & ~np.isnan(base)
        is_vote = view.outcomes.status[rows] == STATUS_CODES[Status.OK]
        answers = np.where(is_vote, view.outcomes.answer[rows], -1)[:, is_shared]
        if is_shared.sum() < self.min_items or (answers < 0).all():
            return None
        weights = view.setting.item_weights[is_shared]
        means = np.average(scores[:, is_shared], axis=1, weights=weights)
        base_mean = float(np.average(base[is_shared], weights=weights))
        invalid = view.task.status_scores.get(Status.INVALID, 0.0)
        voted = vote_scores(answers, scores[:, is_shared], invalid)
        gap, best = float(np.average(voted, weights=weights)) - base_mean, float(means.max())
        if gap + base_mean < best + max(self.min_gain, 1e-9) or best >= base_mean:
            return None
        return max(0.0, -gap - view.task.margin)


def vote_scores(answers: npt.NDArray[np.int32], scores: Floats, invalid: float) -> Floats:
    """(n_items,) score of the plurality answer.

    Args:
        answers: (n_members, n_items) codes, -1 = abstains; members sorted best first, which decides ties.
        scores: (n_members, n_items) of each member's own answer.
        invalid: score where all abstain.
    """
    has_voted = answers >= 0
    votes: Ints = ((answers[:, None] == answers[None]) & has_voted[None]).sum(axis=1) * has_voted
    winner = votes.argmax(axis=0)
    won = scores[winner, np.arange(scores.shape[1])]
    return np.asarray(np.where(has_voted.any(axis=0), won, invalid), dtype=np.float64)


def _ensemble(view: SearchView, members: Sequence[CandidateId]) -> Ensemble:
    singles = [view.candidate(member) for member in members]
    return Ensemble(members=tuple(single for single in singles if isinstance(single, Single)))
