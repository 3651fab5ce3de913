"""The demo against a running `prefect server start`: everything is recorded, and a killed search goes on."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.prefect_server import PrefectServer, prefect_server
from modelsearch.core.events import CallReserved, CallSettled, RoundClosed
from modelsearch.store.journal import Journal
from tests.servers.conftest import Project

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
PHASES = {"phase · quick_wins", "phase · race"}


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrefectServer]:
    """A server on each database that Prefect knows."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_server")
        return
    url = request.getfixturevalue("postgres_url")
    with prefect_server(tmp_path / "prefect-postgres", {"PREFECT_API_DATABASE_CONNECTION_URL": url}) as started:
        yield started


def test_a_search_is_recorded_whole(server: PrefectServer, on: Callable[[PrefectServer], Project]) -> None:
    project = on(server)
    out = project.run("demo")
    assert "embedded" not in out
    (run_id,) = project.run_ids()
    flows = project.flow_runs(run_id)
    names = {run["name"] for run in flows}
    assert names >= PHASES
    assert any(name.startswith(("search ", "go on with search ")) for name in names)
    assert {run["state_type"] for run in flows} == {"COMPLETED"}
    tasks = project.task_runs(run_id)
    assert {run["state_type"] for run in tasks} == {"COMPLETED"}
    shown = {run["name"] for run in tasks}
    stages = ("available", "quick_wins", "race")
    assert {f"write stage · {name}" for name in stages} <= shown
    _, events = Journal.read(project.folder / "home" / "runs" / run_id / "journal.bin")
    calls_told = sum(int(name.split(" · ")[-1].split(" ")[0]) for name in shown if name.startswith("round "))
    assert calls_told == sum(isinstance(event, CallSettled) for event in events) > 100
    assert len(tasks) <= 300


def test_a_killed_search_goes_on(sqlite_server: PrefectServer, on: Callable[[PrefectServer], Project]) -> None:
    project = on(sqlite_server)
    process = project.start("demo")
    run_id, journal = _await_rounds(project, 4)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    _, before = Journal.read(journal)
    out = project.run("resume", run_id)
    _, events = Journal.read(journal)
    assert events[: len(before)] == before
    settled = [event.call.key for event in events if isinstance(event, CallSettled)]
    assert len(set(settled)) == len(settled) > 100
    assert sum(isinstance(event, CallReserved) for event in events) >= len(settled)
    assert run_id in out
    states = [
        run["state_type"]
        for run in project.flow_runs(run_id)
        if run["name"].startswith(("search ", "go on with search "))
    ]
    assert sorted(states) == ["COMPLETED", "CRASHED"]
    assert {run["state_type"] for run in project.task_runs(run_id)} <= {"COMPLETED", "CRASHED"}


def test_an_interrupted_search_says_how_to_go_on(
    sqlite_server: PrefectServer, on: Callable[[PrefectServer], Project]
) -> None:
    project = on(sqlite_server)
    process = project.start("demo")
    run_id, _ = _await_rounds(project, 3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("stopped: everything paid is kept")
    assert "Traceback" not in err
    assert run_id in project.run("runs")


def _await_rounds(project: Project, n_rounds: int) -> tuple[str, Path]:
    """Wait until a search has closed some rounds with calls; its id and journal."""
    for _ in range(600):
        for run_id in project.run_ids():
            journal = project.folder / "home" / "runs" / run_id / "journal.bin"
            if journal.stat().st_size > 1000:
                _, events = Journal.read(journal)
                if sum(isinstance(event, RoundClosed) for event in events) >= n_rounds + 2:
                    return run_id, journal
        time.sleep(0.1)
    message = "the search did not get going within 60 s"
    raise AssertionError(message)
