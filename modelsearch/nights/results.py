"""What one job's result changes in the state of its task."""

from collections.abc import Container, Mapping
from dataclasses import replace

from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Alarm, Begun, JobResult, Seen, Standing, TaskState
from modelsearch.core.result import Verdict
from modelsearch.nights.night import Night
from modelsearch.nights.tonight import Tonight


def with_result(
    state: TaskState, night: Night, result: JobResult, old_waiting: frozenset[CandidateId]
) -> tuple[TaskState, list[Alarm]]:
    """The state with what a job has found, and whom to wake.

    Args:
        state: aligned to the night.
        night: of the result.
        result: of any kind of job; drift is for `nights.drift`.
        old_waiting: who waited before the night.
    """
    if result.job.kind == "measure":
        return replace(state, standings=dict(state.standings) | _rows(state, night, _filled(state, night, result))), []
    if result.job.kind == "search":
        return _with_search(state, night, result, old_waiting), []
    return _with_screen(state, night, result) if result.job.kind == "screen" else (state, [])


def is_begun(result: JobResult) -> bool:
    """Whether anything was looked at: a newcomer that left before its first call has used no level."""
    return result.n_calls > 0 or bool(result.standings) or result.end != "done"


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


def _rows(state: TaskState, night: Night, found: Mapping[CandidateId, Standing]) -> dict[CandidateId, Standing]:
    """Rows that were bought by name.

    A certificate stays as it was tested, for these items were drawn for no test; but where the whole rows of both say
    that the candidate is worse by more than the margin, nothing is left to be tested.
    """
    known = {candidate_id: state.standings.get(candidate_id) for candidate_id in found}
    return {
        candidate_id: standing
        if before is None or candidate_id == state.baseline_id or _is_refuted(state, night, standing)
        else replace(
            standing,
            place=before.place,
            verdict=before.verdict,
            gap=before.gap,
            tested_on=before.tested_on,
            log_e_value=before.log_e_value,
            is_feasible=before.is_feasible,
        )
        for candidate_id, standing in found.items()
        for before in (known[candidate_id],)
    }


def _is_refuted(state: TaskState, night: Night, standing: Standing) -> bool:
    """Whether all items are known of it and of the baseline, and it is inferior."""
    baseline = state.standings.get(state.baseline_id)
    is_whole = baseline is not None and min(baseline.n_items, standing.n_items) >= night.n_items
    return is_whole and standing.verdict is Verdict.INFERIOR


def _with_search(state: TaskState, night: Night, result: JobResult, old_waiting: frozenset[CandidateId]) -> TaskState:
    """Everybody measured stands; who was in its pool is not asked about again, but for those who waited before."""
    baseline, before = state.baseline_id, Tonight(state=state, night=night)
    if baseline not in state.begun:  # newcomers of the later nights of a long search are not in its pool
        pool = [c for c in night.offers if c != baseline and c not in old_waiting and before.standing(c) is None]
        new = {c: _in_pool(before, c, result) for c in pool if c not in state.seen}
        state = replace(state, seen=dict(state.seen) | new, waiting=_without(state.waiting, new))
    if result.end != "done":
        return replace(state, begun=dict(state.begun) | {baseline: _begun(state, before, result)})
    kept = {} if before.standing(baseline) is None else dict(state.standings)
    found = _filled(state, night, result)
    return replace(
        state,
        standings=kept | dict(found),
        begun={c: b for c, b in state.begun.items() if c != baseline},
        waiting=_without(state.waiting, found),
        seen={c: s for c, s in state.seen.items() if c not in found},
    )


def _in_pool(tonight: Tonight, candidate_id: CandidateId, result: JobResult) -> Seen:
    reason = f"in the pool of the search at place {result.job.place}, which did not ask it"
    return _final(tonight, candidate_id, reason)


def _final(tonight: Tonight, candidate_id: CandidateId, reason: str) -> Seen:
    return Seen(
        revision=tonight.revision(candidate_id),
        cost_usd=tonight.cost_usd(candidate_id),
        limit_usd=tonight.limit_usd,
        reason=reason,
        is_final=True,
    )


def _begun(state: TaskState, tonight: Tonight, result: JobResult) -> Begun:
    candidate_id = result.job.candidate_id
    before = state.begun.get(candidate_id)
    n_nights = 1 + (before.n_nights if before is not None else 0)
    return Begun(place=result.job.place, revision=tonight.revision(candidate_id), n_nights=n_nights)


def _with_screen(state: TaskState, night: Night, result: JobResult) -> tuple[TaskState, list[Alarm]]:
    """A newcomer that was measured stands; one whose test is not over stays in the line, for so many nights."""
    candidate_id, tonight = result.job.candidate_id, Tonight(state=state, night=night)
    found = _filled(state, night, result)
    if result.end == "done" and candidate_id in found:
        return _out_of_line(replace(state, standings=dict(state.standings) | dict(found)), candidate_id), []
    begun = _begun(state, tonight, result)
    if result.end != "done" and begun.n_nights < night.rules.max_nights:
        return replace(state, begun=dict(state.begun) | {candidate_id: begun}), []
    gave_up = f"its test {begun.place} was given up after {begun.n_nights} nights: "
    reason = (gave_up if is_begun(result) else "not tested: ") + (result.error or "nothing was answered")
    seen = dict(state.seen) | {candidate_id: _final(tonight, candidate_id, reason)}
    alarm = Alarm(code="test_given_up", subject=candidate_id, day=night.day, message=f"{candidate_id}: {reason}")
    return _out_of_line(replace(state, seen=seen), candidate_id), [alarm] if is_begun(result) else []


def _out_of_line(state: TaskState, candidate_id: CandidateId) -> TaskState:
    return replace(
        state,
        waiting=_without(state.waiting, (candidate_id,)),
        begun={c: b for c, b in state.begun.items() if c != candidate_id},
    )


def _without(line: tuple[CandidateId, ...], gone: Container[CandidateId]) -> tuple[CandidateId, ...]:
    return tuple(candidate_id for candidate_id in line if candidate_id not in gone)
