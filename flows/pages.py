"""The pages of `modelsearch serve`: the nightly site, reports of runs, health, and whatever is mounted beside them.

/                     the index of tasks, as the last night or sync has written it; tasks/<task>.html, catalog.html
/runs.html            all runs, looked up now, and what is well
/runs/<run>/<file>    report.html, report.md, front.svg
/health               200, or 503 with what is ill
"""

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from modelsearch.api.site import live_runs_page, refresh_site
from modelsearch.settings import Settings
from modelsearch.store.layout import list_runs

REPORTS = {
    "report.html": "text/html; charset=utf-8",
    "report.md": "text/plain; charset=utf-8",
    "front.svg": "image/svg+xml",
}
"""The only files of a run that are served: its journal holds whole replies, its tables every item."""
HEALTH = "/health"
INDEX, CATALOG, RUNS = "index.html", "catalog.html", "runs.html"
_PLAIN = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}
_FRAMELESS = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = {**_PLAIN, "content-security-policy": f"default-src 'none'; style-src 'unsafe-inline'; {_FRAMELESS}"}
# a report's scripts are allowed by the page's own policy, by their hashes; a browser holds it to both
_INLINE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_REPORT_HEADERS = {**_PLAIN, "content-security-policy": f"{_INLINE}; {_FRAMELESS}"}

Check = Callable[[], str]
"""Says `ok`, or in a few words what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the pages show.

    Attributes:
        settings: where site and runs are.
        checks: parts whose health is told, by name; they may take a second.
        password: `user:password` asked for by everything but health and `open_paths`; "" = nothing is asked.
        routes: mounted beside our own.
        open_paths: beginnings of paths that see to their own keys.
    """

    settings: Settings
    checks: Mapping[str, Check] = field(default_factory=dict)
    password: str = field(default="", repr=False)
    routes: Sequence[BaseRoute] = ()
    open_paths: tuple[str, ...] = ()


def pages_app(served: Served) -> Starlette:
    """The application."""

    async def health(_: Request) -> Response:
        return await run_in_threadpool(_health, served)

    async def page(_: Request) -> Response:
        return await run_in_threadpool(_page, served.settings, INDEX)

    async def catalog(_: Request) -> Response:
        return await run_in_threadpool(_page, served.settings, CATALOG)

    async def task(request: Request) -> Response:
        return await run_in_threadpool(_task, served.settings, request.path_params["name"])

    async def runs(_: Request) -> Response:
        return await run_in_threadpool(_runs, served)

    async def report(request: Request) -> Response:
        return _report(served, request.path_params["run_id"], request.path_params["name"])

    routes = [
        Route(HEALTH, health),
        Route("/", page),
        Route(f"/{RUNS}", runs),
        Route("/tasks/{name}", task),
        Route("/runs/{run_id}/{name}", report),
        Route(f"/{INDEX}", page),
        Route(f"/{CATALOG}", catalog),
    ]
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


def _page(settings: Settings, name: str) -> Response:
    """A page of the site, made now where no night has made it yet."""
    path = settings.site / name
    if not path.is_file():
        refresh_site(settings)
    if not path.is_file():
        raise HTTPException(404, "the site cannot be written: see the project's home")
    return FileResponse(path, headers=_HEADERS, media_type="text/html; charset=utf-8")


def _task(settings: Settings, name: str) -> Response:
    """The page of a task, of those that are there: no path is ever made of what was asked."""
    path = next((path for path in (settings.site / "tasks").glob("*.html") if path.name == name), None)
    if path is None:
        raise HTTPException(404, "there is no such task")
    return FileResponse(path, headers=_HEADERS, media_type="text/html; charset=utf-8")


def _runs(served: Served) -> Response:
    parts = {name: check() for name, check in served.checks.items()}
    return HTMLResponse(live_runs_page(served.settings, parts), headers=_HEADERS)


def _report(served: Served, run_id: str, name: str) -> Response:
    """A report, of a run that is listed: no path is ever made of what was asked."""
    run = next((run for run in list_runs(served.settings.runs) if run.run_id == run_id), None)
    if run is None or name not in REPORTS or not (run.path / name).is_file():
        raise HTTPException(404, "there is no such report")
    headers = _REPORT_HEADERS if name == "report.html" else _HEADERS
    return FileResponse(run.path / name, headers=headers, media_type=REPORTS[name])
