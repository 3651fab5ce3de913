"""The Prefect UI in a headless browser: runs by their names, and the answer of a search with its picture."""

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


def test_the_answer_is_there_with_its_picture_and_nothing_is_linked_that_nobody_serves(
    sqlite_server: PrefectServer, on: Callable[[PrefectServer], Project], chromium: str, tmp_path: Path
) -> None:
    project = on(sqlite_server)
    project.run("demo")
    (run_id,) = project.run_ids()
    (run,) = (run for run in project.flow_runs(run_id) if run["name"].startswith("search "))
    assert run["state"]["message"].startswith(("Use ", "Keep "))
    asked = {"flow_runs": {"id": {"any_": [run["id"]]}}, "limit": 100}
    by_key = {each["key"].split("-")[0]: each for each in project.post("/artifacts/filter", **asked)}
    assert {"recommendation", "funnel", "candidates", "progress"} <= set(by_key)
    assert not {"front", "report"} & set(by_key)
    assert by_key["progress"]["data"] == 100.0
    page = sqlite_server.api_url.removesuffix("/api") + f"/artifacts/artifact/{by_key['recommendation']['id']}"
    dom = browse(chromium, tmp_path, "--dump-dom", page)
    assert 'src="data:image/svg+xml;base64,' in dom
    assert "certified at" in dom
