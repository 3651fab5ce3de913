"""What a night's results mean for the task: its state, whether the recommendation moves, whom to wake."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Alarm, JobResult, TaskState
from modelsearch.nights.align import aligned
from modelsearch.nights.drift import updated_drift
from modelsearch.nights.moves import lost, lost_alarms, moved
from modelsearch.nights.night import Night, NightOutcome
from modelsearch.nights.results import is_begun, with_result
from modelsearch.nights.tonight import Tonight


def first_state(task_id: TaskId, task_revision: str, baseline_id: CandidateId) -> TaskState:
    """Of a task that is new, or whose prompt, items, scorer or margin have changed: the baseline serves it."""
    return TaskState(task_id=task_id, task_revision=task_revision, baseline_id=baseline_id, incumbent_id=baseline_id)


def after_night(state: TaskState, night: Night, results: Sequence[JobResult]) -> NightOutcome:
    """The state after a night. Pure; the order of results does not matter; a night done twice is done once.

    Args:
        state: before the night, as given to `plan_night`.
        night: the same.
        results: of all jobs of the night. One that is not done is gone on with tomorrow, at its own place.
    """
    if state.last_night is not None and night.day <= state.last_night:
        return NightOutcome(state=state)
    start = aligned(state, night)
    after, alarms = start.state, []
    for result in sorted(results, key=lambda result: result.job.key):
        after, told = with_result(after, night, result, frozenset(state.waiting))
        alarms += told
    after = replace(
        after,
        last_night=night.day,
        n_tested=max([after.n_tested, *(result.job.place for result in results if is_begun(result))]),
        spend_usd=after.spend_usd + sum((result.spend_usd for result in results), ZERO_USD),
    )
    drift = updated_drift(after, night, sorted(results, key=lambda result: result.job.key))
    end = _settled(state, drift.state, night)
    return replace(
        end, alarms=(*alarms, *drift.alarms, *end.alarms), declined=dict(start.declined) | dict(end.declined)
    )


def rerank(state: TaskState, night: Night) -> NightOutcome:
    """What new prices, or the loss of the incumbent, mean at once, between two nights: free of charge."""
    return _settled(state, aligned(state, night).state, night)


def _settled(before: TaskState, after: TaskState, night: Night) -> NightOutcome:
    """Aligned anew, and with the right incumbent."""
    found = aligned(after, night)
    tonight = Tonight(state=found.state, night=night)
    alarms = [*lost_alarms(before, tonight), *_changed_alarms(before, tonight)]
    state, move = moved(found.state, night)
    state = replace(state, missing=lost(Tonight(state=state, night=night)))
    return NightOutcome(
        state=state, moves=() if move is None else (move,), alarms=tuple(alarms), declined=found.declined
    )


def _changed_alarms(before: TaskState, tonight: Tonight) -> Iterable[Alarm]:
    incumbent = tonight.state.incumbent_id
    if tonight.standing(incumbent) is None and incumbent in tonight.state.waiting and incumbent not in before.waiting:
        before_it, now = tonight.state.standings.get(incumbent), tonight.revision(incumbent)
        why = (
            f"is not what it was: {before_it.revision!r} then, {now!r} now"
            if before_it
            else "has no certificate any more"
        )
        yield Alarm(
            code="incumbent_changed",
            subject=incumbent,
            day=tonight.night.day,
            message=f"{incumbent} {why}; it is measured anew",
        )
