"""A whole installation for benches: emulated market, `modelsearch server` on PostgreSQL, a process worker, a webhook.

Everything is a process of its own on loopback, in a temporary folder, and gone with the block.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from bench.prefect_server import HOST, free_port
from flows.own_postgres import has_postgres
from flows.server import AUTH, ServerOptions, running_server
from modelsearch.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77
STOP_S = 30.0
T = TypeVar("T")
_NAP_S = 0.5


def missing() -> list[str]:
    """Programs that this machine lacks."""
    found = {"PostgreSQL": has_postgres(), "Chromium": browser_path() is not None}
    return [name for name, is_there in found.items() if not is_there]


def browser_path() -> str | None:
    """A Chromium, where there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@dataclass(kw_only=True)
class Webhook:
    """Notifications that arrived, as JSON."""

    port: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where they are sent."""
        return f"http://{HOST}:{self.port}/told"


@contextlib.contextmanager
def webhook() -> Iterator[Webhook]:
    """Listens as long as the block lasts."""
    kept = Webhook()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Door)
    kept.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What was started.

    Attributes:
        environ: of every command and of the worker.
        auth: `user:password` of the server.
    """

    root: Path
    api_url: str
    auth: str
    environ: Mapping[str, str]

    @property
    def ui_url(self) -> str:
        """Of Prefect."""
        return self.api_url.removesuffix("/api")

    def run(self, *arguments: str, module: str = "flows") -> str:
        """`modelsearch ARGUMENTS`, or `prefect` by its module, to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, env=dict(self.environ), capture_output=True,
            text=True, check=False, timeout=600,
        )  # fmt: skip
        if done.returncode:
            message = (
                f"{module} {' '.join(arguments)}: exit code {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
            )
            raise RuntimeError(message)
        return done.stdout

    @contextlib.contextmanager
    def running(self, name: str, *arguments: str, module: str = "flows", without: str = "") -> Iterator[None]:
        """The same under way, as long as the block lasts; its output goes to a log of that name.

        Args:
            name: of its log.
            arguments: of the command.
            module: `flows` or `prefect`.
            without: a variable that it is not to see.
        """
        environ = {name: value for name, value in self.environ.items() if name != without}
        with (self.root / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environ, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            try:
                yield
            finally:
                _end(process)

    def ask(self, path: str, body: object = None) -> Any:
        """Prefect's REST API, POST where there is a body; as its UI does, with password and CSRF token."""
        client = str(uuid4())
        token = self._asked("GET", f"/csrf-token?client={client}", None, {})["token"]
        headers = {"prefect-csrf-token": token, "prefect-csrf-client": client}
        return self._asked("GET" if body is None else "POST", path, body, headers)

    def _asked(self, method: str, path: str, body: object, more: Mapping[str, str]) -> Any:
        basic = b64encode(self.auth.encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/json", **more}
        return asked(method, f"{self.api_url}{path}", body, headers)

    def flow_runs(self, deployment: str) -> list[dict[str, Any]]:
        """All runs of a deployment, newest first."""
        wanted = {"deployments": {"name": {"any_": [deployment]}}, "sort": "START_TIME_DESC", "limit": 200}
        found: list[dict[str, Any]] = self.ask("/flow_runs/filter", wanted)
        return found

    def start(self, flow: str, deployment: str, **parameters: object) -> str:
        """Begin a run of a deployment; its id."""
        found = self.ask(f"/deployments/name/{flow}/{deployment}")
        run = self.ask(f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return str(run["id"])

    def await_run(self, run_id: str, limit_s: float = 400.0) -> dict[str, Any]:
        """A run once it has ended.

        Raises:
            RuntimeError: otherwise than completed, or not in time.
        """
        ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        run = await_it(lambda: _if(self.ask(f"/flow_runs/{run_id}"), ended), f"run {run_id}", limit_s)
        if run["state_type"] != "COMPLETED":
            message = f"run {run['name']}: {run['state_type']}: {run['state'].get('message')}"
            raise RuntimeError(message)
        return dict(run)


def _if(run: dict[str, Any], types: set[str]) -> dict[str, Any] | None:
    return run if run["state_type"] in types else None


def asked(method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
    """The JSON that a loopback server answers with.

    Raises:
        RuntimeError: it answered with an error.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or HOST, parts.port, timeout=60)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    with contextlib.closing(connection):
        connection.request(method, path, None if body is None else json.dumps(body).encode(), dict(headers or {}))
        reply = connection.getresponse()
        content = reply.read()
    if reply.status >= http.client.BAD_REQUEST:
        message = f"{method} {parts.path}: status {reply.status}: {content[:500].decode(errors='replace')}"
        raise RuntimeError(message)
    return json.loads(content)


def await_it(look: Callable[[], T | None], what: str, limit_s: float) -> T:
    """What comes to be, looked for twice a second.

    Raises:
        RuntimeError: it did not in time.
    """
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        found = look()
        if found is not None:
            return found
        time.sleep(_NAP_S)
    message = f"{what}: not there after {limit_s:g} s"
    raise RuntimeError(message)


@contextlib.contextmanager
def installation(more: Mapping[str, str] | None = None, *, public_path: str = "") -> Iterator[Installation]:
    """A server with its database, and the environment that commands use it by."""
    with tempfile.TemporaryDirectory(prefix="unattended-") as folder:
        root, port = Path(folder), free_port()
        root.chmod(0o755)  # PostgreSQL runs as another user where we are root
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MODELSEARCH_"))}
        auth = f"bench:{uuid4().hex}"
        environ = {
            **plain, "MODELSEARCH_HOME": str(root / "home"), "PREFECT_HOME": str(root / "prefect"), AUTH: auth,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", **(more or {}),
        }  # fmt: skip
        settings = read_settings(environ)
        url = f"http://{HOST}:{port}{public_path}"
        options = ServerOptions(port=port, postgres_port=free_port(), public_url=url)
        with running_server(options, settings, environ):
            api_url = f"{url}/api"
            mine = {
                **environ, "PREFECT_API_URL": api_url, "PREFECT_API_AUTH_STRING": auth, "PREFECT_CLI_PROMPT": "false",
                "PREFECT_CLI_COLORS": "false", "PREFECT_LOGGING_LEVEL": "WARNING", "PREFECT_WORKER_QUERY_SECONDS": "2",
            }  # fmt: skip
            yield Installation(root=root, api_url=api_url, auth=auth, environ=mine)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
            return
