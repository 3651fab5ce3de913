"""`modelsearch serve`: a Prefect server, all deployments and the pages, in one command for one machine."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from flows.alert_targets import read_alert_settings
from flows.deployments import Declared, own_deployments, read_deployments, runner_deployment
from flows.feedback_app import OPEN_PATH, feedback_door, feedback_routes
from flows.json_option import tell_json
from flows.metrics import metrics_routes
from flows.orphans import end_orphans
from flows.own_folder import settle
from flows.pages import Served, pages_app
from flows.prefect_child import HOST, ServerPlan, child_server, is_answering
from flows.prefect_env import prepare
from flows.reach import VARIABLE, check_server
from modelsearch.api.site import refresh_site
from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.settings import Settings, read_settings

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

PASSWORD = "MODELSEARCH_SERVE_AUTH"  # noqa: S105 - the name of a variable
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LIMIT = 4
"""Runs at once: a night, a newcomer, a sync, and one by hand."""
_LOOK_S = 1.0
_MAX_CANCELS, _CANCEL_S = 15, 2.0


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """The options of the command.

    Attributes:
        host, port: of the pages.
        prefect_port: of the Prefect server that is started where PREFECT_API_URL names none.
        deployments: a `prefect.yaml`; None = the one that comes with the package.
        limit: runs at once.
        is_json: whether a document on stdout says where the pages are.
    """

    host: str = HOST
    port: int = 4280
    prefect_port: int = 4200
    deployments: Path | None = None
    limit: int = LIMIT
    is_json: bool = False

    @property
    def pages_url(self) -> str:
        """As a browser of this machine reaches the pages; "" where they listen on all addresses at once."""
        if self.host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
            return ""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


def run_serve(options: ServeOptions) -> None:
    """Serve until stopped.

    Raises:
        InputError: an option, a deployment or the environment cannot be used.
    """
    settings = read_settings()
    password = checked_password(options.host, settings)
    declared = read_deployments(options.deployments or own_deployments())
    # the feedback door looks at keys of its own; a key that is missing is told before anything starts
    feedback = feedback_routes(feedback_door(settings)) if settings.feedback_keys else []
    os.environ["MODELSEARCH_HOME"] = str(settings.home.resolve())  # runs are processes of their own
    if options.pages_url:
        os.environ.setdefault("MODELSEARCH_PAGES_URL", options.pages_url)  # what artifacts of runs link to
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")  # by which a run whose process is gone is found
    prepare(settings.prefect_home)
    settings = settle(settings)
    end_orphans(os.environ.get("PREFECT_HOME", ""))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is ended
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_server(options, settings))
        sock = stack.enter_context(contextlib.closing(page_socket(options.host, options.port)))
        deployments = [runner_deployment(each) for each in declared]
        os.environ.setdefault("PREFECT_UI_URL", _ui_url())
        refresh_site(read_settings())
        served = Served(
            settings=read_settings(),
            checks={"prefect": _prefect},
            password=password,
            routes=[*feedback, *metrics_routes(settings)],
            open_paths=(OPEN_PATH,) if feedback else (),
        )
        stack.enter_context(pages_in_a_thread(served, sock))
        _say(options, declared)
        with contextlib.suppress(KeyboardInterrupt):  # how it is meant to end
            asyncio.run(_served(deployments, options.limit, settings, server))


def checked_password(host: str, settings: Settings) -> str:
    """`user:password` of the pages; "" on loopback where none is set.

    Raises:
        OptionError: the pages would be open to other machines, or the password has not its form.
    """
    password = settings.key(PASSWORD) or ""
    if not password and host not in LOOPBACK:
        message = (
            f"serve --host: expected a loopback address, got {host!r}, which other machines reach: set {PASSWORD} to "
            "user:password (and put TLS before it), or leave --host out"
        )
        raise OptionError(message)
    if password and not all(password.partition(":")):
        message = f"{PASSWORD}: expected user:password"
        raise OptionError(message)
    return password


def page_socket(host: str, port: int) -> socket.socket:
    """Bound before anything is started, so that a port in use is told at once.

    Raises:
        OptionError: the address cannot be had.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        message = f"serve: address {host}:{port} cannot be used ({error.strerror}): choose another --port"
        raise OptionError(message) from error


