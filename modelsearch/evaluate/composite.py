"""Outcomes of ensembles and cascades, computed from their members' outcomes on the same item.

A composite spends nothing of its own: its serving cost is what its members cost, `spend_usd` is 0. Where a member that
is needed is not known (not bought, or lost to an outage) the composite is not known either: failed is not wrong.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.candidate import Cascade, Ensemble, log_odds
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.scoring import require_canonical_form

UNKNOWN = (Status.NOT_RUN, Status.ERROR, Status.TIMEOUT, Status.UNSCORED)
"""Statuses that say nothing about what the member would have answered, the one that wins first."""

VOTE_DIGITS = 6
"""Sums of weights that differ by less are a tie, so that the order of adding decides nothing."""


@dataclass(frozen=True, kw_only=True)
class Judging:
    """What judges a composite's answer.

    Attributes:
        merit: estimated quality of members, higher is better; breaks ties. Fixed before the items that it is used on,
            or the vote would look at its own result.
    """

    task: TaskSpec
    scorer: Scorer
    merit: Mapping[CandidateId, float] = field(default_factory=dict)


def composite_outcome(
    composite: Ensemble | Cascade, outcomes: Sequence[Outcome], item: Item, task: TaskSpec, scorer: Scorer
) -> Outcome:
    """The outcome of any composite on one item, from its members' outcomes on it.

    Members of an ensemble stand best first, by what was known when it was made: their merit is fixed from birth.
    """
    if isinstance(composite, Cascade):
        return cascade_outcome(composite, outcomes, item.id)
    merit = {member.id: float(-place) for place, member in enumerate(composite.members)}
    return vote_outcome(composite, outcomes, item, Judging(task=task, scorer=scorer, merit=merit))


def vote_outcome(ensemble: Ensemble, outcomes: Sequence[Outcome], item: Item, judging: Judging) -> Outcome:
    """The outcome of a vote on one item: the answer whose votes count most, by the ensemble's rule.

    Members that refused, were cut off or gave no answer abstain. A tie goes to the answer whose best supporter has the
    highest merit, then the smallest id. Where all abstain the outcome is `invalid`. Cost adds, latency is the longest.

    Args:
        ensemble: the ensemble.
        outcomes: one of each member, in any order, all of this item.
        item: the item.
        judging: scorer, merit and what an invalid answer counts as.

    Raises:
        PlanError: the scorer has no canonical form.
    """
    require_canonical_form(judging.scorer)
    by_id = _by_candidate(outcomes, item.id)
    members = [by_id.get(member.id) for member in ensemble.members]
    known = [outcome for outcome in members if outcome is not None]
    missing = _unknown_status(members)
    if missing is not None:
        return _joined(ensemble.id, item.id, known, status=missing, latency_s=_longest_s(known))
    winner, share = _winner(ensemble, known, judging)
    if winner is None:
        return _joined(
            ensemble.id,
            item.id,
            known,
            status=Status.INVALID,
            score=judging.task.status_scores.get(Status.INVALID),
            latency_s=_longest_s(known),
        )
    return _joined(
        ensemble.id,
        item.id,
        known,
        status=Status.OK,
        answer=winner.answer,
        score=winner.score if winner.score is not None else judging.scorer.score(str(winner.answer), item),
        confidence=share,
        latency_s=_longest_s(known),
    )


def cascade_outcome(cascade: Cascade, outcomes: Sequence[Outcome], item_id: ItemId) -> Outcome:
    """The outcome of a cascade on one item: that of the first leg whose confidence reaches its threshold.

    By the rule `agreement` a leg that says the same as an earlier one stands too. The last leg stands whatever it says.
    A leg without an answer passes on. Cost and latency add over the legs that were asked; later legs need no outcome.

    Args:
        cascade: the cascade.
        outcomes: of its legs, in any order; those of unreached legs may be absent.
        item_id: the item.
    """
    by_id = _by_candidate(outcomes, item_id)
    asked: list[Outcome] = []
    for leg, threshold in zip(cascade.legs, (*cascade.thresholds, float("-inf")), strict=True):
        outcome = by_id.get(leg.id)
        missing = _unknown_status([outcome])
        asked += [] if outcome is None else [outcome]
        if missing is not None:
            return _joined(cascade.id, item_id, asked, status=missing, latency_s=_total_s(asked))
        if leg is cascade.legs[-1] or _stands(asked[-1], threshold):
            break
        if cascade.rule == "agreement" and _is_echo(asked):
            break
    last = asked[-1]
    return _joined(
        cascade.id,
        item_id,
        asked,
        status=last.status,
        answer=last.answer,
        score=last.score,
        confidence=last.confidence,
        latency_s=_total_s(asked),
        score_variance=last.score_variance,
    )


def _stands(outcome: Outcome, threshold: float) -> bool:
    return outcome.status is Status.OK and outcome.confidence is not None and outcome.confidence >= threshold


def _is_echo(asked: Sequence[Outcome]) -> bool:
    """Whether the last leg asked says what an earlier one said."""
    answer = asked[-1].answer if asked[-1].status is Status.OK else None
    return answer is not None and any(o.status is Status.OK and o.answer == answer for o in asked[:-1])


def _by_candidate(outcomes: Sequence[Outcome], item_id: ItemId) -> dict[CandidateId, Outcome]:
    return {outcome.candidate_id: outcome for outcome in outcomes if outcome.item_id == item_id}


def _unknown_status(outcomes: Sequence[Outcome | None]) -> Status | None:
    """The status of what is not known, or None where all is."""
    statuses = {Status.NOT_RUN if outcome is None else outcome.status for outcome in outcomes}
    return next((status for status in UNKNOWN if status in statuses), None)


def _winner(ensemble: Ensemble, outcomes: Sequence[Outcome], judging: Judging) -> tuple[Outcome | None, float]:
    """The best supporter of the winning answer, and that answer's share of the votes; (None, 0) where nobody voted."""
    worth = _worth_of_votes(ensemble)
    votes: dict[str, float] = {}
    best: dict[str, tuple[float, str]] = {}
    supporter: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.status is not Status.OK or outcome.answer is None:
            continue
        votes[outcome.answer] = votes.get(outcome.answer, 0.0) + worth(outcome)
        rank = (-judging.merit.get(outcome.candidate_id, 0.0), outcome.candidate_id)
        if outcome.answer not in best or rank < best[outcome.answer]:
            best[outcome.answer], supporter[outcome.answer] = rank, outcome
    if not votes:
        return None, 0.0
    answer = min(votes, key=lambda text: (-round(votes[text], VOTE_DIGITS), best[text]))
    total = sum(votes.values())
    return supporter[answer], votes[answer] / total if total > 0 else 1.0 / len(votes)


