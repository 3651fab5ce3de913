"""Rows for Prefect's table artifacts: plain JSON values, text escaped, because Prefect reads each cell as Markdown."""

from modelsearch.core.result import SearchResult
from modelsearch.report import rows
from modelsearch.report.markdown import escape
from modelsearch.report.rows import Row


def funnel_rows(result: SearchResult) -> list[Row]:
    """One row a phase: `phase n_started n_left n_added n_rounds n_outcomes spend_usd dropped_by ended`."""
    return [_escaped(row) for row in rows.funnel_rows(result)]


def candidate_rows(result: SearchResult, limit: int = 50) -> list[Row]:
    """The best `limit` candidates, recommended and baseline first; scores in points of 100, with their intervals.

    Prefect shows tables below 100 rows well.
    """
    return [_escaped(row) for row in rows.candidate_rows(result, limit)]


def _escaped(row: Row) -> Row:
    return {key: escape(value) if isinstance(value, str) else value for key, value in row.items()}
