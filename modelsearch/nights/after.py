"""What a night's results mean for the task: its state, whether the recommendation moves, whom to wake."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Alarm, Begun, JobResult, Seen, Standing, TaskState
from modelsearch.nights.align import aligned
from modelsearch.nights.moves import lost, lost_alarms, moved
from modelsearch.nights.night import Night, NightOutcome
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
        after, told = _with_result(after, night, result)
        alarms += told
    after = replace(
        after,
        last_night=night.day,
        n_tested=max([after.n_tested, *(result.job.place for result in results)]),
        spend_usd=after.spend_usd + sum((result.spend_usd for result in results), ZERO_USD),
    )
    end = _settled(state, after, night)
    return replace(end, alarms=(*alarms, *end.alarms), declined=dict(start.declined) | dict(end.declined))


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
        then = tonight.state.standings[incumbent].revision if incumbent in tonight.state.standings else ""
        now = tonight.revision(incumbent)
        yield Alarm(
            code="incumbent_changed",
            subject=incumbent,
            day=tonight.night.day,
            message=f"{incumbent} is not what it was ({then!r} then, {now!r} now): measured anew",
        )


def _with_result(state: TaskState, night: Night, result: JobResult) -> tuple[TaskState, list[Alarm]]:
    if result.job.kind == "drift":
        return state, []
    if result.job.kind == "measure":
        return replace(state, standings=dict(state.standings) | dict(_filled(state, night, result))), []
    if result.job.kind == "search":
        return _with_search(state, night, result), []
    return _with_screen(state, night, result)


def _filled(state: TaskState, night: Night, result: JobResult) -> Mapping[CandidateId, Standing]:
    """The result's standings; what the engine left open is put in as of tonight."""
    tonight = Tonight(state=state, night=night)
    return {
        standing.candidate_id: replace(
            standing,
            revision=standing.revision or tonight.revision(standing.candidate_id),
            place=standing.place or result.job.place,
            rated_usd=0.0,
        )
        for standing in result.standings
        if standing.n_items > 0
    }


def _with_search(state: TaskState, night: Night, result: JobResult) -> TaskState:
    """Everybody measured stands; of a first search, who was in its pool is not asked about again."""
    baseline = state.baseline_id
    before = Tonight(state=state, night=night)
    is_first = baseline not in state.standings and baseline not in state.begun
    if is_first:
        final = {c: _in_pool(before, c, result) for c in night.offers if c != baseline}
        state = replace(state, seen=dict(state.seen) | {c: s for c, s in final.items() if c not in state.seen})
    if result.end != "done":
        return replace(state, begun=dict(state.begun) | {baseline: _begun(state, before, result)})
    kept = {} if before.standing(baseline) is None else dict(state.standings)
    found = _filled(state, night, result)
    return replace(
        state,
        standings=kept | dict(found),
        begun={c: b for c, b in state.begun.items() if c != baseline},
        waiting=tuple(c for c in state.waiting if c not in found),
        seen={c: s for c, s in state.seen.items() if c not in found},
    )


def _in_pool(tonight: Tonight, candidate_id: CandidateId, result: JobResult) -> Seen:
    return Seen(
        revision=tonight.revision(candidate_id),
        cost_usd=tonight.cost_usd(candidate_id),
        limit_usd=tonight.limit_usd,
        reason=f"in the pool of the search at place {result.job.place}, which did not ask it",
        is_final=True,
    )


def _begun(state: TaskState, tonight: Tonight, result: JobResult) -> Begun:
    candidate_id = result.job.candidate_id
    before = state.begun.get(candidate_id)
    n_nights = 1 + (before.n_nights if before is not None else 0)
    return Begun(place=result.job.place, revision=tonight.revision(candidate_id), n_nights=n_nights)


def _with_screen(state: TaskState, night: Night, result: JobResult) -> tuple[TaskState, list[Alarm]]:
    candidate_id, tonight = result.job.candidate_id, Tonight(state=state, night=night)
    found = _filled(state, night, result) if result.end == "done" else {}
    if candidate_id in found:
        state = replace(state, standings=dict(state.standings) | dict(found))
        return _out_of_line(state, candidate_id), []
    begun = _begun(state, tonight, result)
    if result.end != "done" and begun.n_nights < night.rules.max_nights:
        return replace(state, begun=dict(state.begun) | {candidate_id: begun}), []
    reason = (
        f"its test {begun.place} was given up after {begun.n_nights} nights: {result.error or 'nothing was answered'}"
    )
    seen = Seen(
        revision=begun.revision,
        cost_usd=tonight.cost_usd(candidate_id),
        limit_usd=tonight.limit_usd,
        reason=reason,
        is_final=True,
    )
    alarm = Alarm(code="test_given_up", subject=candidate_id, day=night.day, message=f"{candidate_id}: {reason}")
    return _out_of_line(replace(state, seen=dict(state.seen) | {candidate_id: seen}), candidate_id), [alarm]


def _out_of_line(state: TaskState, candidate_id: CandidateId) -> TaskState:
    return replace(
        state,
        waiting=tuple(c for c in state.waiting if c != candidate_id),
        begun={c: b for c, b in state.begun.items() if c != candidate_id},
    )
