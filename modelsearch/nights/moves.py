"""Whether the recommendation moves: to a certificate that holds, and that is cheaper; or away from what is lost.

Certificates are all against the baseline at the task's margin, never against the incumbent: a chain of "no worse than
the last one" could drift away from the baseline margin by margin.
"""

from dataclasses import replace
from datetime import timedelta

from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Alarm, IncumbentMove, TaskState
from modelsearch.nights.night import Night
from modelsearch.nights.tonight import Tonight

ONE_DAY = timedelta(days=1)


def runner_up(tonight: Tonight) -> CandidateId | None:
    """Who would serve if the incumbent were lost; None = nobody."""
    return next((c for _, c in tonight.ranked if c != tonight.state.incumbent_id), None)


def moved(state: TaskState, night: Night) -> tuple[TaskState, IncumbentMove | None]:
    """The state with the right incumbent, and the move if it is another one now."""
    tonight = Tonight(state=state, night=night)
    why_leave = reason_to_leave(tonight)
    chosen = _chosen(tonight, is_leaving=bool(why_leave))
    if chosen is None or chosen == state.incumbent_id:
        return state, None
    reason = f"{why_leave}; " if why_leave else ""
    move = IncumbentMove(
        task_id=state.task_id,
        day=night.day,
        from_id=state.incumbent_id,
        to_id=chosen,
        reason=reason + _why(tonight, chosen),
        evidence=_evidence(tonight, chosen),
    )
    return replace(state, incumbent_id=chosen), move


def reason_to_leave(tonight: Tonight) -> str:
    """Why the incumbent cannot stay; "" = it can. While it waits to be measured anew it stays."""
    state, incumbent = tonight.state, tonight.state.incumbent_id
    if not tonight.is_on_sale(incumbent):
        return f"{incumbent} is no longer on sale"
    if ends := tonight.ends(incumbent):
        return f"{incumbent} ends on {ends}"
    standing = tonight.standing(incumbent)
    if incumbent == state.baseline_id or standing is None or tonight.is_certified(incumbent):
        return ""
    told = f"gap {standing.gap:+.4f} to the baseline on {standing.n_items} items, test {standing.place}"
    return f"{incumbent}, measured anew, is {standing.verdict} ({told})"


def lost_alarms(before: TaskState, tonight: Tonight) -> tuple[Alarm, ...]:
    """Told once: an incumbent or baseline that is gone or about to go."""
    newly = [c for c in lost(tonight) if c not in before.missing]
    return tuple(_lost_alarm(tonight, c) for c in newly)


def lost(tonight: Tonight) -> tuple[CandidateId, ...]:
    """Of incumbent and baseline, who is gone or about to go."""
    state = tonight.state
    return tuple(c for c in dict.fromkeys((state.incumbent_id, state.baseline_id)) if tonight.is_lost(c))


def _lost_alarm(tonight: Tonight, candidate_id: CandidateId) -> Alarm:
    state, ends = tonight.state, tonight.ends(candidate_id)
    second = runner_up(tonight)
    what = f"ends on {ends}" if ends else "is no longer on sale"
    if candidate_id == state.baseline_id:
        message = f"the baseline {candidate_id} {what}; without it nobody can be tested: name another baseline"
    elif second in (None, state.baseline_id):
        message = f"the incumbent {candidate_id} {what}, and nobody else is certified: the baseline takes over by then"
    else:
        message = f"the incumbent {candidate_id} {what}; {second} takes over"
    role = "baseline" if candidate_id == state.baseline_id else "incumbent"
    return Alarm(
        code=f"{role}_{'ends' if ends else 'gone'}", subject=candidate_id, day=tonight.night.day, message=message
    )


def _chosen(tonight: Tonight, *, is_leaving: bool) -> CandidateId | None:
    state = tonight.state
    others = [(usd, c) for usd, c in tonight.ranked if c != state.incumbent_id]
    if is_leaving:
        fallback = state.baseline_id if tonight.is_on_sale(state.baseline_id) else None
        chosen = others[0][1] if others else fallback
        return None if chosen == state.baseline_id and _has_time(tonight) else chosen
    cost_usd = tonight.cost_usd(state.incumbent_id)
    if not others or cost_usd is None or others[0][0] >= cost_usd * (1.0 - tonight.night.rules.least_gain):
        return None
    return others[0][1]


def _has_time(tonight: Tonight) -> bool:
    """Whether an incumbent that ends, and has no better successor than the baseline, serves tomorrow as well."""
    incumbent = tonight.state.incumbent_id
    return tonight.is_certified(incumbent) and tonight.ends(incumbent) > (tonight.night.day + ONE_DAY).isoformat()


def _why(tonight: Tonight, chosen: CandidateId) -> str:
    cost_usd, before_usd = tonight.cost_usd(chosen) or 0.0, tonight.cost_usd(tonight.state.incumbent_id)
    told = f"{chosen} costs {1000 * cost_usd:.4g} USD per 1,000 items"
    if before_usd:
        told += f" ({cost_usd / before_usd - 1.0:+.1%} to {tonight.state.incumbent_id})"
    standing = tonight.standing(chosen)
    if chosen == tonight.state.baseline_id or standing is None:
        return f"{told}; it is the baseline"
    return (
        f"{told}; certified: gap {standing.gap:+.4f} to the baseline on {standing.n_items} items, test {standing.place}"
    )


def _evidence(tonight: Tonight, chosen: CandidateId) -> dict[str, float]:
    found = {"cost_usd_per_1k": 1000 * (tonight.cost_usd(chosen) or 0.0)}
    before = tonight.cost_usd(tonight.state.incumbent_id)
    if before is not None:
        found["before_usd_per_1k"] = 1000 * before
    standing = tonight.standing(chosen)
    if standing is None:
        return found
    return found | {
        "gap": standing.gap,
        "quality": standing.quality,
        "n_items": float(standing.n_items),
        "place": float(standing.place),
        "log_e_value": standing.log_e_value,
    }
