"""What the nightly site is made from, gathered from the stores; whatever cannot be read is told on the page itself."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from modelsearch.api.catalog_settling import held_sync
from modelsearch.api.feedback import weights_of
from modelsearch.api.registered import registered_task
from modelsearch.core.errors import ModelsearchError
from modelsearch.core.ids import TaskId
from modelsearch.core.market import Rate
from modelsearch.core.nights import TaskState
from modelsearch.core.offering import CatalogState
from modelsearch.core.registered import RegisteredTask
from modelsearch.report.site_facts import CatalogFacts, Disputed, Line, RunFacts, SiteFacts, TaskFacts
from modelsearch.settings import Settings
from modelsearch.store.catalog_store import CatalogStore
from modelsearch.store.layout import RunDir, list_runs, read_header
from modelsearch.store.night_store import OPEN, STATE, NightStore
from modelsearch.store.result_json import result_from_json
from modelsearch.taskfile.registration import SUFFIX, registrations

N_RUNS = 200
"""Newest runs that are listed."""
_COUNTS = ("n_jobs", "n_calls", "n_moves", "n_alarms", "n_waiting", "n_items", "n_samples", "place")
_NUMBERS = ("level", "quality", "gap", "margin", "cost_usd", "quality_then", "quality_anew", "n_sampled")
_TEXTS = ("role", "verdict", "end", "kind", "candidate_id", "reason", "from_id", "to_id", "code", "subject", "message")


def site_facts(settings: Settings, now: datetime | None = None) -> SiteFacts:
    """Everything that the site shows; nothing is called and nothing is written.

    Args:
        settings: where everything is.
        now: the moment, with a time zone; by default the clock's.
    """
    known = runs_facts(settings, now)
    tasks = tuple(task_facts(settings, name, known.made_at) for name in _names(settings))
    return replace(known, tasks=tasks, catalog=_catalog(settings))


def runs_facts(settings: Settings, now: datetime | None = None) -> SiteFacts:
    """The runs alone."""
    runs = list_runs(settings.runs)
    return SiteFacts(
        made_at=now or datetime.now(UTC),
        runs=tuple(_run(run) for run in runs[-N_RUNS:][::-1]),
        reports=frozenset(str(run.run_id) for run in runs if run.report_html.is_file()),
        ui_url=settings.prefect_ui_url,
    )


def _names(settings: Settings) -> list[str]:
    """Registered tasks, and those that once were."""
    registered = [path.name.removesuffix(SUFFIX) for path in registrations(settings.tasks)]
    kept = [each.name for each in settings.nights.iterdir() if each.is_dir()] if settings.nights.is_dir() else []
    return sorted({*registered, *kept})


def task_facts(settings: Settings, name: str, now: datetime | None = None) -> TaskFacts:
    """One task, registered or not; what of it cannot be read is told in it."""
    registered, problem = _registration(settings, name)
    store = NightStore(settings.nights / name)
    try:
        return TaskFacts(
            name=name,
            registered=registered,
            state=store.read(STATE, TaskState),
            nights=_lines(store, "nights"),
            jobs=_lines(store, "jobs"),
            moves=_lines(store, "moves"),
            alarms=_lines(store, "alarms"),
            standings=_lines(store, "standings"),
            feedback=tuple(weights_of(settings, TaskId(name), (now or datetime.now(UTC)).date()).values()),
            is_open=store.holds(OPEN),
            problem=problem,
        )
    except ModelsearchError as error:
        return TaskFacts(name=name, registered=registered, problem=problem or str(error))


def _registration(settings: Settings, name: str) -> tuple[RegisteredTask | None, str]:
    """What is registered under a name, and why that cannot be read; neither where it is registered no more."""
    if not (settings.tasks / f"{name}{SUFFIX}").is_file():
        return None, ""
    try:
        return registered_task(settings, name), ""
    except ModelsearchError as error:
        return None, str(error)


def _lines(store: NightStore, table: str) -> list[Line]:
    """A history whose days are days, counts and amounts numbers, and texts there, whoever wrote the file."""
    return [_line(line) for line in store.history(table) if _is_day(line["day"])]


def _line(line: Line) -> Line:
    numbers = {name: line[name] for name in _NUMBERS if _is_number(line.get(name))}
    return {
        **{name: each for name, each in line.items() if name not in _NUMBERS},
        **numbers,
        **{name: int(line[name]) if _is_number(line.get(name)) else 0 for name in _COUNTS},
        **{name: str(line.get(name) or "") for name in _TEXTS},
        "spend_usd": str(_amount(line.get("spend_usd"))),
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _amount(value: object) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def _catalog(settings: Settings) -> CatalogFacts:
    store = CatalogStore(settings.synced_catalog)
    try:
        state, held = store.state(), held_sync(settings)
        held_reason, n_held = ("", 0) if held is None else (held.reason or "it moves too much", len(held.changes))
        if state is None:
            return CatalogFacts(held_reason=held_reason, n_held=n_held)
        return CatalogFacts(
            observed_at=state.observed_at,
            n_endpoints=sum(each.is_live for each in state.offerings.values()),
            changes=store.history(),
            held_reason=held_reason,
            n_held=n_held,
            disputed=tuple(_disputed(state)),
            problems=state.problems,
        )
    except ModelsearchError as error:
        return CatalogFacts(error=str(error))


def _disputed(state: CatalogState) -> Iterator[Disputed]:
    for endpoint_id, rate in state.disputed():
        usd = "unknown" if rate.usd is None else f"{rate.usd.normalize():f} USD per {rate.per}"
        yield Disputed(endpoint_id=endpoint_id, what=_what(rate), usd=usd, source=rate.source)


def _what(rate: Rate) -> str:
    marks: list[str] = ["" if rate.processing == "standard" else rate.processing]
    marks += [f"prompts over {rate.min_prompt_tokens} tokens"] if rate.min_prompt_tokens else []
    return ", ".join(filter(None, [rate.kind, *marks]))


def _run(run: RunDir) -> RunFacts:
    try:
        header = read_header(run) if run.header.exists() else {}
        known = RunFacts(
            run_id=str(run.run_id), task=str(header.get("task", "")), baseline=str(header.get("baseline", ""))
        )
        if not run.result.exists():
            return RunFacts(run_id=known.run_id, task=known.task, baseline=known.baseline, problem="no result yet")
        result = result_from_json(run.result.read_bytes())
    except (ModelsearchError, OSError) as error:
        return RunFacts(run_id=str(run.run_id), problem=f"cannot be read: {error}")
    answer = result.recommendation
    return RunFacts(
        run_id=known.run_id,
        task=known.task or result.task_id,
        baseline=known.baseline or str(result.baseline_id),
        advice=answer.label,
        certainty=answer.certainty.value,
        spend_usd=f"{result.spend.settled_usd:.4f}",
    )
