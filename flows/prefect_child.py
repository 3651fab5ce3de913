"""A `prefect server start` as a child of this process: started, awaited, and gone with it."""

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
from urllib.parse import urlsplit

from modelsearch.core.errors import ModelsearchError, OptionError

HOST = "127.0.0.1"
READY_S = 180.0
STOP_S = 20.0
_NAP_S = 0.2
_N_TOLD = 2000


@dataclass(frozen=True, kw_only=True)
class ServerPlan:
    """What is started.

    Attributes:
        environ: of the server, whole.
        log: file that its output is appended to.
        api_path: where its API is served.
    """

    port: int
    environ: Mapping[str, str]
    log: Path
    host: str = HOST
    api_path: str = "/api"

    @property
    def api_url(self) -> str:
        """Where clients on this machine find it."""
        return f"http://{HOST if self.host in ('0.0.0.0', '::') else self.host}:{self.port}{self.api_path}"  # noqa: S104 - compared


@contextlib.contextmanager
def child_server(plan: ServerPlan) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a server, wait until it answers, and end it with the block, all it started included.

    Raises:
        OptionError: something else has its port; it would answer in our server's place.
        ModelsearchError: it ended, or did not answer in time.
    """
    check_free(plan.host, plan.port)
    plan.log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", plan.host, "--port", str(plan.port)]
    with plan.log.open("ab") as log:
        # its own session: Ctrl-C is for us, we end it when our own work has ended
        process = subprocess.Popen(command, env=dict(plan.environ), stdout=log, stderr=log, start_new_session=True)  # noqa: S603 - our own interpreter
    try:
        _await_ready(process, plan)
        yield process
    finally:
        _stop(process)


def check_free(host: str, port: int) -> None:
    """Refuse a port that is taken.

    Raises:
        OptionError: it is.
    """
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        message = f"prefect server: address {host}:{port} cannot be used ({error.strerror}): choose another port"
        raise OptionError(message) from error


def is_answering(api_url: str, timeout_s: float = 5.0) -> bool:
    """Whether the server of an API's URL says that it is well; it asks no password for that."""
    url = urlsplit(api_url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or HOST, url.port, timeout=timeout_s)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", f"{url.path.rstrip('/')}/health")
        return connection.getresponse().status == http.client.OK
    return False


def _await_ready(process: "subprocess.Popen[bytes]", plan: ServerPlan) -> None:
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s and process.poll() is None:
        if is_answering(plan.api_url):
            return
        time.sleep(_NAP_S)
    told = " ".join(plan.log.read_text(encoding="utf-8", errors="replace")[-_N_TOLD:].split())
    message = (
        f"prefect server: does not answer on port {plan.port} (exit code {process.poll()}), see {plan.log}: "
        f"choose another port or look there; it ends with: {told}"
    )
    raise ModelsearchError(message)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """The server and what it started, by their process group."""
    for number, limit_s in ((signal.SIGINT, STOP_S), (signal.SIGKILL, STOP_S)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit_s)
            return
