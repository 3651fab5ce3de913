"""The tables of a result for pandas: raw numbers, units in the names, ids as they are (not cleaned, not escaped).

A spreadsheet may run a cell that begins with `=`; ids are a stranger's text, so open exports as text.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from modelsearch.core.errors import OptionError
from modelsearch.core.result import Estimate, Interval, SearchResult


class Column(NamedTuple):
    """A column of a frame: its pandas type, its unit ("" = none) and what it means."""

    name: str
    dtype: str
    unit: str
    meaning: str


_SCORE, _GAP, _COST = "score in [0, 1]", "score difference in [-1, 1]", "USD per 1,000 items"
FRAMES: Mapping[str, tuple[Column, ...]] = {
    "candidates": (
        Column("candidate_id", "str", "", "the candidate; endpoints by their id, votes and cascades by a hash"),
        Column("label", "str", "", "its name for people; of a vote or cascade its members"),
        Column("is_recommended", "bool", "", "whether the search recommends it"),
        Column("is_baseline", "bool", "", "whether it is what all are compared with"),
        Column("n_items", "int64", "items", "items with an outcome"),
        Column("n_pairs", "int64", "items", "of those, items that the baseline has too"),
        Column("quality", "float64", _SCORE, "expected score; NaN = never asked"),
        Column("quality_low", "float64", _SCORE, "lower bound of the quality, 95 %, of this candidate alone"),
        Column("quality_high", "float64", _SCORE, "upper bound of the quality, 95 %, of this candidate alone"),
        Column("gap", "float64", _GAP, "quality minus the baseline's on shared items"),
        Column("gap_low", "float64", _GAP, "lower bound of the gap"),
        Column("gap_high", "float64", _GAP, "upper bound of the gap"),
        Column("cost_usd_per_1k_items", "float64", _COST, "expected cost of serving; NaN = unknown, never 0"),
        Column("cost_low_usd_per_1k_items", "float64", _COST, "lower bound of the cost"),
        Column("cost_high_usd_per_1k_items", "float64", _COST, "upper bound of the cost"),
        Column("latency_p50_s", "float64", "s", "median time per item"),
        Column("latency_p95_s", "float64", "s", "95th percentile of the time per item"),
        Column("p_non_inferior", "float64", "probability", "that the gap over all items is within the margin"),
        Column("log_e_value", "float64", "natural log", "evidence against being worse than the margin; 1000 = sure"),
        Column("log_e_inferior", "float64", "natural log", "evidence against being as good; 1000 = sure"),
        Column("alpha_share", "float64", "probability", "the part of alpha that its certificate is tested at"),
        Column("verdict", "str", "", "non_inferior, inferior or undecided"),
        Column("evidence_missing_share", "float64", "share in [0, 1]", "compared items that failed, at their worst"),
        Column("is_feasible", "bool", "", "whether it meets the task's hard limits"),
    ),
    "drops": (
        Column("candidate_id", "str", "", "who was dropped"),
        Column("phase", "str", "", "the phase that dropped it"),
        Column("strategy", "str", "", "the filter that dropped it"),
        Column("reason", "str", "", "why, in one sentence"),
        Column("remedy", "str", "", "what would bring it back; empty = nothing"),
        Column("evidence", "str", "", "the numbers behind it, a JSON object"),
    ),
    "phases": (
        Column("phase", "str", "", "the phase, in the order of the search"),
        Column("n_started", "int64", "candidates", "in the pool when it began"),
        Column("n_left", "int64", "candidates", "in the pool when it ended"),
        Column("n_added", "int64", "candidates", "votes and cascades that it added"),
        Column("n_dropped", "int64", "candidates", "that it dropped"),
        Column("n_rounds", "int64", "rounds", "of decisions"),
        Column("n_outcomes", "int64", "outcomes", "that it bought"),
        Column("spend_usd", "object", "USD", "what it spent, a Decimal, exact"),
        Column("reason", "str", "", "why it ended"),
    ),
}
"""Every frame of a result, its columns in their order: what docs/notebook.md says, and `columns_frame` shows."""

ESTIMATE_COLUMNS = tuple(column.name for column in FRAMES["candidates"])
DROP_COLUMNS = tuple(column.name for column in FRAMES["drops"])
PHASE_COLUMNS = tuple(column.name for column in FRAMES["phases"])


def columns_frame(name: str) -> pd.DataFrame:
    """(n_columns, 4) what the columns of a frame are: name, dtype, unit, meaning.

    Raises:
        OptionError: there is no frame of that name.
    """
    if name not in FRAMES:
        message = f"columns_frame: expected one of {', '.join(FRAMES)}, got {name!r}"
        raise OptionError(message)
    return pd.DataFrame(FRAMES[name], columns=list(Column._fields))


def _described(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame with the meaning of its columns in `attrs`."""
    told = {each.name: f"{each.meaning} [{each.unit}]" if each.unit else each.meaning for each in FRAMES[name]}
    frame.attrs["columns"] = told
    return frame


def estimates_frame(result: SearchResult) -> pd.DataFrame:
    """(n_candidates, 24) one row a candidate, in the result's order; unknown numbers are NaN.

    quality* and gap* are score units in [0, 1] and [-1, 1]; cost* is USD per 1,000 items; p_non_inferior,
    alpha_share and evidence_missing_share are shares in [0, 1]; log_e_* are natural logarithms; verdict is
    non_inferior, inferior or undecided.
    """
    rows = [_estimate_row(result, estimate) for estimate in result.estimates]
    return _described(pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS)), "candidates")


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
    return _described(pd.DataFrame(rows, columns=list(DROP_COLUMNS)), "drops")


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
    return _described(pd.DataFrame(rows, columns=list(PHASE_COLUMNS)), "phases")


def _three(interval: Interval | None) -> tuple[float, float, float]:
    nan = float("nan")
    return (nan, nan, nan) if interval is None else (interval.mean, interval.low, interval.high)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
