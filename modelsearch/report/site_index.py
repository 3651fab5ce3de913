"""What the index of the nightly site shows: all tasks at a glance, what is worth a look, moves, money, prices."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from modelsearch.report.numbers import counted, percent, points, usd
from modelsearch.report.plain import clean, short
from modelsearch.report.site_charts import spark_of, spend_chart
from modelsearch.report.site_facts import SiteFacts, TaskFacts
from modelsearch.report.site_others import catalog_told, change_rows
from modelsearch.report.site_rows import (
    ENDS,
    Row,
    alarm_rows,
    grounds_of,
    monthly_usd,
    move_rows,
    saving_of,
    since,
    word_of,
)
from modelsearch.report.site_trends import TrendNight, trend_of

ALARM_DAYS, N_ALARMS, N_MOVES, CHANGE_DAYS = 14, 12, 12, 14


def index_view(facts: SiteFacts) -> dict[str, Any]:
    """Everything that the index shows, as plain values."""
    today, tasks = facts.made_at.date(), facts.looked_after
    trends = {task.name: trend_of(task) for task in facts.tasks}
    alarms = since(alarm_rows(tasks), today - timedelta(days=ALARM_DAYS - 1))
    all_nights = _summed([night for trend in trends.values() for night in trend])
    concerned = [row for row in change_rows(facts, CHANGE_DAYS) if row["tasks"]]
    return {
        "headline": _headline(tasks),
        "lead": _lead(tasks),
        "figures": _figures(tasks, all_nights),
        "alarms": alarms[:N_ALARMS],
        "n_alarms": len(alarms),
        "alarm_days": ALARM_DAYS,
        "problems": _problems(facts),
        "tasks": [_task(task, trends[task.name]) for task in tasks],
        "former": [{"name": task.name, "page": task.page} for task in facts.former],
        "moves": move_rows(facts.tasks)[:N_MOVES],
        "spend": spend_chart(all_nights, "Spent a night on all tasks, USD") if any_spend(all_nights) else None,
        "catalog": {"told": catalog_told(facts, CHANGE_DAYS), "rows": concerned},
    }


def any_spend(trend: Sequence[TrendNight]) -> bool:
    """Whether there is anything to draw."""
    return any(night.spend_usd > 0 for night in trend)


def _headline(tasks: Sequence[TaskFacts]) -> str:
    """The whole in one sentence."""
    moved = [task for task in tasks if saving_of(task) is not None]
    if not tasks:
        return "No task is looked after yet"
    if not moved:
        return f"{counted(len(tasks), 'task')} looked after; nothing cheaper is certified yet"
    served = "is served" if len(moved) == 1 else "are served"
    return f"{len(moved)} of {counted(len(tasks), 'task')} {served} by something cheaper and certified as good"


def _lead(tasks: Sequence[TaskFacts]) -> str:
    """What that is worth; "" where no task tells its volume."""
    monthly = [told for task in tasks if (told := monthly_usd(task)) is not None]
    if not monthly:
        return ""
    at = "at its volume" if len(monthly) == 1 else f"at the volumes of {counted(len(monthly), 'task')}"
    return f"Following the recommendations saves about {usd(round(sum(monthly), 2))} a month {at}."


def _figures(tasks: Sequence[TaskFacts], nights: Sequence[TrendNight]) -> list[Row]:
    if not nights:
        return []
    last, total = nights[-1], sum((night.spend_usd for night in nights), 0.0)
    shares = [saving[0] for task in tasks if (saving := saving_of(task)) is not None]
    figures: list[Row] = [
        {"value": usd(last.spend_usd), "told": f"spent on the last night, {last.day}"},
        {"value": usd(round(total, 4)), "told": f"spent in all, over {counted(len(nights), 'night')}"},
        {"value": f"{sum(night.n_moves for night in nights):,}", "told": "recommendations moved so far"},
    ]
    if shares:
        best = {
            "value": percent(sum(shares) / len(shares)),
            "told": "of the baseline's cost saved, mean of those tasks",
        }
        figures.insert(0, best)
    return figures


def _problems(facts: SiteFacts) -> list[str]:
    """What stands in the way of the nights themselves."""
    found = [f"{task.name}: {clean(task.problem)}" for task in facts.tasks if task.problem]
    if facts.catalog.error:
        found.append(f"The synced catalogue cannot be read: {clean(facts.catalog.error)}")
    if facts.catalog.held_reason:
        found.append(f"A sync of the catalogue waits for a person: {clean(facts.catalog.held_reason)}")
    return found


def _task(task: TaskFacts, trend: Sequence[TrendNight]) -> Row:
    state = task.state
    return {
        "name": task.name,
        "page": task.page,
        "word": word_of(task),
        "is_kept": task.is_kept,
        "is_open": task.is_open,
        "is_paused": task.registered is not None and task.registered.is_paused,
        "incumbent": "" if state is None else short(state.incumbent_id),
        "baseline": "" if state is None else short(state.baseline_id),
        "grounds": clean(grounds_of(task)),
        "last": _last(task),
        "sparks": _sparks(task, trend),
    }


def _last(task: TaskFacts) -> str:
    """The last night in a line."""
    if not task.nights:
        return ""
    night = task.nights[-1]
    counts = [counted(int(night[f"n_{noun}s"]), noun) for noun in ("job", "call", "alarm") if night.get(f"n_{noun}s")]
    told = ", ".join([ENDS.get(night["end"], clean(night["end"])), *counts, usd(float(night["spend_usd"]))])
    return f"Last night {clean(night['day'])}: {told}."


def _sparks(task: TaskFacts, trend: Sequence[TrendNight]) -> list[Row]:
    """Quality, cost and saving of what serves the task, now and over the nights."""
    own, saving = task.incumbent, saving_of(task)
    if own is None:
        return []
    cost = usd(1000 * own.cost_usd)
    share = percent(saving[0]) if saving is not None else "none"
    return [
        {
            "name": "quality",
            "value": points(own.quality),
            "d": spark_of(trend, _quality),
            "told": f"quality over the nights, now {points(own.quality)}",
        },
        {
            "name": "per 1,000",
            "value": cost,
            "d": spark_of(trend, lambda night: None if night.incumbent is None else night.incumbent.cost_usd),
            "told": f"cost of 1,000 items over the nights, now {cost}",
        },
        {
            "name": "saving",
            "value": share,
            "d": spark_of(trend, lambda night: night.saving_share),
            "told": f"saving over the nights, now {share}",
        },
    ]


def _quality(night: TrendNight) -> float | None:
    side = night.incumbent
    if side is None:
        return None
    return side.quality if side.quality_now is None else side.quality_now


def _summed(nights: Sequence[TrendNight]) -> list[TrendNight]:
    """Nights of several tasks as one a day."""
    days: dict[date, list[TrendNight]] = defaultdict(list)
    for night in nights:
        days[night.day].append(night)
    return [
        TrendNight(
            day=day,
            spend_usd=sum(night.spend_usd for night in each),
            n_calls=sum(night.n_calls for night in each),
            n_alarms=sum(night.n_alarms for night in each),
            n_moves=sum(night.n_moves for night in each),
        )
        for day, each in sorted(days.items())
    ]
