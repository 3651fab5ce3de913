"""Why one candidate is not the answer: when it left, on what evidence, and what would bring it back."""

from collections.abc import Iterator
from difflib import get_close_matches
from shlex import quote

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Estimate, SearchResult, Verdict
from modelsearch.core.search import Drop
from modelsearch.report.headline import baseline_of, recommended_of
from modelsearch.report.numbers import (
    counted,
    evidence,
    interval_points,
    percent,
    points,
    probability,
    seconds,
    share_points,
    usd_per_1k,
)
from modelsearch.report.plain import clean, short
from modelsearch.report.standing import VERDICT_WORDS, Standing, standing_of, standings

MAX_MATCHES = 5


def explain(result: SearchResult, endpoint_id: str) -> str:
    """What became of a candidate, as lines of plain text.

    Args:
        result: a finished search.
        endpoint_id: id of a candidate: an endpoint, `endpoint#prompt`, or the id of a vote or cascade.

    Raises:
        OptionError: the search never knew it; the message names the nearest ids.
    """
    standing = standing_of(result, CandidateId(endpoint_id))
    if standing is None:
        raise OptionError(_unknown(result, endpoint_id))
    lines = [_title(standing)]
    lines += _dropped(result, standing, standing.drop) if standing.drop else _live(result, standing)
    if standing.estimate is not None:
        lines += _measured(standing.estimate, is_baseline=standing.is_baseline)
    return "\n".join(lines)


def _title(standing: Standing) -> str:
    name = clean(standing.candidate_id)
    if standing.estimate is not None and standing.estimate.label != standing.candidate_id:
        name = f"{name} ({clean(standing.estimate.label)})"
    return f"{name}: {standing.role}" if standing.role else name


def _dropped(result: SearchResult, standing: Standing, drop: Drop) -> Iterator[str]:
    by = f", by {clean(drop.strategy)}" if drop.strategy else ""
    yield f"left in: phase {clean(standing.phase)}{by}"
    yield f"why: {clean(drop.reason)}"
    if drop.evidence:
        yield f"evidence: {evidence(drop.evidence)}"
    yield f"what would bring it back: {clean(drop.remedy) or _remedy(result, standing, drop)}"


def _remedy(result: SearchResult, standing: Standing, drop: Drop) -> str:
    """For a drop that names none: what its phase decided on."""
    strategy = clean(drop.strategy) or "the filter that dropped it"
    phase = next((p for p in result.phases if p.phase == standing.phase), None)
    if phase is None or phase.n_outcomes == 0:
        return f"looser limits (it left before any call), or a plan without {strategy}"
    return f"a larger --budget-usd, so that it is judged on more items, or a plan without {strategy}"


def _live(result: SearchResult, standing: Standing) -> Iterator[str]:
    yield "stayed in the pool to the end"
    if standing.role.startswith("recommended"):
        yield f"why: {clean(result.recommendation.reason)}"
        return
    if standing.role == "baseline":
        yield "why not recommended: it is the baseline, and something cheaper is recommended in its place"
        return
    why, remedy = _why_not(result, standing.estimate)
    yield f"why not recommended: {why}"
    yield f"what would make it so: {remedy}"


def _why_not(result: SearchResult, estimate: Estimate | None) -> tuple[str, str]:
    """Reason and remedy of a live candidate that is not the answer; the first that holds."""
    if estimate is None or estimate.n_items == 0:
        return "it was never asked: the money went to likelier ones", "a larger --budget-usd, or --include it alone"
    if not estimate.is_feasible:
        return "it breaks a limit of yours on cost, quality or latency", "raise that limit"
    if estimate.cost_usd is None:
        return "its cost is unknown, so no saving can be stated", "add its rates to the catalogue"
    price = _too_dear(result, estimate)
    return price if price is not None else _not_shown(result, estimate)


