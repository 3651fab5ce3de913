"""Real servers: Prefect on SQLite and on PostgreSQL, a headless browser. What is missing fails, it is not skipped."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.prefect_server import PrefectServer, free_port, prefect_server

ROOT = Path(__file__).resolve().parent.parent.parent
PG_BINS = Path("/usr/lib/postgresql")
PG_USER = "nobody"


def needed(*names: str) -> str:
    """The path of the first program found.

    Raises:
        AssertionError: none is installed.
    """
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    message = f"none of {', '.join(names)} is installed: run `make test-servers`, which installs them"
    raise AssertionError(message)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium."""
    return needed("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """`prefect server start` on SQLite."""
    with prefect_server(tmp_path_factory.mktemp("prefect-sqlite")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own on loopback; it refuses to run as root, so root hands it to another user."""
    folder = tmp_path_factory.mktemp("postgres")
    bins = max(PG_BINS.glob("*/bin"), default=None)
    assert bins is not None, f"no PostgreSQL in {PG_BINS}: run `make test-servers`, which installs it"
    account = pwd.getpwnam(PG_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    data, port = folder / "data", free_port()
    data.mkdir()
    if os.geteuid() == 0:
        for each in (data, *data.parents):
            if each.is_relative_to(tmp_path_factory.getbasetemp().parent):
                each.chmod(0o755)
        os.chown(data, account.pw_uid, account.pw_gid)
    as_user: dict[str, Any] = {"user": PG_USER, "group": account.pw_gid} if os.geteuid() == 0 else {}
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    initdb = [str(bins / "initdb"), "-D", str(data), "-U", "prefect", "--auth", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, env=plain, cwd="/", **as_user)
    command = [
        str(bins / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-c", "fsync=off",
        "-c", "max_connections=100",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=plain, cwd="/", **as_user)
    try:
        _await_postgres(bins, port, folder / "log")
        yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(30)


def _await_postgres(bins: Path, port: int, log: Path) -> None:
    for _ in range(150):
        asked = [str(bins / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.2)
    message = f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}"
    raise AssertionError(message)


_AS_IN_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background makes its children ignore it
from flows.cli import main
main()
"""


@dataclass(frozen=True)
class Project:
    """A folder with a home of its own, whose commands use a server."""

    folder: Path
    server: PrefectServer

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """`modelsearch ARGUMENTS`, under way."""
        environ = {**os.environ, **self.server.environ, "MODELSEARCH_HOME": str(self.folder / "home")}
        return subprocess.Popen(
            [sys.executable, "-c", _AS_IN_A_TERMINAL, *arguments],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        """The same to its end; what it printed."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err[-3000:]
        return out

    def post(self, path: str, **body: Any) -> Any:
        """Ask the server's REST API."""
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            self.server.api_url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return json.load(response)

    def run_ids(self) -> list[str]:
        """Runs of this project."""
        return sorted(path.parent.name for path in (self.folder / "home" / "runs").glob("*/journal.bin"))

    def flow_runs(self, run_id: str) -> list[dict[str, Any]]:
        """Flow runs that carry the run's tag."""
        found: list[dict[str, Any]] = self.post("/flow_runs/filter", flow_runs={"tags": {"all_": [run_id]}}, limit=200)
        return found

    def task_runs(self, run_id: str) -> list[dict[str, Any]]:
        """Task runs that carry the run's tag, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            asked = {"task_runs": {"tags": {"all_": [run_id]}}, "limit": 200, "offset": len(found)}
            page = self.post("/task_runs/filter", **asked)
            found += page
            if len(page) < 200:
                return found


@pytest.fixture
def on(tmp_path: Path) -> Callable[[PrefectServer], Project]:
    """A project on a server."""
    return lambda server: Project(tmp_path, server)
