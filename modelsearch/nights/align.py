"""A task's state put beside tonight's catalogue: what is void, who is new, who is out of the question.

Nothing here depends on an event that may be lost: whoever is on sale and neither stands at its revision of tonight, nor
waits, nor was told why not, is new. Doing it twice changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Seen, Standing, TaskState
from modelsearch.core.result import Verdict
from modelsearch.nights.costs import rerated, with_uses
from modelsearch.nights.night import Night
from modelsearch.nights.revisions import is_same, merged
from modelsearch.nights.tonight import Tonight

LAST = (True, True)
"""Neither the incumbent nor certified before: such newcomers stand behind those who wait."""


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """The state as of tonight, and who is newly told why not."""

    state: TaskState
    declined: Mapping[CandidateId, Seen] = field(default_factory=dict)


def aligned(state: TaskState, night: Night) -> Aligned:
    """Prices and revisions of tonight applied; the line of those who wait brought up to date. O(n_offers)."""
    before = Tonight(state=state, night=night)
    begun = {c: b for c, b in state.begun.items() if is_same(b.revision, before.revision(c))}
    seen = {c: s for c, s in state.seen.items() if c in night.offers}
    state = replace(state, standings=_standings(before), begun=begun, seen=seen)
    tonight = Tonight(state=state, night=night)
    told = {c: verdict for c in night.offers if (verdict := refusal(tonight, c)) is not None}
    line = tuple(c for c in state.waiting if c in night.offers and c not in told and tonight.standing(c) is None)
    newcomers = sorted(_newcomers(tonight, {*line, *told}), key=lambda c: _place_in_line(tonight, c))
    declined = {c: s for c, s in told.items() if c not in seen or seen[c].revision != s.revision}
    kept = {c: s for c, s in (seen | told).items() if c not in {*line, *newcomers} and tonight.standing(c) is None}
    n_urgent = sum(_place_in_line(tonight, c)[:2] != LAST for c in newcomers)
    waiting = (*newcomers[:n_urgent], *line, *newcomers[n_urgent:])
    return Aligned(state=replace(state, waiting=waiting, seen=kept), declined=declined)


def refusal(tonight: Tonight, candidate_id: CandidateId) -> Seen | None:
    """Why somebody on sale without a valid standing is not to be tested; None = it is, or needs no test."""
    if candidate_id == tonight.state.baseline_id or tonight.standing(candidate_id) is not None:
        return None
    if _is_settled(tonight, candidate_id):
        return None
    reason = _reason(tonight, candidate_id)
    if not reason:
        return None
    return Seen(
        revision=tonight.revision(candidate_id),
        cost_usd=tonight.cost_usd(candidate_id),
        limit_usd=tonight.limit_usd,
        reason=reason,
    )


def _standings(tonight: Tonight) -> dict[CandidateId, Standing]:
    found = {}
    for candidate_id, standing in tonight.state.standings.items():
        known = with_uses(standing, tonight.night.offers.get(candidate_id))
        now = tonight.revision(candidate_id)
        if known.revision != now and is_same(known.revision, now):
            known = replace(known, revision=merged(known.revision, now))
        found[candidate_id] = rerated(known, tonight.by_endpoint)
    return found


def _reason(tonight: Tonight, candidate_id: CandidateId) -> str:
    rules, cost_usd, limit_usd = tonight.night.rules, tonight.cost_usd(candidate_id), tonight.limit_usd
    if ends := tonight.ends(candidate_id):
        return f"its service ends on {ends}, within {rules.notice_days} days"
    if tonight.night.offers[candidate_id].is_timed or candidate_id == tonight.state.incumbent_id:
        return ""
    if cost_usd is None:
        return "its price is unknown, so its calls cannot be reserved for"
    if cost_usd < limit_usd:
        return ""
    told = f"expected at {1000 * cost_usd:.4g} USD per 1,000 items, not below {1000 * limit_usd:.4g}"
    return f"{told}: {rules.slack:g} times what {tonight.to_beat} costs"


def _newcomers(tonight: Tonight, known: set[CandidateId]) -> Iterator[CandidateId]:
    """Whoever is on sale and within the rules, does not stand, does not wait, and was not told why not."""
    state = tonight.state
    if state.baseline_id not in state.standings and state.baseline_id not in state.begun:
        return  # the first search takes everybody
    for candidate_id in tonight.night.offers:
        if candidate_id in known or candidate_id == state.baseline_id:
            continue
        if tonight.standing(candidate_id) is None and not _is_settled(tonight, candidate_id):
            yield candidate_id


def _is_settled(tonight: Tonight, candidate_id: CandidateId) -> bool:
    seen = tonight.state.seen.get(candidate_id)
    return seen is not None and seen.is_final and is_same(seen.revision, tonight.revision(candidate_id))


def _place_in_line(tonight: Tonight, candidate_id: CandidateId) -> tuple[bool, bool, float, str]:
    """Of one night's newcomers: the incumbent, then who was certified before, then by chance times saving."""
    standing = tonight.state.standings.get(candidate_id)
    was_good = standing is not None and standing.verdict is Verdict.NON_INFERIOR
    cost_usd, now_usd = tonight.cost_usd(candidate_id), tonight.limit_usd / tonight.night.rules.slack
    saving = 0.0 if cost_usd is None or not now_usd > 0 else max(0.0, 1.0 - cost_usd / now_usd)
    gain = tonight.night.offers[candidate_id].p_good * saving
    return (candidate_id != tonight.state.incumbent_id, not was_good, -gain, str(candidate_id))
