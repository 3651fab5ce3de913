"""A collector on loopback that keeps what it is sent, and a run as events."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from modelsearch.core.events import (
    CallReleased,
    CallReserved,
    CallSettled,
    CallUnknown,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
    Warned,
)
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, RunId, TaskId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.core.search import Move
from modelsearch.observe.about import Called, RunAbout

SECRET = "canary-5ecret-key"
TEXT = "the text of an item"
ABOUT = RunAbout(
    run_id=RunId("20260101-000000-abcdef"), task_id=TaskId("colours"), source="live", budget_usd=Decimal(2),
    baseline_id="dear/m", plan="small", called={EndpointId("dear/m"): Called(provider="dear", model="m-1")},
)  # fmt: skip


def reserved(number: int, usd: str = "0.02") -> CallReserved:
    return CallReserved(
        call_id=CallId(f"call-{number}"), key="k", endpoint_id=EndpointId("dear/m"), amount_usd=Decimal(usd)
    )


def settled(number: int, usd: str = "0.01", status: Status = Status.OK, **parts: Any) -> CallSettled:
    call = Call(
        id=CallId(f"call-{number}"), key="k", endpoint_id=EndpointId("dear/m"), status=status,
        usage=Usage(input_tokens=10, output_tokens=2), cost_usd=Decimal(usd), latency_s=0.5, **parts,
    )  # fmt: skip
    return CallSettled(call=call)


def a_run() -> list[Event]:
    """Two calls that are paid, one that is lost to a limit, one that nobody answers, and one in flight."""
    outcome = Outcome(candidate_id=CandidateId("dear/m"), item_id=ItemId("q0"), status=Status.OK, score=1.0)
    return [
        PhaseStarted(phase="ask", spend_usd=Decimal(2)),
        Move(phase="ask", round=0),
        *(reserved(number) for number in range(5)),
        settled(0),
        settled(1, "0.003", n_attempts=3),
        CallReleased(call_id=CallId("call-2"), reason=f"rate: HTTP 429 slow down, {SECRET}; you asked: {TEXT}"),
        CallUnknown(call_id=CallId("call-3"), reason=f"HTTP 504: {TEXT}"),
        OutcomeScored(outcome=outcome),
        Warned(code="call-failed", subject="dear/m", message=f"{SECRET} {TEXT}"),
        RoundClosed(phase="ask", round=0),
        PhaseClosed(phase="ask", reason="all is known"),
    ]


@dataclass
class Collector:
    """What came in: whole bodies, and spans and metrics as decoded.

    Attributes:
        wait_s: before each answer.
        status: of each answer.
    """

    wait_s: float = 0.0
    status: int = 200
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    spans: list[Any] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)
    resources: list[Any] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> None:
        self.bodies.append(body)
        if path == "/v1/traces":
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(group.resource)
                self.spans += [span for scope in group.scope_spans for span in scope.spans]
        elif path == "/v1/metrics":
            for found in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.metrics += [metric for scope in found.scope_metrics for metric in scope.metrics]

    def named(self, beginning: str) -> list[Any]:
        return [span for span in self.spans if span.name.startswith(beginning)]


@contextmanager
def collecting(**behaviour: Any) -> Iterator[Collector]:
    """A collector that listens."""
    collector = Collector(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(collector.wait_s)
            collector.take(self.path, body)
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def attributes(span: Any) -> dict[str, Any]:
    """Attributes of a span or data point as plain values."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}
