"""The pages of `modelsearch serve`: health, reports of runs, and whatever else is mounted beside them."""

import hmac
import html
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from modelsearch.store.layout import RunDir, list_runs

REPORTS = ("report.html", "report.md")
"""The only files of a run that are served: its journal holds whole replies, its tables every item."""
HEALTH = "/health"
N_SHOWN = 200
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

Check = Callable[[], str]
"""Says `ok`, or in a few words what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the pages show.

    Attributes:
        runs: folder of run directories.
        checks: parts whose health is told, by name; they may take a second.
        ui_url: of Prefect, linked.
        password: `user:password` asked for by everything but health and `open_paths`; "" = nothing is asked.
        routes: mounted beside our own.
        open_paths: beginnings of paths that see to their own keys.
    """

    runs: Path
    checks: Mapping[str, Check] = field(default_factory=dict)
    ui_url: str = ""
    password: str = field(default="", repr=False)
    routes: Sequence[BaseRoute] = ()
    open_paths: tuple[str, ...] = ()


def pages_app(served: Served) -> Starlette:
    """The application."""

    async def health(_: Request) -> Response:
        return await run_in_threadpool(_health, served)

    async def index(_: Request) -> Response:
        return await run_in_threadpool(_index, served)

    async def report(request: Request) -> Response:
        return _report(served, request.path_params["run_id"], request.path_params["name"])

    routes = [Route(HEALTH, health), Route("/", index), Route("/runs/{run_id}/{name}", report)]
    guard = Middleware(BasicAuth, password=served.password, open_paths=(HEALTH, *served.open_paths))
    return Starlette(routes=[*routes, *served.routes], middleware=[guard])


class BasicAuth:
    """Asks for one user and password; compares in constant time."""

    def __init__(self, app: ASGIApp, password: str, open_paths: Sequence[str]) -> None:
        self._app = app
        self._password = password.encode()
        self._open_paths = tuple(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] != "http" or not self._password or self._is_open(scope["path"]) or self._is_right(scope):
            await self._app(scope, receive, send)
            return
        refusal = Response("password needed", 401, {"www-authenticate": 'Basic realm="modelsearch", charset="UTF-8"'})
        await refusal(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return any(path == each or path.startswith(f"{each}/") for each in self._open_paths)

    def _is_right(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        kind, _, told = given.partition(b" ")
        try:
            got = b64decode(told, validate=True)
        except (Base64Error, ValueError):
            return False
        return kind.lower() == b"basic" and hmac.compare_digest(got, self._password)


def _health(served: Served) -> Response:
    parts = {name: check() for name, check in served.checks.items()}
    is_well = all(said == "ok" for said in parts.values())
    return JSONResponse({"status": "ok" if is_well else "ill", **parts}, 200 if is_well else 503)


def _index(served: Served) -> Response:
    runs = list_runs(served.runs)[-N_SHOWN:][::-1]
    parts = {name: check() for name, check in served.checks.items()}
    rows = "".join(f"<li>{_run_line(run)}</li>" for run in runs) or "<li>no runs yet</li>"
    states = "".join(f"<li>{html.escape(name)}: {html.escape(said)}</li>" for name, said in parts.items())
    link = f'<p><a href="{html.escape(served.ui_url)}">Prefect</a></p>' if served.ui_url else ""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>modelsearch</title>'
        f"<h1>modelsearch</h1><ul>{states}</ul>{link}<h2>Runs</h2><ul>{rows}</ul></html>"
    )
    return HTMLResponse(page, headers=_HEADERS)


def _run_line(run: RunDir) -> str:
    name = html.escape(str(run.run_id))
    return f'<a href="/runs/{name}/report.html">{name}</a>' if run.report_html.is_file() else f"{name} (no report yet)"


def _report(served: Served, run_id: str, name: str) -> Response:
    """A report, of a run that is listed: no path is ever made of what was asked."""
    run = next((run for run in list_runs(served.runs) if run.run_id == run_id), None)
    if run is None or name not in REPORTS or not (run.path / name).is_file():
        raise HTTPException(404, "there is no such report")
    kind = "text/html" if name.endswith(".html") else "text/plain"
    return FileResponse(run.path / name, headers=_HEADERS, media_type=f"{kind}; charset=utf-8")
