"""The Prefect UI in a headless browser: the page of a run shows the run by its name."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.prefect_server import PrefectServer
from tests.servers.conftest import Project

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
PNG = b"\x89PNG\r\n"


def browse(chromium: str, folder: Path, *arguments: str) -> str:
    """Run Chromium headless, with a profile of its own; what it printed."""
    command = [
        chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000",
        "--virtual-time-budget=30000", "--timeout=60000", *arguments,
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


def test_the_page_of_a_run_shows_its_name(
    sqlite_server: PrefectServer, on: Callable[[PrefectServer], Project], chromium: str, tmp_path: Path
) -> None:
    project = on(sqlite_server)
    project.run("demo")
    (run_id,) = project.run_ids()
    run = next(run for run in project.flow_runs(run_id) if run["name"].startswith(("search ", "go on with search ")))
    page = sqlite_server.api_url.removesuffix("/api") + f"/runs/flow-run/{run['id']}"
    dom = browse(chromium, tmp_path, "--dump-dom", page)
    assert run["name"] in dom
    assert "Completed" in dom
    picture = tmp_path / "run.png"
    browse(chromium, tmp_path, f"--screenshot={picture}", page)
    data = picture.read_bytes()
    assert data.startswith(PNG)
    assert len(data) > 20_000, "the picture is all but empty"