@contextlib.contextmanager
def pages_in_a_thread(served: Served, sock: socket.socket) -> Iterator[None]:
    """The pages, on a loop of their own: a busy runner does not make them wait, nor they it."""
    config = uvicorn.Config(
        pages_app(served), lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[sock]), name="pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


async def _served(
    deployments: Sequence["RunnerDeployment"],
    limit: int,
    settings: Settings,
    server: "subprocess.Popen[bytes] | None",
) -> None:
    """Run what is due until SIGTERM."""
    stop = asyncio.Event()
    await _until_ended(_run(deployments, limit, settings, stop), _ended(server), _set(stop))


async def _until_ended(*works: "Coroutine[Any, Any, None]") -> None:
    """Run what is due as long as there is a server: without one, whoever watches this process starts it anew."""
    parts = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancelled(parts)
    for part in done:
        part.result()


async def _cancelled(parts: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel until they have ended: a library in the middle of a request may take a cancellation for its own."""
    pending = set(parts)
    for _ in range(_MAX_CANCELS):
        for part in pending:
            part.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_S)
        if not pending:
            return


async def _run(deployments: Sequence["RunnerDeployment"], limit: int, settings: Settings, stop: asyncio.Event) -> None:
    """Register deployments and alerts, and run what is due; SIGTERM sets `stop`."""
    from prefect.runner import Runner  # noqa: PLC0415

    from flows.alerts import apply_alerts  # noqa: PLC0415 - after its environment is set

    await check_server()
    await apply_alerts(read_alert_settings(settings, None), settings)
    # paused on shutdown, schedules would stay so over a restart, and no night would ever come again
    runner = Runner(name="modelsearch", pause_on_shutdown=False, limit=limit)
    # its own handler ends this process before our server is ended; SIGINT in its place would be lost where a shell
    # has started us in the background, for such a process ignores it
    loop = asyncio.get_running_loop()
    runner.handle_sigterm = lambda *_: loop.call_soon_threadsafe(stop.set)  # type: ignore[method-assign,assignment]
    for deployment in deployments:
        await runner.aadd_deployment(deployment)
    await runner.start()


async def _set(stop: asyncio.Event) -> None:
    await stop.wait()


async def _ended(server: "subprocess.Popen[bytes] | None") -> None:
    while server is None or server.poll() is None:  # noqa: ASYNC110 - a process sets no event of ours
        await asyncio.sleep(_LOOK_S)
    message = f"serve: the Prefect server ended (exit code {server.returncode}): see server.log in Prefect's home"
    raise ModelsearchError(message)


@contextlib.contextmanager
def _server(options: ServeOptions, settings: Settings) -> Iterator["subprocess.Popen[bytes] | None"]:
    """A Prefect server of our own where the environment names none."""
    if os.environ.get(VARIABLE):
        yield None
        return
    sys.stderr.write("starting a Prefect server (about 10 s)\n")
    os.environ.setdefault("PREFECT_UI_URL", f"http://{HOST}:{options.prefect_port}")  # for links in notifications
    plan = ServerPlan(port=options.prefect_port, environ=os.environ, log=settings.prefect_home / "server.log")
    with child_server(plan) as process:
        os.environ[VARIABLE] = plan.api_url
        yield process


def _prefect() -> str:
    url = os.environ[VARIABLE]
    return "ok" if is_answering(url, 2.0) else f"no answer at {url}"


def _ui_url() -> str:
    return os.environ.get("PREFECT_UI_URL") or os.environ[VARIABLE].rstrip("/").removesuffix("/api")


def _say(options: ServeOptions, declared: tuple[Declared, ...]) -> None:
    names = ", ".join(each.name for each in declared)
    sys.stderr.write(
        f"deployments: {names}\nPrefect: {_ui_url()}\nsite, reports, health, metrics: http://{options.host}:{options.port}/\n"
        "stop with Ctrl-C: schedules stay, what is paid is kept\n"
    )
    if options.is_json:
        tell_json(
            {
                "url": f"http://{options.host}:{options.port}/",
                "prefect_url": _ui_url(),
                "deployments": [each.name for each in declared],
            }
        )
