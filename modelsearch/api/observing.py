"""What is told of runs, nights and syncs while they go on, as far as the settings ask for it; else nothing happens.

OpenTelemetry is imported here alone, and only where it is asked for.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from modelsearch.api.begun import Begun
from modelsearch.api.request import SearchRequest
from modelsearch.core.errors import ModelsearchError
from modelsearch.core.events import Event
from modelsearch.core.nights import Job, JobResult, NightReport
from modelsearch.core.sync_report import SyncReport
from modelsearch.core.working import RUN, Run
from modelsearch.observe.about import Called, RunAbout, provider_name, source_of
from modelsearch.observe.counts_json import SYNCS_FILE, counts_from_json, counts_to_json
from modelsearch.observe.deeds import night_counts, sync_counts
from modelsearch.observe.logs import RunLog, json_logs, say
from modelsearch.observe.observer import Listener, Observer
from modelsearch.observe.scrub import Scrubber, secrets_of
from modelsearch.observe.span_names import JOB, NIGHT
from modelsearch.observe.tally import Counts
from modelsearch.settings import Settings
from modelsearch.store.flock import flocked
from modelsearch.store.layout import RunDir, write_whole

if TYPE_CHECKING:
    from modelsearch.observe.otlp import Telemetry

Watch = Callable[[Event], None]
Tell = Callable[[dict[str, Any]], None]
"""Adds attributes to a span."""
_CONNECTED: dict[str, "Telemetry | None"] = {}
"""The process's connection to a collector, by URL; None = it cannot be had, which was said."""
_SCRUBBER = Scrubber()
_LOG = logging.getLogger("modelsearch.observe")
_NIGHT_LOG = logging.getLogger("modelsearch.night")
_SYNC_LOG = logging.getLogger("modelsearch.catalog")


@contextmanager
def observed_run(
    settings: Settings, request: SearchRequest, run: RunDir, begun: Begun, watch: Watch | None
) -> Iterator[Watch | None]:
    """Whom to tell of a run's events: `watch` itself where nothing else is asked for.

    Args:
        settings: say what is asked for.
        request: of the search.
        run: its directory.
        begun: what it was begun with.
        watch: whoever is told already.
    """
    task_id = begun.setting.task.id
    before = RUN.set(Run(run.run_id, task_id))
    is_wanted = settings.is_log_json or settings.collector is not None
    listeners: list[Listener] = []
    if is_wanted:
        with _harmless():
            listeners = _listeners(settings, _about(request, run, begun), begun.keys.values())
    observer, error = Observer(listeners), ""
    try:
        yield _both(observer, watch) if is_wanted else watch
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        observer.close(error)
        with suppress(ValueError):  # left in another context than it was entered in
            RUN.reset(before)


@contextmanager
def observed_night(settings: Settings, name: str, day: str) -> Iterator[Callable[[NightReport | None], None]]:
    """A task's night; what is yielded is to be told its report."""
    telemetry = _switched_on(settings)
    with _span(telemetry, NIGHT, {"modelsearch.task.id": name, "modelsearch.night.day": day}) as tell:

        def told(report: NightReport | None) -> None:
            if report is not None:
                with _harmless():
                    _tell_night(report, telemetry, tell)

        yield told


@contextmanager
def observed_job(settings: Settings, job: Job) -> Iterator[Callable[[JobResult], None]]:
    """A job of a night; what is yielded is to be told what came of it."""
    about = {
        "modelsearch.task.id": job.task_id,
        "modelsearch.job.kind": job.kind,
        "modelsearch.candidate.id": job.candidate_id,
    }
    with _span(_switched_on(settings), JOB, about) as tell:

        def told(result: JobResult) -> None:
            with _harmless():
                _tell_job(result, tell)

        yield told


def count_sync(settings: Settings, report: SyncReport, *, is_read: bool = True) -> None:
    """Keep what came of a sync, for the Prometheus page, and tell it; a sync never fails for it."""
    with _harmless():
        counts = sync_counts(report, is_read=is_read)
        telemetry = _switched_on(settings)
        if telemetry is not None:
            telemetry.meters.add(counts)
        level = logging.INFO if report.end in ("accepted", "unchanged") else logging.WARNING
        sources = {source.name: source.end for source in report.sources}
        told = {"end": report.end, "changes": report.n_by_kind, "sources": sources}
        say("sync", told, level=level, logger=_SYNC_LOG)
        with suppress(ModelsearchError, OSError):
            _add(settings, counts)