def _too_dear(result: SearchResult, estimate: Estimate) -> tuple[str, str] | None:
    cost, baseline = usd_per_1k(estimate.cost_usd), baseline_of(result)
    mean = estimate.cost_usd.mean if estimate.cost_usd else 0.0
    if baseline is not None and baseline.cost_usd is not None and mean >= baseline.cost_usd.mean:
        limit = usd_per_1k(baseline.cost_usd)
        why = f"at {cost} USD per 1,000 items it costs no less than the baseline ({limit})"
        return why, f"a price below {limit} USD per 1,000 items"
    best = recommended_of(result)
    is_rival = best is not None and best.candidate_id != result.baseline_id and best.cost_usd is not None
    if is_rival and best is not None and best.cost_usd is not None and estimate.verdict is Verdict.NON_INFERIOR:
        limit = usd_per_1k(best.cost_usd)
        why = f"it is certified too, but costs {cost} USD per 1,000 items and {short(best.label)} {limit}"
        return why, f"a price below {limit} USD per 1,000 items, or --exclude {quote(clean(best.candidate_id))}"
    return None


def _not_shown(result: SearchResult, estimate: Estimate) -> tuple[str, str]:
    margin = f"{share_points(result.recommendation.margin)} points"
    if estimate.verdict is Verdict.INFERIOR:
        high = f" above {points(-estimate.gap.high)} points" if estimate.gap and estimate.gap.high < 0 else ""
        return f"it is shown to lose more than {margin}", f"a larger --margin{high}"
    if estimate.verdict is Verdict.NON_INFERIOR:
        return "it is certified, and another choice is worth more", "--exclude what is recommended"
    p = probability(estimate.p_non_inferior)
    why = f"whether it loses no more than {margin} is undecided ({p} likely), and another choice is worth more"
    remedy = f"a larger --budget-usd (it has {counted(estimate.n_pairs, 'item')} of {result.recommendation.n_items:,})"
    return why, remedy + _wider(estimate)


def _wider(estimate: Estimate) -> str:
    if estimate.gap is None or estimate.gap.low >= 0:
        return ""
    low = f"{percent(estimate.gap.level)} interval of its gap reaches down to {points(estimate.gap.low)} points"
    return f", or a larger --margin (the {low})"


def _measured(estimate: Estimate, *, is_baseline: bool) -> Iterator[str]:
    if not is_baseline:
        yield from _compared(estimate)
    if estimate.n_items:
        yield f"quality: {interval_points(estimate.quality)} points of 100, on {counted(estimate.n_items, 'item')}"
    yield f"cost: {usd_per_1k(estimate.cost_usd)} USD per 1,000 items"
    if estimate.latency_p50_s is not None:
        yield f"latency: median {seconds(estimate.latency_p50_s)}, 95th percentile {seconds(estimate.latency_p95_s)}"
    if estimate.evidence_missing_share:
        yield f"failures: {percent(estimate.evidence_missing_share)} of compared items, taken at their worst"


def _compared(estimate: Estimate) -> Iterator[str]:
    if not estimate.n_pairs:
        yield "verdict: never compared with the baseline"
        return
    yield f"verdict: {VERDICT_WORDS[estimate.verdict]}"
    gap = f"{interval_points(estimate.gap)} points, on {counted(estimate.n_pairs, 'shared item')}"
    if estimate.verdict is Verdict.NON_INFERIOR:
        yield f"gap to the baseline: {gap}"
        return
    p = probability(estimate.p_non_inferior)
    yield f"gap to the baseline: {gap}; good enough with probability {p} (shrunk towards how the others did)"


def _unknown(result: SearchResult, wanted: str) -> str:
    ids = [str(s.candidate_id) for s in standings(result)]
    near = [i for i in ids if wanted and wanted.lower() in i.lower()]
    near += get_close_matches(wanted, ids, n=MAX_MATCHES, cutoff=0.4)
    names = ", ".join(short(i) for i in list(dict.fromkeys(near))[:MAX_MATCHES])
    hint = f"did you mean {names}?" if names else f"give one of its {len(ids)} candidates, as in the report's table"
    return f"explain: run {clean(result.run_id)} has no candidate {short(wanted)!r}: {hint}"
