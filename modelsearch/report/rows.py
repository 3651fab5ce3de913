"""Rows of the report's tables as plain JSON values, the same for the terminal, Markdown and HTML.

Text is cleaned and not escaped: the format that shows it escapes it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from modelsearch.core.result import Estimate, PhaseSummary, SearchResult, Verdict
from modelsearch.report.numbers import amount, evidence, interval_points, probability, seconds, usd_per_1k
from modelsearch.report.plain import clean, short
from modelsearch.report.standing import Standing, standings

Row: TypeAlias = dict[str, str | int]


def funnel_rows(result: SearchResult) -> list[Row]:
    """One row a phase: how many candidates, who left by what, what it bought; amounts in USD as text."""
    return [_funnel_row(phase) for phase in result.phases]


def _funnel_row(phase: PhaseSummary) -> Row:
    return {
        "phase": clean(phase.phase),
        "n_started": phase.n_started,
        "n_left": phase.n_left,
        "n_added": phase.n_added,
        "n_rounds": phase.n_rounds,
        "n_outcomes": phase.n_outcomes,
        "spend_usd": amount(phase.spend_usd),
        "dropped_by": _counts(phase.drops_by_strategy),
        "ended": clean(phase.reason),
    }


def _counts(by: Mapping[str, int]) -> str:
    return ", ".join(f"{clean(name)} {n}" for name, n in sorted(by.items(), key=lambda pair: (-pair[1], pair[0])))


def candidate_rows(result: SearchResult, limit: int = 50) -> list[Row]:
    """The best `limit` candidates, recommended and baseline first; scores in points of 100, with their intervals."""
    return [candidate_row(standing) for standing in standings(result)[:limit]]


def candidate_row(standing: Standing) -> Row:
    """One candidate, numbers as text because some are unknown."""
    estimate = standing.estimate
    row: Row = {
        "candidate": standing.label,
        "role": standing.role,
        "quality_points": interval_points(estimate.quality if estimate else None),
        "gap_points": interval_points(estimate.gap if estimate else None),
        "cost_usd_per_1k": usd_per_1k(estimate.cost_usd if estimate else None),
        "latency_p50": seconds(estimate.latency_p50_s if estimate else None),
        "latency_p95": seconds(estimate.latency_p95_s if estimate else None),
        "n_items": estimate.n_items if estimate else 0,
        "p_good_enough": _p_good_enough(estimate),
        "verdict": standing.verdict,
    }
    # the baseline's gap to itself is 0 by definition: no evidence, so it is not shown as if it were some
    return row | {"gap_points": "", "p_good_enough": ""} if standing.is_baseline else row


def _p_good_enough(estimate: Estimate | None) -> str:
    """The probability, where there is no certificate: beside one, the cautious probability would seem to doubt it."""
    if estimate is not None and estimate.verdict is Verdict.NON_INFERIOR:
        return "certified"
    return probability(estimate.p_non_inferior if estimate else None)


def drop_rows(result: SearchResult, limit: int | None = None) -> list[Row]:
    """Every drop, in the order of the search, with its reason, evidence and remedy."""
    return [
        {
            "candidate": short(drop.candidate_id),
            "phase": clean(phase),
            "strategy": clean(drop.strategy),
            "reason": clean(drop.reason),
            "evidence": evidence(drop.evidence),
            "remedy": clean(drop.remedy),
        }
        for phase, drop in result.drops[:limit]
    ]


def drop_counts(result: SearchResult) -> list[Row]:
    """How many left, by phase and strategy, most first; `for_example` is the first one's reason."""
    groups = Counter((clean(phase), clean(drop.strategy)) for phase, drop in result.drops)
    first: dict[tuple[str, str], str] = {}
    for phase, drop in result.drops:
        first.setdefault((clean(phase), clean(drop.strategy)), f"{short(drop.candidate_id)}: {clean(drop.reason)}")
    return [
        {"phase": key[0], "strategy": key[1], "n_dropped": n, "for_example": first[key]}
        for key, n in groups.most_common()
    ]