def _listeners(settings: Settings, about: RunAbout, secrets: Iterable[str]) -> list[Listener]:
    telemetry = _switched_on(settings)
    _SCRUBBER.add(secrets)
    found: list[Listener] = [RunLog(about)] if settings.is_log_json else []
    if telemetry is not None:
        from modelsearch.observe.spans import RunSpans  # noqa: PLC0415 - an optional extra

        found += [RunSpans(telemetry.tracer, about, settings.traced_share), telemetry.meters.begin(about)]
    return found


def _switched_on(settings: Settings) -> "Telemetry | None":
    """Logs set up, and the connection to a collector, each where it is asked for and can be had."""
    if settings.is_log_json:
        _SCRUBBER.add(secrets_of(settings.environ))
        json_logs(sys.stderr, settings.log_level, _SCRUBBER)
    url = settings.collector
    if url is None:
        return None
    if url not in _CONNECTED:
        _CONNECTED[url] = None
        with _harmless():
            _CONNECTED[url] = _connection(url)
    return _CONNECTED[url]


def _connection(url: str) -> "Telemetry | None":
    try:
        from modelsearch.observe.otlp import Telemetry  # noqa: PLC0415 - an optional extra
    except ImportError:
        _LOG.warning("MODELSEARCH_OTEL needs the extra `otel`: pip install 'modelsearch[otel]'; nothing is sent")
        return None
    return Telemetry(url)


@contextmanager
def _harmless() -> Iterator[None]:
    """A fault of telemetry is said, and stays here; its words may hold anything."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - no night and no sync fails for what only watches
        _LOG.warning("telemetry failed (%s); the work goes on without", type(error).__name__)


@contextmanager
def _span(telemetry: "Telemetry | None", name: str, about: dict[str, Any]) -> Iterator[Tell]:
    """A span around what is done here, under which runs and jobs put theirs."""
    if telemetry is None:
        yield lambda _: None
        return
    with telemetry.span(name, about) as tell:
        yield tell


def _both(observer: Observer, watch: Watch | None) -> Watch:
    if watch is None:
        return observer.take

    def both(event: Event) -> None:
        observer.take(event)
        watch(event)

    return both


def _about(request: SearchRequest, run: RunDir, begun: Begun) -> RunAbout:
    setting = begun.setting
    return RunAbout(
        run_id=run.run_id,
        task_id=setting.task.id,
        source=source_of(request.to_json()),
        budget_usd=setting.budget.spend_usd,
        baseline_id=setting.baseline_id,
        plan=begun.plan.name,
        called={
            each.id: Called(provider=provider_name(each.provider_id), model=each.wire_name)
            for each in begun.source.market.endpoints.values()
        },
    )


def _add(settings: Settings, counts: Counts) -> None:
    path, total = settings.observed / SYNCS_FILE, Counts()
    with flocked(path.with_suffix(".lock")):
        with suppress(OSError, ValueError):
            total, _ = counts_from_json(path.read_bytes())
        total.take_in(counts)
        write_whole(path, counts_to_json(total))


def _tell_night(report: NightReport, telemetry: "Telemetry | None", tell: Tell) -> None:
    tell({"modelsearch.night.end": report.end, "modelsearch.night.spend_usd": float(report.spend_usd)})
    if telemetry is not None:
        from modelsearch.store.night_tables import lines_of  # noqa: PLC0415 - pyarrow takes 0.8 s

        telemetry.meters.add(night_counts(lines_of(report)))
    ids = {"task": report.task_id, "day": report.day.isoformat()}
    told = {"end": report.end, "n_jobs": len(report.results), "spend_usd": report.spend_usd}
    say("night", {**ids, **told}, logger=_NIGHT_LOG)
    for move in report.moves:
        say("move", {**ids, "candidate": move.to_id, "from": move.from_id}, logger=_NIGHT_LOG)
    for alarm in report.alarms:
        say("alarm", {**ids, "code": alarm.code, "subject": alarm.subject}, level=logging.WARNING, logger=_NIGHT_LOG)


def _tell_job(result: JobResult, tell: Tell) -> None:
    job, run_id = result.job, result.run_id or ""
    spend = {"modelsearch.job.spend_usd": float(result.spend_usd)}
    tell({"modelsearch.job.end": result.end, "modelsearch.run.id": run_id, **spend})
    ids = {"task": job.task_id, "candidate": job.candidate_id, "run": run_id}
    told = {"kind": job.kind, "end": result.end, "spend_usd": result.spend_usd, "n_calls": result.n_calls}
    level = logging.WARNING if result.end == "failed" else logging.INFO
    say("job", {**ids, **told}, level=level, logger=_NIGHT_LOG)
