"""What a served candidate counts, as a Prometheus page; no text of an input or a reply is in it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from modelsearch.evaluate.given import Given
from modelsearch.store.ledger import Ledger

PREFIX = "modelsearch_served"
_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class ServedMetrics:
    """Counters of one server."""

    def __init__(self, ledger: Ledger, *, max_usd: float | None) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            f"{PREFIX}_requests", "Requests by how they ended.", ["end"], registry=self.registry
        )  # fmt: skip
        self.calls = Counter(
            f"{PREFIX}_calls", "Calls by candidate and status.", ["candidate", "status"], registry=self.registry
        )
        self.changed = Counter(
            f"{PREFIX}_changed", "Answers of another model or host than was evaluated.", ["candidate"],
            registry=self.registry,
        )  # fmt: skip
        self.latency = Histogram(
            f"{PREFIX}_latency_seconds", "Of answered requests.", buckets=_BUCKETS_S, registry=self.registry
        )
        self.in_flight = Gauge(f"{PREFIX}_in_flight", "Requests that are worked on.", registry=self.registry)
        spend = Gauge(f"{PREFIX}_spend_usd", "Settled, and what may have been billed.", registry=self.registry)
        spend.set_function(lambda: float(ledger.spend().committed_usd))
        if max_usd is not None:
            Gauge(f"{PREFIX}_limit_usd", "What all calls may cost together.", registry=self.registry).set(max_usd)

    def note(self, given: Given, latency_s: float) -> None:
        """Count a request that came to an end."""
        self.requests.labels(_end(given)).inc()
        for part in given.parts:
            self.calls.labels(part.single.id, part.outcome.status.value).inc()
            if part.is_changed:
                self.changed.labels(part.single.id).inc()
        if given.is_answered:
            self.latency.observe(latency_s)

    def page(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)


def _end(given: Given) -> str:
    if given.is_answered:
        return "fallback" if given.is_fallback else "answered"
    return "no_money" if given.is_short else "failed"
