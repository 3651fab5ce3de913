"""CSV files of a report that a spreadsheet opens as what they are: no cell of text is ever a formula.

Excel, LibreOffice and Google Sheets run a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return, quoted
or not. Text that does, its full-width likenesses included, gets an apostrophe in front, which they take for "this is
text". Numbers are written by us and stay numbers. (OWASP, "CSV Injection".)
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from modelsearch.core.result import Interval, SearchResult
from modelsearch.core.search import Drop
from modelsearch.report.numbers import evidence
from modelsearch.report.page_data import Disagreements, PageData, Said
from modelsearch.report.page_text import block
from modelsearch.report.standing import Standing, standings

DANGEROUS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
MAX_CELL_CHARS = 32_000
"""Excel's limit is 32,767."""
Value: TypeAlias = str | int | float | bool | None


def safe_cell(text: str) -> str:
    """Text as a spreadsheet shows it: invisible characters named, an apostrophe before what would be a formula."""
    shown = block(text, MAX_CELL_CHARS)
    return f"'{shown}" if shown.lstrip(" \u00a0")[:1] in DANGEROUS and shown.strip() else shown


def csv_files(result: SearchResult, data: PageData, *, is_emulated: bool = False) -> dict[str, str]:
    """Content by file name: `candidates.csv`, `drops.csv`, and what there is of `disagreements.csv`, `spend.csv`.

    Units are in the heads; what is not known is an empty cell. UTF-8 with a byte order mark, which Excel wants.
    """
    found = standings(result)
    files = {
        "candidates.csv": [_candidate(standing, data) for standing in found],
        "drops.csv": [_drop(phase, drop) for phase, drop in result.drops],
    }
    if data.disagreements is not None:
        files["disagreements.csv"] = _items(data.disagreements)
    if data.spend:
        files["spend.csv"] = [
            {
                "provider": cell.provider, "phase": cell.phase, "spend_usd": float(cell.spend_usd),
                "unknown_usd": float(cell.unknown_usd), "n_calls": cell.n_calls,
            }
            for cell in data.spend
        ]  # fmt: skip
    heads = {name: (*HEADS[name], "is_emulated") for name in files}
    told = {name: [{**row, "is_emulated": is_emulated} for row in rows] for name, rows in files.items()}
    return {name: "\ufeff" + _csv(rows, heads[name]) for name, rows in told.items()}


HEADS: Mapping[str, Sequence[str]] = {
    "candidates.csv": (
        "candidate_id", "label", "role", "kind", "verdict", "n_items", "n_pairs",
        "quality_points", "quality_low_points", "quality_high_points",
        "gap_points", "gap_low_points", "gap_high_points", "p_non_inferior",
        "cost_usd_per_1k", "cost_low_usd_per_1k", "cost_high_usd_per_1k", "latency_p50_s", "latency_p95_s",
    ),
    "drops.csv": ("candidate_id", "phase", "strategy", "reason", "evidence", "remedy"),
    "disagreements.csv": (
        "item_id", "weight", "input", "target",
        "challenger_answer", "challenger_score", "challenger_status", "challenger_reply",
        "baseline_answer", "baseline_score", "baseline_status", "baseline_reply",
    ),
    "spend.csv": ("provider", "phase", "spend_usd", "unknown_usd", "n_calls"),
}  # fmt: skip
"""Columns by file; each file has `is_emulated` besides."""


def _csv(rows: Sequence[Mapping[str, Value]], heads: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        values = (row.get(head) for head in heads)
        writer.writerow([safe_cell(value) if isinstance(value, str) else value for value in values])
    return out.getvalue()


def _candidate(standing: Standing, data: PageData) -> dict[str, Value]:
    estimate = standing.estimate
    row: dict[str, Value] = {
        "candidate_id": standing.candidate_id,
        "label": estimate.label if estimate else standing.label,
        "role": standing.role,
        "kind": data.kinds.get(standing.candidate_id, ""),
        "verdict": standing.verdict,
    }
    if estimate is None:
        return row
    return {
        **row,
        "n_items": estimate.n_items,
        "n_pairs": estimate.n_pairs,
        **_three("quality{}_points", estimate.quality, 100),
        **_three("gap{}_points", None if standing.is_baseline else estimate.gap, 100),
        **_three("cost{}_usd_per_1k", estimate.cost_usd, 1000),
        "p_non_inferior": estimate.p_non_inferior,
        "latency_p50_s": estimate.latency_p50_s,
        "latency_p95_s": estimate.latency_p95_s,
    }


def _three(name: str, interval: Interval | None, scale: float) -> dict[str, Value]:
    if interval is None:
        return {}
    parts = (("", interval.mean), ("_low", interval.low), ("_high", interval.high))
    return {name.format(part): float(f"{scale * value:.10g}") for part, value in parts}


def _drop(phase: str, drop: Drop) -> dict[str, Value]:
    return {
        "candidate_id": drop.candidate_id,
        "phase": phase,
        "strategy": drop.strategy,
        "reason": drop.reason,
        "evidence": evidence(drop.evidence),
        "remedy": drop.remedy,
    }


def _items(found: Disagreements) -> list[dict[str, Value]]:
    return [
        {
            "item_id": each.item_id, "weight": each.weight, "input": each.input, "target": each.target,
            **_said("challenger", each.ours), **_said("baseline", each.baseline),
        }
        for each in found.found
    ]  # fmt: skip


def _said(who: str, said: Said) -> dict[str, Value]:
    return {
        f"{who}_answer": said.answer, f"{who}_score": said.score,
        f"{who}_status": said.status, f"{who}_reply": said.reply,
    }  # fmt: skip
