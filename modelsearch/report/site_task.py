"""What the page of a task shows: the recommendation and its grounds, trends, everybody measured, every night."""

from datetime import timedelta
from typing import Any

from modelsearch.report.nights import feedback_line
from modelsearch.report.numbers import counted, percent, points, usd
from modelsearch.report.plain import clean, short
from modelsearch.report.site_charts import charts_of
from modelsearch.report.site_facts import SiteFacts, TaskFacts
from modelsearch.report.site_rows import (
    Row,
    alarm_rows,
    balance,
    grounds_of,
    monthly_usd,
    move_rows,
    night_rows,
    saving_of,
    since,
    standing_rows,
    word_of,
)
from modelsearch.report.site_trends import trend_of

RECENT_DAYS, N_NIGHTS, N_OPEN, N_ALARMS, N_NAMED = 14, 200, 10, 200, 60
_COLUMNS = {
    "candidate": "candidate",
    "role": "role",
    "verdict": "verdict",
    "quality": "quality",
    "gap": "gap",
    "cost": "USD per 1,000",
    "n_items": "items",
    "place": "test",
    "day": "measured on",
    "run": "run",
}


def task_view(facts: SiteFacts, task: TaskFacts) -> dict[str, Any]:
    """Everything that the page shows, as plain values."""
    today, trend, state = facts.made_at.date(), trend_of(task), task.state
    alarms = alarm_rows([task])
    recent = since(alarms, today - timedelta(days=RECENT_DAYS - 1))
    declined = [] if state is None else [*state.seen.items()]
    nights = [*night_rows(task, facts.reports)]
    return {
        "task": task,
        "word": word_of(task),
        "is_former": task in facts.former,
        "is_paused": task.registered is not None and task.registered.is_paused,
        "incumbent": "" if state is None else short(state.incumbent_id),
        "baseline": "" if state is None else short(state.baseline_id),
        "grounds": clean(grounds_of(task)),
        "saving": _saving(task),
        "balance": balance(task, trend, today),
        "figures": _figures(task),
        "recent_alarms": recent,
        "old_alarms": alarms[len(recent) : N_ALARMS],
        "charts": charts_of(trend),
        "moves": move_rows([task]),
        "standings": standing_rows(task, facts.reports),
        "standing_columns": _COLUMNS,
        "waiting": [] if state is None else [short(name) for name in state.waiting[:N_NAMED]],
        "n_waiting": 0 if state is None else len(state.waiting),
        "declined": [{"candidate": short(name), "reason": clean(seen.reason)} for name, seen in declined[:N_NAMED]],
        "n_declined": len(declined),
        "feedback": [clean(feedback_line(weight)) for weight in task.feedback],
        "nights": nights[:N_NIGHTS],
        "n_nights": len(nights),
        "n_open": N_OPEN,
        "folder": f"nights/{clean(task.name)}",
        "registration": _registration(task),
    }


def _saving(task: TaskFacts) -> str:
    """What it saves, after a comma."""
    saving, monthly = saving_of(task), monthly_usd(task)
    if saving is None:
        return ""
    verb, share = ("saving", saving[0]) if saving[0] >= 0 else ("costing more by", -saving[0])
    told = f"{verb} {percent(share)}, {usd(abs(saving[1]))} per 1,000 items"
    return told if monthly is None else f"{told}, about {usd(abs(round(monthly, 2)))} a month"


def _figures(task: TaskFacts) -> list[Row]:
    state, own, base = task.state, task.incumbent, task.baseline
    found: list[Row] = []
    if own is not None:
        beside = f", baseline {points(base.quality)}" if base is not None and not task.is_kept else ""
        found.append({"value": points(own.quality), "told": f"quality on {counted(own.n_items, 'item')}{beside}"})
        beside = f", baseline {usd(1000 * base.cost_usd)}" if base is not None and not task.is_kept else ""
        found.append({"value": usd(1000 * own.cost_usd), "told": f"per 1,000 items{beside}"})
    if state is not None:
        found.append({"value": f"{state.n_tested:,}", "told": "candidates tested in the task's life"})
        found.append({"value": usd(state.spend_usd), "told": f"spent in all{_limit(task)}"})
    return found


def _limit(task: TaskFacts) -> str:
    limit = None if task.registered is None else task.registered.life_usd
    return "" if limit is None else f", of at most {usd(limit)}"


def _registration(task: TaskFacts) -> list[str]:
    """What the registration says, for people."""
    told = task.registered
    if told is None:
        return []
    limits = [f"{usd(told.night_usd)} a night"]
    limits += [f"{usd(told.search_usd)} when everybody is searched"] if told.search_usd is not None else []
    limits += [f"{usd(told.life_usd)} in all"] if told.life_usd is not None else []
    lines = [f"May spend {', '.join(limits)}; plan {clean(told.plan)}; batches: {told.batch}."]
    lines += [f"Serves {told.monthly_items:,} items a month."] if told.monthly_items is not None else []
    lines += [f"Tags: {', '.join(map(clean, told.tags))}."] if told.tags else []
    return [*lines, f"Task spec {clean(told.task)}."]
