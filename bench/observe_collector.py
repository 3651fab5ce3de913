"""A collector on loopback, in a process of its own, that counts spans."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

COUNT = "/count"


@dataclass
class Collector:
    """Where it is."""

    url: str

    @property
    def n_spans(self) -> int:
        """Spans that have come in."""
        with urllib.request.urlopen(self.url + COUNT, timeout=5) as reply:  # noqa: S310 - our own, on loopback
            return int(reply.read())


@contextmanager
def collecting() -> Iterator[Collector]:
    """The collector, while it runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.observe_collector", str(port)])
    try:
        time.sleep(3)
        yield Collector(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Serve until stopped."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415 - of the child alone

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    n_spans = [0]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/traces":
                groups = ExportTraceServiceRequest.FromString(body).resource_spans
                n_spans[0] += sum(len(scope.spans) for group in groups for scope in group.scope_spans)
            self._answer(b"")

        def do_GET(self) -> None:
            self._answer(str(n_spans[0]).encode())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
