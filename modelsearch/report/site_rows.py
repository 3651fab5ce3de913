"""What the pages of the nightly site say of a task, in words and rows: cleaned, not escaped; the templates escape."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from modelsearch.core.nights import Standing
from modelsearch.core.result import Verdict
from modelsearch.report.numbers import amount, counted, evidence, percent, points, share_points, usd
from modelsearch.report.plain import clean, short
from modelsearch.report.site_facts import Line, SiteFacts, TaskFacts
from modelsearch.report.site_trends import TrendNight, saved_usd

ENDS: Mapping[str, str] = {
    "done": "done",
    "out_of_money": "money was short",
    "held": "held up, goes on later",
    "failed": "failed",
}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Word:
    """How sure a recommendation is, in a word; `kind` is its style: certified, likely, undecided, kept."""

    text: str
    kind: str


def word_of(task: TaskFacts) -> Word:
    """How the recommendation of a task stands now."""
    state, incumbent = task.state, task.incumbent
    if task.problem:
        return Word("cannot be read", "undecided")
    if state is None:
        return Word("no night yet", "quiet")
    if state.incumbent_id in state.missing:
        return Word("ends soon, or gone", "undecided")
    if incumbent is None:
        return Word("not measured yet", "quiet") if task.is_kept else Word("measured anew", "undecided")
    if task.is_kept:
        return Word("baseline kept", "kept")
    is_certified = incumbent.verdict is Verdict.NON_INFERIOR
    return Word("certified", "certified") if is_certified else Word("undecided", "undecided")


def grounds_of(task: TaskFacts) -> str:
    """What stands behind the recommendation, in a sentence."""
    state, incumbent = task.state, task.incumbent
    if task.problem:
        return task.problem
    if state is None:
        return "No night has looked after this task yet."
    if incumbent is None:
        return "It is not known how it stands now: the next night measures it anew."
    if task.is_kept:
        return f"Nothing cheaper is certified to be as good so far, after {counted(state.n_tested, 'test')}."
    if incumbent.verdict is not Verdict.NON_INFERIOR:
        return f"Its certificate does not stand any more: {_measured(incumbent)}."
    return f"Certified: {_measured(incumbent)}{_margin(task)}{_level(task, incumbent)}."


def saving_of(task: TaskFacts) -> tuple[float, float] | None:
    """Share of the baseline's cost that is saved, and USD per 1,000 items; None where nothing is or is known."""
    own, base = task.incumbent, task.baseline
    if own is None or base is None or task.is_kept or not base.cost_usd > 0:
        return None
    return 1 - own.cost_usd / base.cost_usd, 1000 * (base.cost_usd - own.cost_usd)


def monthly_usd(task: TaskFacts) -> float | None:
    """What the recommendation saves a month at the task's volume; None where that is not told."""
    saving = saving_of(task)
    items = None if task.registered is None else task.registered.monthly_items
    return None if saving is None or items is None else saving[1] * items / 1000


def balance(task: TaskFacts, trend: Sequence[TrendNight], today: date) -> str:
    """What following the moves would have saved up to now, beside what the nights have cost; "" where not known."""
    items = None if task.registered is None else task.registered.monthly_items
    if items is None or task.state is None or not any(night.saving_usd for night in trend):
        return ""
    saved = saved_usd(trend, items, today)
    return (
        f"At {items:,} items a month, following each move from its day on would have saved about {usd(_cents(saved))} "
        f"so far, by expected costs; all nights together cost {usd(task.state.spend_usd)}."
    )


def standing_rows(task: TaskFacts, reports: frozenset[str]) -> list[Row]:
    """Everybody measured, cheapest first."""
    state = task.state
    if state is None:
        return []
    roles = {state.baseline_id: "baseline"}
    roles[state.incumbent_id] = "baseline, recommended" if task.is_kept else "recommended"
    ordered = sorted(state.standings.values(), key=lambda each: (each.cost_usd, each.candidate_id))
    return [
        {
            "candidate": short(each.candidate_id),
            "role": roles.get(each.candidate_id, ""),
            "verdict": each.verdict.value.replace("_", "-") if each.candidate_id != state.baseline_id else "",
            "quality": points(each.quality),
            "gap": _signed_points(each.gap) if each.candidate_id != state.baseline_id else "",
            "cost": amount(1000 * each.cost_usd),
            "n_items": f"{each.n_items:,}",
            "place": each.place,
            "day": each.tested_on.isoformat(),
            "run": run_link(each.run_id, reports),
        }
        for each in ordered
    ]


def night_rows(task: TaskFacts, reports: frozenset[str]) -> Iterator[Row]:
    """A row a night, newest first, with its jobs."""
    by_day: dict[str, list[Line]] = {}
    for job in task.jobs:
        by_day.setdefault(job["day"], []).append(job)
    for night in reversed(task.nights):
        is_well = night["end"] == "done"
        counts = [counted(night[f"n_{noun}s"], noun) for noun in ("move", "alarm") if night[f"n_{noun}s"]]
        counts += [f"{night['n_waiting']:,} in line"] if night["n_waiting"] else []
        yield {
            "day": clean(night["day"]),
            "told": ", ".join([*([] if is_well else [ENDS.get(night["end"], clean(night["end"]))]), *counts]),
            "is_well": is_well and not night["n_alarms"],
            "n_calls": f"{night['n_calls']:,}",
            "spend": amount(_number(night["spend_usd"])),
            "jobs": [_job(job, reports) for job in by_day.pop(night["day"], ())],
        }


