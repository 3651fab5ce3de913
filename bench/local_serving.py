"""Processes that serve on loopback until the one that started them closes their standard input, or is gone."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

READY_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
_MARK = "READY "


class ServerStartError(Exception):
    """A server ended or was silent before it was ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server."""

    url: str
    pid: int


@contextlib.contextmanager
def spawned(command: Sequence[str], *, folder: Path, log: Path) -> Iterator[Server]:
    """Start a server that prints `READY <url>`; it ends with the block.

    Args:
        command: what to run.
        folder: its working directory.
        log: where its standard error goes.

    Raises:
        ServerStartError: it was not ready in time.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0
        )
    try:
        yield Server(url=_ready_url(process, log), pid=process.pid)
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready_url(process: "subprocess.Popen[bytes]", log: Path) -> str:
    out = process.stdout
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while out is not None and (left_s := deadline_s - time.monotonic()) > 0:
        if not select.select([out], [], [], left_s)[0]:
            break
        line = out.readline().decode(errors="replace")
        if line.startswith(_MARK):
            return line.removeprefix(_MARK).strip()
        if not line:
            break
    message = f"{process.args!r}: not ready (exit code {process.poll()}); see {log}"
    raise ServerStartError(message)


def serve_until_told(app: Any) -> None:
    """Serve an ASGI app on a free port of loopback, say where, and end when standard input does."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(64)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))

        def stop_with_parent() -> None:
            sys.stdin.buffer.read()
            server.should_exit = True
            time.sleep(STOP_TIMEOUT_S / 2)
            os._exit(1)

        threading.Thread(target=stop_with_parent, daemon=True).start()
        print(f"READY http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
        server.run(sockets=[sock])