def _worth_of_votes(ensemble: Ensemble) -> Callable[[Outcome], float]:
    """What the vote of an outcome counts."""
    n = len(ensemble.members)
    weights, offsets = ensemble.weights or (1.0,) * n, ensemble.offsets or (0.0,) * n
    by_id = {m.id: pair for m, pair in zip(ensemble.members, zip(weights, offsets, strict=True), strict=True)}

    def worth(outcome: Outcome) -> float:
        weight, offset = by_id[outcome.candidate_id]
        return weight if ensemble.rule != "confidence" else max(0.0, offset + weight * log_odds(outcome.confidence))

    return worth


def _joined(  # noqa: PLR0913 - one place builds composite outcomes
    candidate_id: CandidateId,
    item_id: ItemId,
    parts: Sequence[Outcome],
    *,
    status: Status,
    latency_s: float,
    answer: str | None = None,
    score: float | None = None,
    confidence: float | None = None,
    score_variance: float | None = None,
) -> Outcome:
    return Outcome(
        candidate_id=candidate_id,
        item_id=item_id,
        status=status,
        repeat=parts[0].repeat if parts else 0,
        answer=answer,
        score=score,
        confidence=confidence,
        cost_usd=sum((part.cost_usd for part in parts), Decimal(0)),
        latency_s=latency_s,
        call_ids=tuple(call_id for part in parts for call_id in part.call_ids),
        served_by=" + ".join(part.served_by for part in parts if part.served_by),
        score_variance=score_variance,
    )


def _longest_s(parts: Sequence[Outcome]) -> float:
    """The slowest part; NaN (unknown) where one of them is."""
    latencies_s = [part.latency_s for part in parts]
    return math.nan if any(map(math.isnan, latencies_s)) else max(latencies_s, default=0.0)


def _total_s(parts: Sequence[Outcome]) -> float:
    return sum(part.latency_s for part in parts)
