"""A folder of somebody's project that holds other packages by our names, and what our commands do in it."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.prefect_server import HOST, free_port
from bench.unattended import asked, await_it

TAKEN = "TAKEN"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
DESKS = {"billing": "the invoice names a wrong amount", "delivery": "the parcel is late", "account": "I cannot sign in"}
_JSON = {"content-type": "application/json"}
_LIMIT_S = 900.0
_STOP_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder to start commands in, and the environment they are installed in."""

    folder: Path
    venv: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        return next(self.venv.glob("lib/python*/site-packages"))

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Of a new user: no setting of ours or Prefect's, nothing on the path."""
        kept = ("PREFECT_", "MODELSEARCH_", "PYTHON", "VIRTUAL_ENV")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(kept)}
        return plain | {"DO_NOT_TRACK": "1"} | dict(more or {})

    def run(self, command: str, *arguments: str, more: Mapping[str, str] | None = None) -> str:
        """Standard output of a command; its errors are shown where it fails.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [str(self.venv / "bin" / command), *arguments],
            cwd=self.folder, env=self.environ(more), capture_output=True, text=True, check=False, timeout=_LIMIT_S,
        )  # fmt: skip
        if done.returncode:
            message = f"{command} {' '.join(arguments)}: exit code {done.returncode}: {done.stderr[-1500:]}"
            raise RuntimeError(message)
        return done.stdout

    @contextlib.contextmanager
    def running(self, command: str, *arguments: str, more: Mapping[str, str] | None = None) -> Iterator[None]:
        """A command for the time of the block; ended as by Ctrl-C, with all that it started."""
        with (self.folder.parent / f"{command}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(self.venv / "bin" / command), *arguments],
                cwd=self.folder, env=self.environ(more), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_STOP_S)
                    break


def make_hostile(folder: Path) -> None:
    """Packages by our names, and modules by others': each leaves a mark where it is imported, and breaks."""
    folder.mkdir(parents=True)
    text = f"open({str(folder / TAKEN)!r}, 'a').write(__name__ + '\\n')\nraise ImportError('of another project')\n"
    for package in ("flows", "tasks", "modelsearch"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text(text)
        (folder / package / "search.py").write_text(text)
    for module in ("yaml.py", "statistics.py"):
        (folder / module).write_text(text)
    (folder / "catalogs").mkdir()
    (folder / "catalogs" / "models.yaml").write_text("not: [a, catalogue\n")
    (folder / "prefect.yaml").write_text(
        "name: theirs\ndeployments:\n- {name: theirs, entrypoint: 'flows/search.py:search'}\n"
    )


def make_rows(path: Path, n_rows: int = 60, seed: int = 0) -> None:
    """A CSV of labelled rows, as a new user has one."""
    rng = random.Random(seed)
    rows = [(desk, f"{text}, number {at}") for at in range(n_rows) for desk, text in [rng.choice(list(DESKS.items()))]]
    path.write_text("message,desk\n" + "".join(f'"{text}",{desk}\n' for desk, text in rows))


def taken(place: Place) -> list[str]:
    """Modules of the other project that were imported in place of ours."""
    path = place.folder / TAKEN
    return sorted(set(path.read_text().split())) if path.exists() else []


def search_by_serve(place: Place) -> str:
    """`modelsearch serve`, and a search that is asked of it; how its flow run ended."""
    port, pages = free_port(), free_port()
    api_url = f"http://{HOST}:{port}/api"
    with place.running("modelsearch", "serve", "--port", str(pages), "--prefect-port", str(port)):
        return _searched(api_url, place)


def search_by_worker(place: Place) -> str:
    """A Prefect server, our deployments and a process worker in the folder; how the flow run ended.

    `prefect deploy` itself is started elsewhere: it imports what it deploys from the folder it is in, before anything.
    """
    port = free_port()
    api_url = f"http://{HOST}:{port}/api"
    home = {"PREFECT_HOME": str(place.folder / ".prefect"), "PYTHONSAFEPATH": "1"}
    user = {"PREFECT_API_URL": api_url, "PREFECT_HOME": home["PREFECT_HOME"]}
    with place.running("prefect", "server", "start", "--host", HOST, "--port", str(port), more=home):
        await_it(lambda: _is_up(api_url) or None, "the Prefect server", _LIMIT_S)
        place.run("prefect", "work-pool", "create", "local", "--type", "process", more=user)
        file = place.packages / "flows" / "prefect.yaml"
        elsewhere = Place(folder=place.folder.parent, venv=place.venv)
        elsewhere.run("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file), more=user)
        with place.running("prefect", "worker", "start", "--pool", "local", more=user):
            return _searched(api_url, place)


def _searched(api_url: str, place: Place) -> str:
    deployment = await_it(lambda: _deployment(api_url), "the deployments", _LIMIT_S)
    request = {
        "baseline": "",
        "task": str(place.folder / "my-task" / "task.yaml"),
        "is_emulated": True,
        "budget_usd": "0.05",
    }
    body = {"parameters": {"request": request, "run_id": ""}}
    run = await_it(lambda: _created(api_url, deployment, body), "a flow run", _LIMIT_S)
    state = await_it(lambda: _ended(api_url, run["id"]), "the flow run", _LIMIT_S)
    return str(state["type"]) if state["type"] == "COMPLETED" else json.dumps(state)


def _deployment(api_url: str) -> str | None:
    with contextlib.suppress(OSError):
        found = asked("POST", f"{api_url}/deployments/filter", {}, _JSON)
        return next((str(each["id"]) for each in found if each["name"] == "search"), None)
    return None


def _created(api_url: str, deployment: str, body: object) -> Any:
    """The flow run; None where the server, busy with its start, cannot take it yet."""
    try:
        return asked("POST", f"{api_url}/deployments/{deployment}/create_flow_run", body, _JSON)
    except RuntimeError as error:
        if "status 503" in str(error):
            return None
        raise


def _ended(api_url: str, run_id: str) -> dict[str, Any] | None:
    time.sleep(1)
    state: dict[str, Any] = asked("GET", f"{api_url}/flow_runs/{run_id}")["state"]
    return state if state["type"] in ENDED else None


def _is_up(api_url: str) -> bool:
    try:
        return asked("GET", f"{api_url}/health") is not None
    except OSError:
        return False
