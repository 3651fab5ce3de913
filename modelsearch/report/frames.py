"""The tables of a result for pandas: raw numbers, units in the names, ids as they are (not cleaned, not escaped).

A spreadsheet may run a cell that begins with `=`; ids are a stranger's text, so open exports as text.
"""

import json
from typing import Any

import pandas as pd

from modelsearch.core.result import Estimate, Interval, SearchResult

ESTIMATE_COLUMNS = (
    "candidate_id",
    "label",
    "is_recommended",
    "is_baseline",
    "n_items",
    "n_pairs",
    "quality",
    "quality_low",
    "quality_high",
    "gap",
    "gap_low",
    "gap_high",
    "cost_usd_per_1k_items",
    "cost_low_usd_per_1k_items",
    "cost_high_usd_per_1k_items",
    "latency_p50_s",
    "latency_p95_s",
    "p_non_inferior",
    "log_e_value",
    "log_e_inferior",
    "alpha_share",
    "verdict",
    "evidence_missing_share",
    "is_feasible",
)
DROP_COLUMNS = ("candidate_id", "phase", "strategy", "reason", "remedy", "evidence")
PHASE_COLUMNS = (
    "phase",
    "n_started",
    "n_left",
    "n_added",
    "n_dropped",
    "n_rounds",
    "n_outcomes",
    "spend_usd",
    "reason",
)


def estimates_frame(result: SearchResult) -> pd.DataFrame:
    """(n_candidates, 24) one row a candidate, in the result's order; unknown numbers are NaN.

    quality* and gap* are score units in [0, 1] and [-1, 1]; cost* is USD per 1,000 items; p_non_inferior,
    alpha_share and evidence_missing_share are shares in [0, 1]; log_e_* are natural logarithms; verdict is
    non_inferior, inferior or undecided.
    """
    rows = [_estimate_row(result, estimate) for estimate in result.estimates]
    return pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))


def _estimate_row(result: SearchResult, estimate: Estimate) -> dict[str, Any]:
    cost = estimate.cost_usd
    per_1k = None if cost is None else [1000 * value for value in (cost.mean, cost.low, cost.high)]
    return {
        "candidate_id": estimate.candidate_id,
        "label": estimate.label,
        "is_recommended": estimate.candidate_id == result.recommendation.candidate_id,
        "is_baseline": estimate.candidate_id == result.baseline_id,
        "n_items": estimate.n_items,
        "n_pairs": estimate.n_pairs,
        **dict(zip(("quality", "quality_low", "quality_high"), _three(estimate.quality), strict=True)),
        **dict(zip(("gap", "gap_low", "gap_high"), _three(estimate.gap), strict=True)),
        **dict(zip(ESTIMATE_COLUMNS[12:15], per_1k or [float("nan")] * 3, strict=True)),
        "latency_p50_s": _number(estimate.latency_p50_s),
        "latency_p95_s": _number(estimate.latency_p95_s),
        "p_non_inferior": _number(estimate.p_non_inferior),
        "log_e_value": estimate.log_e_value,
        "log_e_inferior": estimate.log_e_inferior,
        "alpha_share": estimate.alpha_share,
        "verdict": estimate.verdict.value,
        "evidence_missing_share": estimate.evidence_missing_share,
        "is_feasible": estimate.is_feasible,
    }


def drops_frame(result: SearchResult) -> pd.DataFrame:
    """(n_drops, 6) one row a drop, in the order of the search; evidence is a JSON object of numbers by name."""
    rows = [
        {
            "candidate_id": drop.candidate_id,
            "phase": phase,
            "strategy": drop.strategy,
            "reason": drop.reason,
            "remedy": drop.remedy,
            "evidence": json.dumps(dict(drop.evidence), sort_keys=True),
        }
        for phase, drop in result.drops
    ]
    return pd.DataFrame(rows, columns=list(DROP_COLUMNS))


def phases_frame(result: SearchResult) -> pd.DataFrame:
    """(n_phases, 9) the funnel: one row a phase; spend_usd is `Decimal` USD, exact."""
    rows = [
        {
            "phase": phase.phase,
            "n_started": phase.n_started,
            "n_left": phase.n_left,
            "n_added": phase.n_added,
            "n_dropped": sum(phase.drops_by_strategy.values()),
            "n_rounds": phase.n_rounds,
            "n_outcomes": phase.n_outcomes,
            "spend_usd": phase.spend_usd,
            "reason": phase.reason,
        }
        for phase in result.phases
    ]
    return pd.DataFrame(rows, columns=list(PHASE_COLUMNS))


def _three(interval: Interval | None) -> tuple[float, float, float]:
    nan = float("nan")
    return (nan, nan, nan) if interval is None else (interval.mean, interval.low, interval.high)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
