"""What is served by another model than before goes on as a candidate of its own: who leaves, who comes.

A split is settled in a round of its own, before strategies look again: the candidate that cannot be had any more leaves
with everything that is made of it, and what is served now comes in with what it has answered. It counts as made from
data: its certificate bets on positions of the shared order that nobody had looked at.

Where it is the baseline, what is in use now is what is served now: the heir becomes the baseline. What was bought of
the old one says nothing about the new one, so comparisons begin anew, on the new one's own outcomes. That it changed is
the provider's doing and no outcome's, so pairs with it may be bet on from the first item; but a certificate against the
old one could have ended the search before, so all that is said against the new one shares the part of alpha that the
heir has as a candidate made from data: it is tested, and told, at that smaller alpha.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from modelsearch.core.candidate import Candidate, Single, singles_of
from modelsearch.core.events import CandidateSplit
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import ServedBy
from modelsearch.core.search import Drop, Move, SearchView, Setting
from modelsearch.decide.alpha import MADE_PART
from modelsearch.stats.multiplicity import halving_level

SPLIT = "served-by"
"""Strategy of the drops for another answerer."""
Splits = Mapping[tuple[CandidateId, CandidateId], CandidateSplit]


def is_of_splits(move: Move) -> bool:
    """Whether the move does nothing but settle splits."""
    return bool(move.drops) and not move.probes and all(drop.strategy == SPLIT for drop in move.drops)


def split_move(view: SearchView, splits: Splits, apart: Mapping[CandidateId, Single]) -> Move | None:
    """What settles the splits that are not settled yet; None where all are.

    A baseline to which what was there first has come back stays: nothing else is in use, and what answers by turns
    cannot be certified against (answers of another count as failed).

    Args:
        view: of now.
        splits: all so far.
        apart: heirs that were never in the pool.
    """
    drops = tuple(_drops(view, splits, apart)) if splits else ()
    if not drops:
        return None
    additions = tuple(apart[heir_id] for heir_id in sorted(apart))
    return Move(phase=view.phase, round=view.round, drops=drops, additions=additions)


def _drops(view: SearchView, splits: Splits, apart: Mapping[CandidateId, Single]) -> Iterator[Drop]:
    """Who was asked and is no longer there, then what is made of it."""
    last = {candidate_id: event for (candidate_id, _), event in splits.items()}
    for candidate_id in view.pool:
        heir_ids = {heir_id for asked_id, heir_id in splits if asked_id == candidate_id}
        stays = candidate_id == view.baseline_id and not heir_ids & apart.keys()
        gone = [member.id for member in singles_of(view.candidate(candidate_id)) if member.id in last]
        if gone and not stays:
            yield _drop(candidate_id, last[gone[0]])


def _drop(candidate_id: CandidateId, event: CandidateSplit) -> Drop:
    first, now = (f"{who.model}@{who.host}".strip("@") for who in map(ServedBy.of, (event.first, event.now)))
    whose = "it" if candidate_id == event.candidate_id else f"its member {event.candidate_id}"
    return Drop(
        candidate_id=candidate_id,
        reason=f"{whose} is served by {now} now, first by {first}: what it was cannot be had any more",
        remedy=f"what is served now is {event.into.id}; name a version in the catalogue in place of an alias",
        strategy=SPLIT,
    )


def with_heir(setting: Setting, heir: Candidate, splits: Splits, n_made: int) -> Setting:
    """The setting with an heir: at the list cost of whom it follows, and the baseline where that was it.

    Args:
        setting: before.
        heir: just added.
        splits: all so far.
        n_made: candidates made from data by now, the heir among them.
    """
    followed = [candidate_id for candidate_id, heir_id in splits if heir_id == heir.id]
    costs, task = setting.list_cost_usd, setting.task
    listed = [costs[candidate_id] for candidate_id in followed if candidate_id in costs]
    setting = replace(setting, list_cost_usd={**costs, heir.id: listed[0]} if listed else costs)
    if setting.baseline_id not in followed:
        return setting
    alpha = halving_level(task.alpha * MADE_PART, n_made)
    return replace(setting, baseline_id=heir.id, task=replace(task, alpha=alpha))
