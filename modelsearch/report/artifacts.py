"""What Prefect's UI shows of a search and of a night, as Markdown: everything a person needs who opens nothing else.

Prefect reads artifacts as Markdown with HTML in it: strangers' words are escaped. A picture is put into the text, as a
data address: measured in Prefect 3.8.8, its UI shows that in Markdown, without any server but its own.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelsearch.core.nights import IncumbentMove, NightReport
from modelsearch.core.result import SearchResult
from modelsearch.report.headline import EMULATED, Names, covered, headline, spending
from modelsearch.report.links import Links, linked
from modelsearch.report.markdown import UNITS, escape, table
from modelsearch.report.nights import N_NAMED, feedback_line, job_line, night_rows
from modelsearch.report.numbers import counted, percent, points, usd
from modelsearch.report.plain import short
from modelsearch.report.rows import candidate_rows
from modelsearch.report.site_facts import TaskFacts, name_hash
from modelsearch.report.site_rows import ENDS, grounds_of, saving_of, word_of

MAX_PICTURE_BYTES = 300_000
"""A larger one is left out: the database keeps every version of an artifact."""
N_CANDIDATES, N_KEY_CHARS = 8, 60
_CANDIDATE_COLUMNS = {
    "role": "role",
    "quality_points": "quality",
    "cost_usd_per_1k": "USD per 1,000",
    "p_good_enough": "good enough",
    "candidate": "candidate",
}
"""Names last: they are long, and the UI cuts a table on the right."""
_TASK_COLUMNS = {
    "task": "task",
    "now": "serve it with",
    "word": "how sure",
    "saving": "saving",
    "quality": "quality",
    "end": "this night",
    "spend": "USD",
}


def artifact_key(*parts: str) -> str:
    """A key that Prefect takes (lower case, digits, dashes); a hash tells apart what that makes alike."""
    name = "-".join(parts)
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:N_KEY_CHARS].strip("-")
    return plain if plain == name else f"{plain}-{name_hash(name)}".strip("-")


def recommendation_markdown(result: SearchResult, links: Links, *, picture: str = "", is_emulated: bool = False) -> str:
    """The answer of a search with its picture, the first candidates, warnings, and where all of it is.

    Args:
        result: a finished search.
        links: where pages are served.
        picture: SVG; "" = none.
        is_emulated: says at the top that no provider was called.
    """
    parts = [*_answer(result, is_emulated), *_picture(picture), *_candidates(result), *_where(result, links)]
    return "\n\n".join(parts) + "\n"


def nights_markdown(reports: Sequence[NightReport], tasks: Mapping[str, TaskFacts], links: Links) -> str:
    """A night of several tasks: what moved, what to look at, how each task stands.

    Args:
        reports: of the night, one a task.
        tasks: by name, as they are after it; one that is missing is told by its report alone.
        links: where pages are served.
    """
    moves = [f"- **{_task_link(m.task_id, links)}**: {_moved(m.from_id, m.to_id, m.reason)}" for m in _moves(reports)]
    alarms = [
        f"- **{escape(alarm.code)}** {_task_link(report.task_id, links)}: {escape(alarm.message)}"
        for report in reports
        for alarm in report.alarms
    ]
    rows = [_task_row(report, tasks.get(str(report.task_id)), links) for report in reports]
    feedback = [f"- {escape(feedback_line(weight))}" for report in reports for weight in report.feedback]
    blocks = [
        f"# {night_told(reports)}",
        f"## Recommendations that moved\n\n{_listed(moves)}",
        f"## Alarms\n\n{_listed(alarms)}",
        f"## Tasks\n\n{_task_table(rows)}" if rows else "No task is looked after.",
        *([f"## Production feedback\n\n{_listed(feedback)}"] if feedback else []),
        *([linked("All tasks, their trends and the catalogue", links.index)] if links.base else []),
    ]
    return "\n\n".join(blocks) + "\n"


def night_markdown(report: NightReport, task: TaskFacts | None, links: Links) -> str:
    """The night of one task: how it stands, and each job with its report."""
    row = _task_row(report, task, links)
    told = f"{row['now']}: {row['word']}" + (f", saving {row['saving']}" if row["saving"] else "")
    jobs = [
        f"- {escape(job_line(result))}{_report_of(result.run_id, links)}\n  {escape(result.job.reason)}"
        for result in report.results
    ]
    blocks = [f"# {_task_link(report.task_id, links)}, {report.day}: {ENDS[report.end]}, {usd(report.spend_usd)}", told]
    blocks += [escape(grounds_of(task))] if task is not None else []
    blocks += [f"**Moved**: {_moved(move.from_id, move.to_id, move.reason)}" for move in report.moves]
    blocks += [f"**Alarm {escape(alarm.code)}**: {escape(alarm.message)}" for alarm in report.alarms]
    blocks.append(f"## Jobs\n\n{_listed(jobs)}")
    blocks += [f"**In line**: {_named(report.waiting)}"] if report.waiting else []
    return "\n\n".join(blocks) + "\n"


def job_rows(reports: Sequence[NightReport], links: Links) -> list[dict[str, Any]]:
    """Jobs of a night as rows of a table artifact, each with its report."""
    return [
        {
            key: value if key == "run" else escape(value) if isinstance(value, str) else value
            for key, value in row.items()
        }
        | {"run": linked(escape(row["run"]), links.report(row["run"]) if row["run"] else "")}
        for row in night_rows(reports)
    ]


def night_told(reports: Sequence[NightReport]) -> str:
    """A night in one line of plain words: for headings and the state of its run."""
    failed = [str(report.task_id) for report in reports if report.end == "failed"]
    n_moves, n_alarms = len(_moves(reports)), sum(len(report.alarms) for report in reports)
    told = [
        counted(len(reports), "task"),
        f"{counted(n_moves, 'recommendation')} moved",
        counted(n_alarms, "alarm"),
        f"{usd(sum(report.spend_usd for report in reports))} spent" if reports else "nothing spent",
    ]
    return ", ".join([*told, *([f"failed: {escape(', '.join(failed))}"] if failed else [])])


def answer_told(result: SearchResult) -> str:
    """The answer of a search in one plain sentence: for the state of its run."""
    return headline(result, Names(short(result.recommendation.label), short(result.baseline_id)))


def answer_in_short(result: SearchResult) -> str:
    """What an artifact is described by in a list: certainty and saving."""
    answer = result.recommendation
    if answer.candidate_id == result.baseline_id:
        return f"keep the baseline, {answer.certainty.value}"
    return f"{answer.certainty.value}, saving {percent(answer.saving_share)}"


def _answer(result: SearchResult, is_emulated: bool) -> Iterator[str]:
    answer = result.recommendation
    if is_emulated:
        yield f"> **{EMULATED}.**"
    names = Names(f"**{escape(short(answer.label))}**", f"**{escape(short(result.baseline_id))}**")
    yield f"### {headline(result, names)}"
    facts = [
        f"Why: {escape(answer.reason)}",
        f"Tested: {escape(covered(answer))}",
        f"Search: {escape(spending(result))}",
    ]
    yield "\n".join(f"- {fact}" for fact in facts)


def _picture(svg: str) -> Iterator[str]:
    content = svg.encode()
    if content and len(content) <= MAX_PICTURE_BYTES:
        told = "quality against cost of each measured candidate"
        yield f"![{told}](data:image/svg+xml;base64,{base64.b64encode(content).decode()})"


def _candidates(result: SearchResult) -> Iterator[str]:
    rows = candidate_rows(result, N_CANDIDATES)
    yield f"## The first {len(rows)} candidates"
    yield table(_CANDIDATE_COLUMNS, rows)
    yield UNITS
    if result.warnings:
        yield "## Warnings"
        yield _listed([f"- {escape(warning)}" for warning in result.warnings])


def _where(result: SearchResult, links: Links) -> Iterator[str]:
    yield "## Look closer"
    run_id = str(result.run_id)
    pages = [linked("The whole report", links.report(run_id)), linked("all tasks", links.index)]
    told = f"- {', '.join(pages)}\n" if links.base else "- `modelsearch serve` serves the whole report\n"
    told += f"- `modelsearch report {run_id}` prints the answer\n"
    yield f"{told}- `modelsearch explain {run_id} CANDIDATE` says why not another"


def _task_row(report: NightReport, task: TaskFacts | None, links: Links) -> dict[str, str]:
    state = None if task is None else task.state
    own = None if task is None else task.incumbent
    saving = None if task is None else saving_of(task)
    return {
        "task": _task_link(report.task_id, links),
        "now": "" if state is None else f"**{escape(short(state.incumbent_id))}**",
        "word": "" if task is None else word_of(task).text,
        "saving": "" if saving is None else percent(saving[0]),
        "quality": "" if own is None else points(own.quality),
        "end": ENDS[report.end],
        "spend": usd(report.spend_usd).removesuffix(" USD"),
    }


def _task_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Cells hold links and are escaped already."""
    head = [f"| {' | '.join(_TASK_COLUMNS.values())} |", "|" + " --- |" * len(_TASK_COLUMNS)]
    return "\n".join([*head, *(f"| {' | '.join(row[key] for key in _TASK_COLUMNS)} |" for row in rows)])


def _task_link(task_id: object, links: Links) -> str:
    return linked(escape(short(task_id)), links.task(str(task_id)))


def _report_of(run_id: object, links: Links) -> str:
    return f" ({linked('report', links.report(str(run_id)))})" if run_id and links.base else ""


def _moves(reports: Sequence[NightReport]) -> list[IncumbentMove]:
    return [move for report in reports for move in report.moves]


def _moved(before: object, after: object, reason: str) -> str:
    return f"{escape(short(before))} → **{escape(short(after))}**: {escape(reason)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    return ", ".join(escape(short(name)) for name in names[:N_NAMED]) + more


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(lines) or "None."
