"""A real `prefect server start` on loopback for benches and tests: own home, own database, gone with the block."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.prefect_env import DEFAULTS

HOST = "127.0.0.1"
READY_S = 180.0
STOP_S = 20.0


@dataclass(frozen=True, kw_only=True)
class PrefectServer:
    """A server that answers; `environ` makes a command use it."""

    port: int
    home: Path

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}/api"

    @property
    def environ(self) -> dict[str, str]:
        return {"PREFECT_API_URL": self.api_url, "PREFECT_HOME": str(self.home)}


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server((HOST, 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def prefect_server(home: Path, more: Mapping[str, str] | None = None) -> Iterator[PrefectServer]:
    """Start a server on a free port and wait until it answers.

    Args:
        home: its PREFECT_HOME; the log is written there.
        more: of the environment, such as PREFECT_API_DATABASE_CONNECTION_URL.

    Raises:
        RuntimeError: it ended, or did not answer in time.
    """
    home.mkdir(parents=True, exist_ok=True)
    server = PrefectServer(port=free_port(), home=home)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(server.port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**plain, **DEFAULTS, "PREFECT_HOME": str(home), **(more or {})},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _await_ready(process, server)
        yield server
    finally:
        _stop(process)


def _await_ready(process: "subprocess.Popen[bytes]", server: PrefectServer) -> None:
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection(HOST, server.port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/api/health")
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.2)
    told = (server.home / "server.log").read_text(errors="replace")[-2000:]
    message = f"prefect server: not ready on port {server.port}, exit code {process.poll()}: {told}"
    raise RuntimeError(message)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """The server and what it started, by their process group."""
    for number, limit_s in ((signal.SIGINT, STOP_S), (signal.SIGKILL, STOP_S)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit_s)
            return
