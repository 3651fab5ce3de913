"""When everybody is searched, instead of newcomers one by one."""

from modelsearch.nights.tonight import Tonight


def search_reason(tonight: Tonight) -> str:
    """Why everybody is to be searched tonight; "" = that is not needed, or not possible without the baseline."""
    state, baseline, incumbent = tonight.state, tonight.state.baseline_id, tonight.state.incumbent_id
    if not tonight.is_on_sale(baseline):
        return ""
    if baseline in state.begun:
        return "a search that is begun goes on"
    if baseline not in state.standings:
        return "nothing is known of this task yet"
    if tonight.standing(baseline) is None:
        before, now = state.standings[baseline].revision, tonight.revision(baseline)
        return f"the baseline {baseline} is not what it was: {before!r} then, {now!r} now"
    return "" if incumbent in (baseline, *state.missing) else _lost(tonight)


def _lost(tonight: Tonight) -> str:
    incumbent = tonight.state.incumbent_id
    if ends := tonight.ends(incumbent):
        return f"the incumbent {incumbent} ends on {ends}"
    if not tonight.is_on_sale(incumbent):
        return f"the incumbent {incumbent} is no longer on sale"
    is_single = incumbent in tonight.night.offers
    if not is_single and tonight.standing(incumbent) is None:
        return f"a member of the incumbent {incumbent} is not what it was"
    return ""
