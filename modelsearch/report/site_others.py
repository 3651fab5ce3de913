"""What the pages of the catalogue and of the runs show."""

from collections import Counter
from datetime import timedelta
from typing import Any

from modelsearch.report.catalog_changes import change_word, facts_text
from modelsearch.report.numbers import counted
from modelsearch.report.plain import clean, short
from modelsearch.report.site_facts import RunFacts, SiteFacts
from modelsearch.report.site_rows import Row, endpoints_of, run_link

N_DAYS, N_CHANGES, N_PROBLEMS, N_DISPUTED = 60, 500, 200, 200


def catalog_view(facts: SiteFacts) -> dict[str, Any]:
    """Everything that the page of the catalogue shows, as plain values."""
    catalog, concerned = facts.catalog, endpoints_of(facts)
    rows = change_rows(facts, N_DAYS)
    disputed = [
        {
            "endpoint": short(each.endpoint_id),
            "what": clean(each.what),
            "usd": clean(each.usd),
            "source": clean(each.source),
            "tasks": concerned.get(each.endpoint_id, ""),
        }
        for each in catalog.disputed
    ]
    disputed.sort(key=lambda row: (not row["tasks"], row["endpoint"], row["what"]))
    is_synced = catalog.observed_at is not None
    return {
        "headline": f"{counted(catalog.n_endpoints, 'endpoint')} on sale"
        if is_synced
        else "No sync of the catalogue yet",
        "told": catalog_told(facts, N_DAYS),
        "held": f"{counted(catalog.n_held, 'change')} held: {clean(catalog.held_reason)}"
        if catalog.held_reason
        else "",
        "disputed": disputed[:N_DISPUTED],
        "n_disputed": len(disputed),
        "n_days": N_DAYS,
        "rows": rows[:N_CHANGES],
        "n_changes": len(rows),
        "problems": [clean(problem) for problem in catalog.problems[:N_PROBLEMS]],
        "n_problems": len(catalog.problems),
    }


def catalog_told(facts: SiteFacts, n_days: int) -> str:
    """How the catalogue stands, in a sentence or two."""
    catalog = facts.catalog
    if catalog.error:
        return f"It cannot be read: {clean(catalog.error)}"
    if catalog.observed_at is None:
        return "Prices are those of the catalogue files; `modelsearch catalog sync` brings them up to date."
    start = facts.made_at.date() - timedelta(days=n_days - 1)
    kinds = Counter(change_word(change) for change in catalog.changes if change.day >= start)
    told = ", ".join(f"{n:,} {clean(kind)}" for kind, n in kinds.most_common()) or "no changes"
    disputed = f" {counted(len(catalog.disputed), 'price')} in dispute." if catalog.disputed else ""
    return f"As of {catalog.observed_at:%Y-%m-%d %H:%M} UTC. In the last {n_days} days: {told}.{disputed}"


def change_rows(facts: SiteFacts, n_days: int) -> list[Row]:
    """Changes of the last days, newest first; those that concern a task before others of their day."""
    concerned, start = endpoints_of(facts), facts.made_at.date() - timedelta(days=n_days - 1)
    found = [
        {
            "day": change.day.isoformat(),
            "what": clean(change_word(change)),
            "endpoint": short(change.endpoint_id),
            "facts": clean(facts_text(change)),
            "tasks": concerned.get(str(change.endpoint_id), ""),
        }
        for change in reversed(facts.catalog.changes)
        if change.day >= start
    ]
    found.sort(key=lambda row: bool(row["tasks"]), reverse=True)
    return sorted(found, key=lambda row: row["day"], reverse=True)


def runs_view(facts: SiteFacts) -> dict[str, Any]:
    """Everything that the page of runs shows, as plain values."""
    health = None if facts.health is None else {clean(name): clean(said) for name, said in facts.health.items()}
    return {"runs": [_run(run, facts.reports) for run in facts.runs], "health": health}


def _run(run: RunFacts, reports: frozenset[str]) -> Row:
    return {
        "link": run_link(run.run_id, reports),
        "task": clean(run.task),
        "baseline": short(run.baseline) if run.baseline else "",
        "advice": short(run.advice) if run.advice else "",
        "certainty": clean(run.certainty),
        "spend": clean(run.spend_usd),
        "problem": clean(run.problem),
    }
