"""What docs/operations.md promises, on a real server: password, CSRF, CORS, a proxy path, backup and restore."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.browser import browser
from bench.prefect_server import HOST, free_port
from bench.unattended import Installation, asked, await_it, installation
from flows.own_postgres import Cluster, own_postgres, program
from flows.serve import page_socket
from flows.server import DATABASE
from tests.servers.conftest import ROOT

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]
PATH = "/tools/prefect"


@contextlib.contextmanager
def proxy(target: str, port: int) -> Iterator[str]:
    """A reverse proxy that passes on what is under PATH, unchanged, and nothing else."""

    async def pass_on(request: Request) -> Response:
        left_out = {"host", "content-length", "connection", "accept-encoding"}
        headers = {name: value for name, value in request.headers.items() if name not in left_out}
        async with httpx.AsyncClient(base_url=target, timeout=60) as client:
            url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            reply = await client.request(request.method, url, headers=headers, content=await request.body())
        kept = {k: v for k, v in reply.headers.items() if k not in {"content-length", "content-encoding", "connection"}}
        return Response(reply.content, reply.status_code, kept)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    app = Starlette(routes=[Route(PATH + "{rest:path}", pass_on, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
    sock = page_socket(HOST, port)
    thread = threading.Thread(target=lambda: server.run(sockets=[sock]), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{port}{PATH}"
    finally:
        server.should_exit = True
        thread.join(10)


def status_of(method: str, url: str, **headers: str) -> tuple[int, dict[str, str]]:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=30)
    with contextlib.closing(connection):
        body = b"{}" if method == "POST" else None
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/{path}", body, {"content-type": "application/json", **given})
        reply = connection.getresponse()
        reply.read()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}


A_RUN = """
from prefect import flow
@flow(name="kept")
def kept(): pass
kept()
"""


def run_a_flow(installed: Installation) -> None:
    import sys  # noqa: PLC0415

    done = subprocess.run(
        [sys.executable, "-c", A_RUN],
        env=dict(installed.environ),
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_behind_a_proxy_path_with_password_and_csrf(chromium: str, tmp_path: Path) -> None:
    with installation(public_path=PATH) as installed:
        assert status_of("GET", f"{installed.api_url}/health")[0] == 200
        assert status_of("GET", f"{installed.api_url}/admin/version")[0] == 401
        right = f"Basic {__import__('base64').b64encode(installed.auth.encode()).decode()}"
        assert status_of("GET", f"{installed.api_url}/admin/version", authorization=right)[0] == 200
        assert status_of("POST", f"{installed.api_url}/flow_runs/count", authorization=right)[0] == 403, "no CSRF token"
        evil = status_of("GET", f"{installed.api_url}/health", origin="https://evil.example")[1]
        assert "access-control-allow-origin" not in evil
        run_a_flow(installed)
        (run,) = installed.ask("/flow_runs/filter", {})
        with proxy(installed.ui_url.removesuffix(PATH), free_port()) as url, browser(chromium) as tab:
            through = Installation(root=tmp_path, api_url=f"{url}/api", auth=installed.auth, environ={})
            assert through.ask("/flow_runs/filter", {})[0]["id"] == run["id"]
            tab.log_in(f"{url}/", installed.auth)
            tab.await_text(f"{url}/v2/runs/flow-run/{run['id']}", run["name"], "Completed")
            tab.await_text(f"{url}/v2/runs", run["name"])
            assert tab.picture(tmp_path / "runs.png") > 20_000


def test_a_dump_is_restored_into_a_fresh_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("backup")
    for each in (folder, *folder.parents):
        if each.is_relative_to(tmp_path_factory.getbasetemp().parent):
            each.chmod(0o755)
    dump = folder / "prefect.dump"
    old = Cluster(folder=folder / "old", port=free_port(), is_durable=False)
    with own_postgres(old) as url, installation(database(url)) as installed:
        run_a_flow(installed)
        before = names_of(installed)
        # the commands of docs/operations.md
        subprocess.run([str(program("pg_dump")), "--format=custom", f"--file={dump}", url], check=True)
    assert len(before) == 1
    with own_postgres(Cluster(folder=folder / "new", port=free_port(), is_durable=False)) as url:
        restore = [str(program("pg_restore")), "--clean", "--if-exists", "--no-owner", f"--dbname={url}", str(dump)]
        subprocess.run(restore, check=True)
        with installation(database(url)) as installed:
            assert names_of(installed) == before
            run_a_flow(installed)
            assert len(names_of(installed)) == 2


def database(url: str) -> dict[str, str]:
    return {DATABASE[0]: url.replace("postgresql://", "postgresql+asyncpg://", 1)}


def names_of(installed: Installation) -> list[str]:
    return sorted(run["name"] for run in installed.ask("/flow_runs/filter", {}))


def test_commands_of_the_handbook_are_those_that_were_tested() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    assert "pg_dump --format=custom --file=" in text
    assert "pg_restore --clean --if-exists --no-owner --dbname=" in text


@contextlib.contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    """`modelsearch serve` with a server of its own: process, port of the pages, URL of the API.

    SIGINT is ignored, as it is in whatever a shell starts in the background.
    """
    port, prefect_port = free_port(), free_port()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "flows", "serve", "--port", str(port), "--prefect-port", str(prefect_port)]
    with (home.parent / "log").open("wb") as log:
        environ = {**plain, "MODELSEARCH_HOME": str(home)}
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a child takes it over
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        signal.signal(signal.SIGINT, before)
    try:
        yield process, port, f"http://{HOST}:{prefect_port}/api"
    finally:
        process.kill()
        process.wait()


def test_serve_runs_what_is_due_and_stops_clean(tmp_path: Path) -> None:
    """`modelsearch serve` starts its own server, takes a run of a deployment to its end, and leaves nothing behind."""
    with serving(tmp_path / "home") as (process, port, api):

        def answered(path: str, body: object) -> Any:
            with contextlib.suppress(OSError, RuntimeError, json.JSONDecodeError):  # 503 where its SQLite is locked
                return asked("POST", f"{api}{path}", body, JSON)
            return None

        def deployed() -> list[dict[str, Any]] | None:
            found: list[dict[str, Any]] = answered("/deployments/filter", {}) or []
            return found if len(found) >= 6 else None

        found = {each["name"]: each for each in await_it(deployed, "deployments", 180)}
        assert asked("GET", f"http://{HOST}:{port}/health")["status"] == "ok"
        create = f"/deployments/{found['nightly']['id']}/create_flow_run"
        run = await_it(lambda: answered(create, {"parameters": {}}), "a night", 60)

        def done() -> str | None:
            state = str(asked("GET", f"{api}/flow_runs/{run['id']}")["state_type"])
            return state if state in {"COMPLETED", "FAILED", "CRASHED"} else None

        assert await_it(done, "the night", 120) == "COMPLETED"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (tmp_path / "log").read_text()[-2000:]
        with pytest.raises(OSError, match="refused"):
            asked("GET", f"{api}/health")


JSON = {"content-type": "application/json"}
