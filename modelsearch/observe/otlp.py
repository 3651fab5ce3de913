"""Traces and metrics to an OpenTelemetry collector, by OTLP over HTTP, from threads of the SDK's own.

The search only puts a finished span into a bounded queue: a collector that is slow loses spans (the oldest first), one
that is down loses all of them; either is said once, and neither is waited for beyond `CLOSE_S` at the process's end.
Providers are our own and not the process's global ones, for Prefect writes spans of its own to those.
"""

import atexit
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode, Tracer

from modelsearch.core.events import CallSettled, Event
from modelsearch.observe.about import RunAbout
from modelsearch.observe.metrics import CHAT, DURATION, METRICS, TOKENS, Metric
from modelsearch.observe.tally import Counts, Tally, bounded, tokens_of

CLOSE_S: Final = 2.0
METRICS_EVERY_S: Final = 15.0
MAX_SPANS: Final = 4096
"""Waiting to be sent; more are dropped."""
TIMEOUT_S: Final = 5.0
SERVICE: Final = "modelsearch"
_LOG = logging.getLogger("modelsearch.observe")


@dataclass
class Trouble:
    """Says once that the collector cannot be reached."""

    where: str
    _is_told: bool = False

    def say(self) -> None:
        """The first time only."""
        if not self._is_told:
            self._is_told = True
            _LOG.warning(
                "telemetry: the collector at %s does not take it; the work goes on without, and this is said once",
                self.where,
            )


class _Spans(SpanExporter):
    """The exporter, whose failures are told by `Trouble` alone."""

    def __init__(self, inner: SpanExporter, trouble: Trouble) -> None:
        self._inner, self._trouble = inner, trouble

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._inner.export(spans)
        except Exception:  # noqa: BLE001 - whatever an exporter does not foresee, its thread must live on
            result = SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            self._trouble.say()
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


class _Metrics(OTLPMetricExporter):
    """The same for metrics."""

    trouble: Trouble | None = None

    def export(self, *args: Any, **kwargs: Any) -> MetricExportResult:
        try:
            result = super().export(*args, **kwargs)
        except Exception:  # noqa: BLE001 - as above
            result = MetricExportResult.FAILURE
        if result is not MetricExportResult.SUCCESS and self.trouble is not None:
            self.trouble.say()
        return result


