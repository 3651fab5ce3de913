"""The final answer in a terminal: plain text without colours, one fact a line."""

from collections.abc import Iterator, Sequence

from modelsearch.core.result import SearchResult
from modelsearch.report.headline import EMULATED, Names, covered, headline, run_files, saving, spending
from modelsearch.report.numbers import counted
from modelsearch.report.plain import clean, n_columns, short
from modelsearch.report.rows import Row, candidate_row, funnel_rows
from modelsearch.report.standing import standings

WIDTH = 12
N_SHOWN = 3
"""Recommended, baseline, runner-up."""


def answer_lines(result: SearchResult, *, is_emulated: bool = False) -> list[str]:
    """What a search found, spent and left out, and where its files are.

    Args:
        result: a finished search.
        is_emulated: says in the first line, and at each amount, that no real money was spent.

    Returns:
        Lines without line ends, control characters or ANSI codes.
    """
    parts = [_found(result, is_emulated), _candidates(result), _funnel(result), _warnings(result), _files(result)]
    if is_emulated:
        parts.insert(0, iter([EMULATED]))
    blocks = [block for part in parts if (block := list(part))]
    return [line for block in blocks for line in [*block, ""]][:-1]


def _found(result: SearchResult, is_emulated: bool) -> Iterator[str]:
    answer, tag = result.recommendation, " (emulated)" if is_emulated else ""
    yield headline(result, Names(short(answer.label), short(result.baseline_id)))
    yield ""
    yield _line("why", clean(answer.reason))
    yield _line("tested", covered(answer))
    if answer.candidate_id != result.baseline_id:
        yield _line("saving", saving(answer) + tag)
    yield _line("spent", spending(result) + tag)


def _candidates(result: SearchResult) -> Iterator[str]:
    rows = [candidate_row(standing) for standing in standings(result)[:N_SHOWN] if standing.role]
    columns = {
        "role": "",
        "candidate": "",
        "quality_points": "quality (points of 100)",
        "gap_points": "gap",
        "p_good_enough": "good enough",
        "cost_usd_per_1k": "USD per 1,000",
        "latency_p95": "latency p95",
        "n_items": "items",
    }
    yield from _aligned(columns, rows)


def _funnel(result: SearchResult) -> Iterator[str]:
    yield "How many candidates left, where and why:"
    rows = [row | {"dropped_by": row["dropped_by"] or "nobody"} for row in funnel_rows(result)]
    columns = {
        "phase": "  phase",
        "n_started": "started",
        "n_left": "stayed",
        "n_added": "added",
        "dropped_by": "dropped by",
        "n_rounds": "rounds",
        "n_outcomes": "outcomes",
        "spend_usd": "USD",
        "ended": "ended because",
    }
    yield from _aligned(columns, [row | {"phase": f"  {row['phase']}"} for row in rows])


def _files(result: SearchResult) -> Iterator[str]:
    run, run_id = run_files(result), clean(result.run_id)
    if run is not None:
        yield _line("Parquet", f"{clean(run.stages)}/<phase>/<table>.parquet")
        yield _line("report", clean(run.report_html))
    yield _line("why not X", f"modelsearch explain {run_id} X")
    yield _line("Prefect UI", "modelsearch ui")


def _warnings(result: SearchResult) -> Iterator[str]:
    if result.warnings:
        yield f"{counted(len(result.warnings), 'warning')}:"
    for warning in result.warnings:
        yield f"  {clean(warning)}"


def _line(name: str, text: str) -> str:
    return f"{name:<{WIDTH}} {text}"


def _aligned(columns: dict[str, str], rows: Sequence[Row]) -> Iterator[str]:
    """A table in columns: numbers to the right, text to the left."""
    cells = [list(columns.values())] + [[str(row[key]) for key in columns] for row in rows]
    widths = [max(n_columns(cell) for cell in column) for column in zip(*cells, strict=True)]
    is_number = [bool(rows) and isinstance(rows[0][key], int) for key in columns]
    for line in cells:
        parts = [_filled(*cell) for cell in zip(line, widths, is_number, strict=True)]
        yield "  ".join(parts).rstrip()


def _filled(cell: str, width: int, is_right: bool) -> str:
    space = " " * (width - n_columns(cell))
    return space + cell if is_right else cell + space
