"""A comparison in words: tables of fixed width for a terminal, and the same as plain data."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from modelsearch.compare.aggregate import Mean, Row, Standing, by_table, calibration, standings
from modelsearch.core.ids import Json


def comparison_lines(rows: Sequence[Row]) -> list[str]:
    """The tables: headline, its cost and reach, the tables one by one, calibration."""
    found = standings(rows)
    parts = (_headline(found), _effort(found), _tables(rows), _calibration(rows))
    return [line for part in parts for line in (*part, "")][:-1]


def comparison_data(rows: Sequence[Row]) -> dict[str, Json]:
    """The same as plain data for JSON: NaN as null."""
    captured = by_table(rows)
    return {
        "standings": [_plain(dataclasses.asdict(standing)) for standing in standings(rows)],
        "tables": [
            {"table": table, "plan": plan, "budget_share": share, "net_captured": _plain(mean)}
            for (table, plan, share), mean in captured.items()
        ],
        "calibration": {
            plan: [_plain(dataclasses.asdict(each)) for each in calibration([r for r in rows if r["plan"] == plan])]
            for plan in _plans(rows)
        },
    }


def _headline(found: Sequence[Standing]) -> list[str]:
    head = ["plan", "share of X", "net captured", "95 % by table", "wrong", "certified", "captured, certified"]
    head += ["false certificates", "spent", "worst table", "spread", "searches"]
    lines = [
        [
            each.plan, f"{each.budget_share:g}", _points(each.captured.mean), _interval(each.captured),
            _percent(each.wrong_share), _percent(each.certified_share), _points(each.captured_certified.mean),
            _percent(each.false_certificate_share), f"{100 * each.spend_share:.2f} %",
            f"{_points(each.worst_table_captured)} {each.worst_table}", _points(each.spread), str(each.n_searches),
        ]
        for each in found
    ]  # fmt: skip
    return _aligned([head, *lines])


def _effort(found: Sequence[Standing]) -> list[str]:
    head = ["plan", "share of X", "cost reduction", "search efficiency", "front", "models tested", "calls"]
    head += ["time to solution", "CPU", "over budget"]
    lines = [
        [
            each.plan, f"{each.budget_share:g}", _percent(each.cost_reduction), _percent(each.search_efficiency),
            _points(each.front_hypervolume_share), f"{each.n_candidates_tested:.0f}", f"{each.n_calls:.0f}",
            _seconds(each.time_to_solution_s), _seconds(each.cpu_s), str(each.n_over_budget),
        ]
        for each in found
    ]  # fmt: skip
    return _aligned([head, *lines])


def _tables(rows: Sequence[Row]) -> list[str]:
    captured = by_table(rows)
    pairs = sorted({(plan, share) for _, plan, share in captured})
    tables = sorted({table for table, _, _ in captured})
    lines = [
        [plan, f"{share:g}", *(_points(captured.get((table, plan, share), math.nan)) for table in tables)]
        for plan, share in pairs
    ]
    return _aligned([["plan", "share of X", *tables], *lines])


def _calibration(rows: Sequence[Row]) -> list[str]:
    lines = [
        [plan, f"[{each.low:.1f}, {each.high:.1f}{']' if each.high == 1 else ')'}", str(each.n), _points(each.stated),
         _points(each.right_share)]
        for plan in _plans(rows)
        for each in calibration([row for row in rows if row["plan"] == plan])
        if each.n
    ]  # fmt: skip
    return _aligned([["plan", "stated p", "n", "mean p", "right"], *lines])


def _plans(rows: Sequence[Row]) -> list[str]:
    return sorted({str(row["plan"]) for row in rows})


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns padded to their widest entry, two spaces between."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _points(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def _seconds(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f} s"


def _interval(mean: Mean) -> str:
    return "-" if math.isnan(mean.low) else f"{mean.low:.3f} to {mean.high:.3f}"


def _plain(value: Any) -> Any:
    """NaN as None, through all levels."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