class Telemetry:
    """A process's connection to a collector; runs come and go on it."""

    def __init__(self, url: str = "") -> None:
        """Start the threads that send.

        Args:
            url: base of a collector, as http://localhost:4318; "" = as OTEL_EXPORTER_OTLP_ENDPOINT and its like say.
        """
        for name in ("opentelemetry.sdk", "opentelemetry.exporter"):  # a line per failed export, for ever
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.trouble = Trouble(_shown(url))
        resource = Resource.create({SERVICE_NAME: SERVICE})
        self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        spans = OTLPSpanExporter(endpoint=_signal(url, "traces"), timeout=TIMEOUT_S)
        metrics = _Metrics(endpoint=_signal(url, "metrics"), timeout=TIMEOUT_S)
        metrics.trouble = self.trouble
        self._exporters = (spans, metrics)
        self._tracers.add_span_processor(
            BatchSpanProcessor(_Spans(spans, self.trouble), max_queue_size=MAX_SPANS, schedule_delay_millis=1000)
        )
        self.tracer: Tracer = self._tracers.get_tracer(SERVICE)
        reader = PeriodicExportingMetricReader(metrics, export_interval_millis=1000 * METRICS_EVERY_S)
        self._meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self.meters = Meters(self._meters.get_meter(SERVICE))
        atexit.register(self.close)

    @contextmanager
    def span(self, name: str, about: Mapping[str, Any]) -> Iterator[Callable[[dict[str, Any]], None]]:
        """A span around what is done here, the parent of what begins within it; yields what adds attributes.

        Of an exception its type is told, and not its words.
        """
        with self.tracer.start_as_current_span(
            name, attributes=dict(about), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span.set_attributes
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise

    def flush(self, wait_s: float) -> None:
        """Send what is there, and wait at most so long."""
        _bounded((self._tracers.force_flush, self._meters.force_flush), wait_s)

    def close(self, wait_s: float = CLOSE_S) -> None:
        """Send what is there, and end, within so many seconds; twice is fine."""
        atexit.unregister(self.close)
        _bounded((self._tracers.shutdown, self._meters.shutdown), wait_s)
        for exporter in self._exporters:  # what still tries again gives up
            _bounded((exporter.shutdown,), 0.0)


@dataclass
class Meters:
    """The process's metrics: counters and gauges read off tallies when they are sent, histograms as they happen."""

    meter: Meter
    _over: Counts = field(default_factory=Counts)
    _open: list[Tally] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _histograms: dict[str, Histogram] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for metric in METRICS:
            if metric.kind == "histogram":
                self._histograms[metric.name] = self.meter.create_histogram(
                    metric.name, metric.unit, metric.meaning, explicit_bucket_boundaries_advisory=metric.buckets
                )
                continue
            make = (
                self.meter.create_observable_counter if metric.kind == "counter" else self.meter.create_observable_gauge
            )
            make(metric.name, [self._reader(metric)], metric.unit, metric.meaning)

    def add(self, counts: Counts) -> None:
        """Count what is no run's: nights, syncs."""
        with self._lock:
            self._over.take_in(counts)

    def begin(self, about: RunAbout) -> "RunMeter":
        """Count a run."""
        tally = Tally(about)
        with self._lock:
            self._open.append(tally)
        return RunMeter(tally, self)

    def end(self, tally: Tally) -> None:
        """The run is not open any more; what it counted stays."""
        with self._lock:
            self._open.remove(tally)
            self._over.take_in(tally.counts)

    def settled(self, about: RunAbout, event: CallSettled) -> None:
        """What histograms take of a call."""
        call, provider = event.call, about.of(event.call.endpoint_id).provider
        common = (about.source, CHAT, provider)
        if not math.isnan(call.latency_s):
            self._histograms[DURATION.name].record(call.latency_s, _attributes(DURATION, common))
        for kind, n_tokens in tokens_of(call.usage):
            self._histograms[TOKENS.name].record(n_tokens, _attributes(TOKENS, (*common, kind)))

    def counts(self) -> Counts:
        """All of the process, now."""
        with self._lock:
            total = Counts()
            for part in (self._over, *(each.counts for each in self._open), *(each.gauges() for each in self._open)):
                total.take_in(Counts(values=dict(part.values)))
            return bounded(total)

    def _reader(self, metric: Metric) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def read(_: CallbackOptions) -> Iterable[Observation]:
            found = self.counts().values
            return [
                Observation(float(amount), _attributes(metric, labels))
                for (name, labels), amount in found.items()
                if name == metric.name
            ]

        return read


@dataclass
class RunMeter:
    """Counts a run's events."""

    tally: Tally
    meters: Meters

    def take(self, event: Event) -> None:
        """Count an event."""
        self.tally.take(event)
        if type(event) is CallSettled:
            self.meters.settled(self.tally.about, event)

    def close(self, _: str) -> None:
        """The run is over here."""
        self.meters.end(self.tally)


def _attributes(metric: Metric, labels: Sequence[str]) -> dict[str, str]:
    return dict(zip(metric.labels, labels, strict=True))


def _signal(url: str, signal: str) -> str | None:
    """None = as the standard variables say."""
    return f"{url.rstrip('/')}/v1/{signal}" if url else None


def _shown(url: str) -> str:
    """A URL without what may be secret in it."""
    if not url:
        return "OTEL_EXPORTER_OTLP_ENDPOINT"
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _bounded(work: Sequence[Callable[[], object]], wait_s: float) -> None:
    """Work that may hang, each piece in a thread that nobody has to wait for."""
    threads = [threading.Thread(target=each, name="telemetry-end", daemon=True) for each in work]
    for thread in threads:
        thread.start()
    until_s = time.monotonic() + wait_s
    for thread in threads:
        thread.join(max(0.0, until_s - time.monotonic()))
