"""Counts as a Prometheus page (text format 0.0.4)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from modelsearch.observe.metrics import METRICS, Metric, Series
from modelsearch.observe.tally import Counts, Histogram, bounded

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
T = TypeVar("T")


def page(counts: Counts) -> bytes:
    """Every metric, those without a series by name and meaning alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(bounded(counts)))
    return generate_latest(registry)


class _Page(Collector):
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Family]:
        return [self._family(metric) for metric in METRICS]

    def _family(self, metric: Metric) -> Family:
        labels = [label.replace(".", "_") for label in metric.labels]
        if metric.kind == "histogram":
            family = HistogramMetricFamily(metric.prometheus, metric.meaning, labels=labels)
            for values, told in _series(self._counts.histograms, metric):
                family.add_metric(values, buckets=_cumulative(metric, told), sum_value=told.total)
            return family
        kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        plain: CounterMetricFamily | GaugeMetricFamily = kind(metric.prometheus, metric.meaning, labels=labels)
        for values, amount in _series(self._counts.values, metric):
            plain.add_metric(values, float(amount))
        return plain


def _series(found: Mapping[Series, T], metric: Metric) -> Iterator[tuple[list[str], T]]:
    keys = sorted(key for key in found if key[0] == metric.name)
    yield from ((list(key[1]), found[key]) for key in keys)


def _cumulative(metric: Metric, told: Histogram) -> list[tuple[str, float]]:
    ends = [*(str(end) for end in metric.buckets), "+Inf"]
    total, found = 0, []
    for end, n in zip(ends, told.counts, strict=True):
        total += n
        found.append((end, float(total)))
    return found
