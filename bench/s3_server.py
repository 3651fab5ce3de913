"""A real S3 server on loopback for benches and tests (moto's, in a process of its own), and a proxy that harms it."""

import contextlib
import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.prefect_server import free_port

HOST, READY_S = "127.0.0.1", 60.0
_SIGNED = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
BUCKET = "models"
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "canary-s3-secret", "AWS_DEFAULT_REGION": "us-east-1"}


@contextlib.contextmanager
def s3_server() -> Iterator[int]:
    """A server with an empty bucket; its port."""
    port = free_port()
    command = [sys.executable, "-c", f"from moto.server import main; main(['-H', '{HOST}', '-p', '{port}'])"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _make_bucket(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def environ(port: int) -> dict[str, str]:
    """What makes every S3 client use it."""
    return {**KEYS, "AWS_ENDPOINT_URL": f"http://{HOST}:{port}"}


@contextlib.contextmanager
def using(port: int) -> Iterator[None]:
    """This process uses the server for a while."""
    before = dict(os.environ)
    os.environ.update(environ(port))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass
class Faults:
    """What the proxy does to requests, by share: fail before or after the server has done it, or answer too late."""

    p_error: float = 0.0
    p_lost_answer: float = 0.0
    is_down: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    n_harmed: int = 0


@contextlib.contextmanager
def harmed(port: int, faults: Faults) -> Iterator[int]:
    """A proxy before a server; its port."""
    server = ThreadingHTTPServer((HOST, 0), type("Handler", (_Handler,), {"upstream_port": port, "faults": faults}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Hands a request on, and harms some."""

    upstream_port: int
    faults: Faults
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.faults.is_down or self.faults.chance.random() < self.faults.p_error:
            self.faults.n_harmed += 1
            self._answer(503, [], b"")
            return
        upstream = http.client.HTTPConnection(HOST, self.upstream_port, timeout=30)
        upstream.request(self.command, self.path, body, dict(self.headers.items()))
        found = upstream.getresponse()
        content = found.read()
        if self.faults.chance.random() < self.faults.p_lost_answer:
            self.faults.n_harmed += 1
            self.close_connection = True
            return
        self._answer(found.status, found.getheaders(), content)
        upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        length = {name.lower(): value for name, value in headers}.get("content-length", str(len(content)))
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - the names that http.server asks for


def _make_bucket(port: int) -> None:
    ends_s = time.monotonic() + READY_S
    while True:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("PUT", f"/{BUCKET}", headers={"Authorization": _SIGNED})
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
        if time.monotonic() > ends_s:
            message = f"no S3 server on port {port} after {READY_S} s"
            raise TimeoutError(message)