def move_rows(tasks: Iterable[TaskFacts]) -> list[Row]:
    """Recommendations that moved, newest first."""
    found = [
        {
            "day": clean(line["day"]),
            "task": task.name,
            "page": task.page,
            "from": short(line["from_id"]),
            "to": short(line["to_id"]),
            "reason": clean(line["reason"]),
            "evidence": _evidence(line),
        }
        for task in tasks
        for line in task.moves
    ]
    return sorted(found, key=lambda row: str(row["day"]), reverse=True)


def alarm_rows(tasks: Iterable[TaskFacts]) -> list[Row]:
    """Alarms, newest first."""
    found = [
        {
            "day": clean(line["day"]),
            "task": task.name,
            "page": task.page,
            "code": clean(line["code"]),
            "subject": short(line["subject"]),
            "message": clean(line["message"]),
            "evidence": _evidence(line),
        }
        for task in tasks
        for line in task.alarms
    ]
    return sorted(found, key=lambda row: str(row["day"]), reverse=True)


def since(rows: Iterable[Row], day: date) -> list[Row]:
    """Those of a day and later."""
    return [row for row in rows if str(row["day"]) >= day.isoformat()]


def endpoints_of(facts: SiteFacts) -> dict[str, str]:
    """Whom a change of an endpoint concerns: names of tasks that it serves or is the baseline of."""
    found: dict[str, list[str]] = {}
    for task in facts.looked_after:
        state = task.state
        for name in () if state is None else dict.fromkeys((state.incumbent_id, state.baseline_id)):
            standing = state.standings.get(name) if state is not None else None
            used = [str(use.endpoint_id) for use in standing.uses] if standing is not None else []
            for endpoint_id in used or [str(name).split("#", maxsplit=1)[0]]:
                found.setdefault(endpoint_id, []).append(task.name)
    return {name: ", ".join(dict.fromkeys(tasks)) for name, tasks in found.items()}


def run_link(run_id: object, reports: frozenset[str]) -> Row:
    """A run's id, and where its report is from the site's root; "" where there is none."""
    name = clean(run_id or "")
    return {"id": name, "href": f"runs/{name}/report.html" if name in reports else ""}


def _job(line: Line, reports: frozenset[str]) -> Row:
    told = [clean(line["verdict"]).replace("_", "-")] if line.get("verdict") and line["kind"] != "measure" else []
    told += [counted(line["n_items"], "item")] if line.get("n_items") else []
    told += [f"{counted(line['n_samples'], 'item')} asked anew"] if line.get("n_samples") else []
    ended = {"done": "", "out_of_money": "money was short"}.get(line["end"], clean(line["end"]))
    error = clean(line.get("error") or "")
    return {
        "kind": clean(line["kind"]),
        "candidate": short(line["candidate_id"]),
        "told": ", ".join(filter(None, [*told, ended, error])),
        "reason": clean(line["reason"]),
        "spend": amount(_number(line["spend_usd"])),
        "n_calls": f"{line['n_calls']:,}",
        "run": run_link(line.get("run_id"), reports),
    }


def _measured(standing: Standing) -> str:
    gap = f"{_signed_points(standing.gap)} points of 100 against the baseline"
    return f"{gap} on {counted(standing.n_items, 'item')}, measured on {standing.tested_on}"


def _margin(task: TaskFacts) -> str:
    """The loss that the certificate excludes, where a night has written it down."""
    margin = task.standings[-1].get("margin") if task.standings else None
    return f"; it loses no more than {share_points(margin)}" if isinstance(margin, int | float) else ""


def _level(task: TaskFacts, standing: Standing) -> str:
    """The level that the test was done at, where its job is in the history."""
    found = [job for job in task.jobs if job.get("place") == standing.place and job.get("level")]
    return f"; test {standing.place} of the task's life, at level {found[-1]['level']:.3g}" if found else ""


def _evidence(line: Line) -> str:
    """The numbers of a line, which come as JSON."""
    try:
        numbers = json.loads(line.get("evidence") or "{}")
    except ValueError:
        return ""
    if not isinstance(numbers, dict):
        return ""
    return evidence({name: value for name, value in numbers.items() if isinstance(value, int | float)})


def _number(text: object) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _signed_points(gap: float) -> str:
    told = points(gap)
    return f"+{told}" if gap > 0 and float(told) != 0 else told


def _cents(value: float) -> float:
    return round(value, 2)


def told_saving(task: TaskFacts) -> str:
    """The saving in a few words; "" where there is none."""
    saving = saving_of(task)
    return "" if saving is None else percent(saving[0])
