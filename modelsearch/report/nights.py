"""A night, and what a registered task has come to, in words: for the terminal, the log and Prefect's artifacts."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from modelsearch.core.feedback import FeedbackWeight
from modelsearch.core.nights import Job, JobResult, NightReport, Standing, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.core.result import Verdict
from modelsearch.report.numbers import counted

N_NAMED = 5
"""Of those who wait or are not tested; the rest are counted."""


def night_lines(report: NightReport) -> list[str]:
    """What a night has come to, a line each."""
    return [
        _headline(report),
        *(f"  {job_line(result)}" for result in report.results),
        *(f"  moved: {move.from_id} -> {move.to_id}: {move.reason}" for move in report.moves),
        *(f"  alarm {alarm.code}: {alarm.message}" for alarm in report.alarms),
        *(f"  {feedback_line(weight)}" for weight in report.feedback),
        *_left_lines(report),
    ]


def job_line(result: JobResult) -> str:
    """What came of a job."""
    job, told = result.job, _came_of(result)
    return f"{job.kind} {job.candidate_id}: {told}, {counted(result.n_calls, 'call')}, {_usd(result.spend_usd)}"


def feedback_line(weight: FeedbackWeight) -> str:
    """What production says of a candidate, and what that counts for."""
    sources = f" from {', '.join(weight.sources)}" if weight.sources else ""
    return (
        f"feedback on {weight.candidate_id}: {weight.quality:.3f} over {counted(weight.n_rows, 'row')}{sources}; "
        f"counts as a prior worth {weight.worth_items:.1f} items, in no certificate"
    )


def planned_lines(jobs: Sequence[Job], waiting: Sequence[str]) -> list[str]:
    """What a night would begin with."""
    lines = [f"  {job.kind} {job.candidate_id}, at most {_usd(job.budget_usd)}: {job.reason}" for job in jobs]
    lines = lines or ["  nothing to do"]
    return [*lines, *([f"  in line: {_named(waiting)}"] if waiting else [])]


def task_line(task: RegisteredTask, state: TaskState | None) -> str:
    """A registered task in one line."""
    paused = ", paused" if task.is_paused else ""
    if state is None:
        return f"{task.id}  baseline {task.baseline}, {_usd(task.night_usd)} a night, no night yet{paused}"
    now = f"serve it with {state.incumbent_id}{_saving(task, state)}"
    told = f"last night {state.last_night}, {_usd(state.spend_usd)} in all"
    return f"{task.id}  {now}; {told}, {counted(state.n_tested, 'test')}{paused}"


def task_lines(task: RegisteredTask, state: TaskState | None, nights: Sequence[str]) -> list[str]:
    """Everything that is known of a registered task; `nights` are lines of its last ones."""
    lines = [task_line(task, state), f"  task spec {task.task}, baseline {task.baseline}, plan {task.plan}"]
    limits = [f"{_usd(task.night_usd)} a night"]
    limits += [f"{_usd(task.search_usd)} when everybody is searched"] if task.search_usd is not None else []
    limits += [f"{_usd(task.life_usd)} in all"] if task.life_usd is not None else []
    lines.append(f"  may spend {', '.join(limits)}; batches: {task.batch}; tags: {', '.join(task.tags) or 'none'}")
    if state is not None:
        lines += ["  measured:", *(f"    {_standing_line(each, state)}" for each in _by_cost(state))]
        lines += [f"  in line: {_named(state.waiting)}"] if state.waiting else []
    return [*lines, *(["  last nights:", *(f"    {line}" for line in nights)] if nights else [])]


def night_rows(reports: Iterable[NightReport]) -> list[dict[str, Any]]:
    """Jobs of a night over all tasks, as rows of a table."""
    return [
        {
            "task": str(report.task_id),
            "job": result.job.kind,
            "candidate": str(result.job.candidate_id),
            "end": result.end,
            "came of it": _came_of(result),
            "calls": result.n_calls,
            "USD": str(result.spend_usd.normalize()),
            "run": str(result.run_id or ""),
        }
        for report in reports
        for result in report.results
    ]


def _headline(report: NightReport) -> str:
    ends = {"done": "done", "out_of_money": "money was short", "held": "held up, goes on later", "failed": "failed"}
    n_calls = sum(result.n_calls for result in report.results)
    what = f"{counted(len(report.results), 'job')}, {counted(n_calls, 'call')}, {_usd(report.spend_usd)}"
    return f"{report.task_id}, {report.day}: {ends[report.end]}; {what}"


def _came_of(result: JobResult) -> str:
    job = result.job
    own = next((each for each in result.standings if each.candidate_id == job.candidate_id), None)
    if result.end in ("failed", "pending"):
        return f"{result.end}: {result.error}"
    if job.kind == "search" and result.chosen_id is not None:
        return f"{counted(len(result.standings), 'candidate')} measured, {result.chosen_id} chosen"
    if job.kind == "drift":
        return f"{counted(len(result.samples), 'item')} asked anew{_change(result)}"
    if own is None:
        return "nothing was answered" if result.end == "done" else "no money left"
    gap = "" if job.kind == "measure" else f", gap {own.gap:+.3f}"
    verdict = "measured" if job.kind == "measure" else own.verdict.value.replace("_", "-")
    if job.kind == "screen" and result.end == "done" and own.verdict is Verdict.UNDECIDED:
        verdict = "not worth going on with"
    short = "; money was short" if result.end == "out_of_money" else ""
    return f"{verdict} after {counted(own.n_items, 'item')}{gap}{short}"


def _change(result: JobResult) -> str:
    n = len(result.samples)
    return f", quality {sum(new - old for _, old, new in result.samples) / n:+.3f}" if n else ""


def _left_lines(report: NightReport) -> Iterator[str]:
    if report.waiting:
        yield f"  in line: {_named(report.waiting)}"
    for candidate_id, seen in [*report.declined.items()][:N_NAMED]:
        yield f"  not tested: {candidate_id}: {seen.reason}"
    if len(report.declined) > N_NAMED:
        yield f"  not tested: {len(report.declined) - N_NAMED} more"


def _by_cost(state: TaskState) -> list[Standing]:
    return sorted(state.standings.values(), key=lambda each: (each.cost_usd, each.candidate_id))


def _standing_line(standing: Standing, state: TaskState) -> str:
    who = {state.baseline_id: " (baseline)"}
    who[state.incumbent_id] = f"{who.get(state.incumbent_id, '')} (recommended)"
    return (
        f"{standing.candidate_id}{who.get(standing.candidate_id, '')}: {standing.verdict.value.replace('_', '-')}, "
        f"quality {standing.quality:.3f}, gap {standing.gap:+.3f} on {counted(standing.n_items, 'item')}, "
        f"${1000 * standing.cost_usd:.4g} per 1,000 items, test {standing.place} on {standing.tested_on}"
    )


def _saving(task: RegisteredTask, state: TaskState) -> str:
    own, base = state.standings.get(state.incumbent_id), state.standings.get(state.baseline_id)
    if own is None or base is None or own is base or not base.cost_usd > 0:
        return ""
    a_month = "" if task.monthly_items is None else (base.cost_usd - own.cost_usd) * task.monthly_items
    money = f", ${a_month:,.2f} a month" if a_month else ""
    return f" ({100 * (own.cost_usd / base.cost_usd - 1):+.1f}% to {state.baseline_id}{money})"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    return ", ".join(names[:N_NAMED]) + more


def _usd(amount: Decimal) -> str:
    return f"${amount:.4f}"
