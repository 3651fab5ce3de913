"""The report as Markdown: the recommendation first, then what stands behind it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelsearch.core.result import SearchResult
from modelsearch.report.headline import EMULATED, Names, covered, headline, run_files, saving, spending
from modelsearch.report.numbers import counted, share_points, usd
from modelsearch.report.plain import clean, short
from modelsearch.report.rows import Row, candidate_rows, drop_counts, drop_rows, funnel_rows

UNITS = (
    "Quality and gap to the baseline are points of 100 with their intervals; `good enough` is the probability that the "
    "gap over all items is within the margin; cost is USD per 1,000 items."
)
MAX_CANDIDATES = 25
MAX_DROPS = 100

CANDIDATE_COLUMNS: Mapping[str, str] = {
    "candidate": "candidate",
    "role": "role",
    "verdict": "verdict",
    "quality_points": "quality",
    "gap_points": "gap",
    "p_good_enough": "good enough",
    "cost_usd_per_1k": "USD per 1,000",
    "latency_p50": "latency",
    "latency_p95": "p95",
    "n_items": "items",
}
FUNNEL_COLUMNS: Mapping[str, str] = {
    "phase": "phase",
    "n_started": "started",
    "n_left": "stayed",
    "n_added": "added",
    "dropped_by": "dropped by",
    "n_rounds": "rounds",
    "n_outcomes": "outcomes",
    "spend_usd": "USD",
    "ended": "ended",
}
COUNT_COLUMNS: Mapping[str, str] = {
    "phase": "phase",
    "strategy": "strategy",
    "n_dropped": "dropped",
    "for_example": "for example",
}
DROP_COLUMNS: Mapping[str, str] = {
    "candidate": "candidate",
    "phase": "phase",
    "reason": "reason",
    "remedy": "what would bring it back",
}

# not every renderer reads a backslash before `<`, `&` and, inside a table, `|`; `@` alone makes a link on GitHub
_ESCAPES = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]#~$!@"} | {"&": "&amp;", "<": "&lt;", "|": "&#124;"})
_LINKS = re.compile(r"(?<=www)(?=\.)|(?=://)", re.IGNORECASE)
_BLOCKS = re.compile(r"^(\d*)(?:(?=[-+=.)][\s=-])|(?=[-+=.)]$)|(?=>))")


def escape(text: object) -> str:
    """Text that Markdown (CommonMark, GitHub's) shows as it is, in a sentence or a table cell: no HTML, no link."""
    linkless = _LINKS.sub(r"\\", clean(text).translate(_ESCAPES))
    return _BLOCKS.sub(r"\1\\", linkless)


def markdown(result: SearchResult, *, is_emulated: bool = False) -> str:
    """The report of a search; ends with a line end.

    Args:
        result: a finished search.
        is_emulated: says at the top that no provider was called.
    """
    parts = [*_answer(result, is_emulated), *_tables(result), *_end(result)]
    return "\n\n".join(parts) + "\n"


def _answer(result: SearchResult, is_emulated: bool) -> Iterator[str]:
    answer = result.recommendation
    yield f"# {escape(result.task_id)}: which model to use{' (emulated)' if is_emulated else ''}"
    if is_emulated:
        yield f"> **{EMULATED}.**"
    names = Names(f"**{escape(short(answer.label))}**", f"**{escape(short(result.baseline_id))}**")
    yield headline(result, names)
    facts = [
        f"Why: {escape(answer.reason)}",
        f"Certainty: {answer.certainty.value}; covers {covered(answer)}",
        f"Accepted loss (margin): {share_points(answer.margin)} points of 100; alpha {answer.alpha:g}",
        f"Search: {spending(result)}",
    ]
    if answer.candidate_id != result.baseline_id:
        facts.insert(2, f"Saving: {saving(answer)}")
    if answer.runner_up_id is not None:
        facts.append(f"Runner-up: {escape(short(answer.runner_up_id))}")
    yield "\n".join(f"- {fact}" for fact in facts)
    if result.warnings:
        yield "## Warnings"
        yield "\n".join(f"- {escape(warning)}" for warning in result.warnings)


def _tables(result: SearchResult) -> Iterator[str]:
    yield "## Candidates"
    rows = candidate_rows(result, MAX_CANDIDATES)
    n_all = len(candidate_rows(result, limit=len(result.estimates) + len(result.drops)))
    yield f"The first {len(rows)} of {counted(n_all, 'candidate')}, recommended and baseline first. {UNITS}"
    yield table(CANDIDATE_COLUMNS, rows)
    yield "## Funnel"
    yield table(FUNNEL_COLUMNS, funnel_rows(result))
    yield "## Who left, and why"
    if not result.drops:
        yield "Nobody was dropped."
        return
    yield table(COUNT_COLUMNS, drop_counts(result))
    shown = drop_rows(result, MAX_DROPS)
    yield f"The first {len(shown)} of {counted(len(result.drops), 'drop')}; all of them are in the HTML report."
    yield table(DROP_COLUMNS, shown)


def _end(result: SearchResult) -> Iterator[str]:
    yield "## Look closer, run again"
    yield "\n".join(f"- {line}" for line in reproduce(result))


def reproduce(result: SearchResult) -> Iterator[str]:
    """Where everything lies and how to see it again; Markdown."""
    run, run_id = run_files(result), escape(result.run_id)
    yield (
        f"Plan {escape(result.plan)}, task {escape(result.task_id)}, baseline {escape(short(result.baseline_id))}, "
        f"budget {usd(result.budget_usd)}, run {run_id}"
    )
    if run is not None:
        yield f"The request with its seed: {escape(run.header)}"
        yield f"Every stage as Parquet: {escape(run.stages)}/"
    yield f"This report again: modelsearch report {run_id}"
    yield f"Why a candidate left: modelsearch explain {run_id} CANDIDATE"
    yield "The search in Prefect: modelsearch ui"


def table(columns: Mapping[str, str], rows: Sequence[Row]) -> str:
    """A Markdown table with the given columns (key -> heading); cells are escaped."""
    head = ["| " + " | ".join(columns.values()) + " |", "|" + " --- |" * len(columns)]
    body = ("| " + " | ".join(escape(row[key]) for key in columns) + " |" for row in rows)
    return "\n".join([*head, *body])
