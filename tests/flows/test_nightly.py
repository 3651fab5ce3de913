"""The night under Prefect: the same as without, seen in the UI, told in events, with names alone as parameters."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.core.ids import TaskId
from modelsearch.core.nights import NightReport
from modelsearch.settings import read_settings
from tests.unit.api.bazaar import BASELINE, DAY, RIGHT, Bazaar, Models, told

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300), pytest.mark.usefixtures("prefect_server")]
KEY = "canary-key-of-dear"


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Name and resource of every event that is emitted, in place of sending it."""
    found: list[tuple[str, str]] = []

    def emit(name: str, resource: dict[str, str], **_: Any) -> None:
        found.append((name, resource["prefect.resource.id"]))

    monkeypatch.setattr("flows.announce.emit_event", emit)
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bazaar:
    """A bazaar that the environment names, with a registered task."""
    monkeypatch.setattr("modelsearch.api.session.ProviderClient", Models)
    Models.right, Models.asked, Models.fails, Models.dies_at = dict(RIGHT), [], {}, None
    made = Bazaar(tmp_path)
    made.write()
    made.register(tags=("team-a",))
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    for name in RIGHT:
        monkeypatch.setenv(f"{name.upper()}_KEY", KEY)
    return made


def nightly(**parameters: str) -> list[NightReport]:
    from flows.nightly import nightly as flow  # noqa: PLC0415 - Prefect is imported by the tests that need it alone

    return [msgspec.convert(each, NightReport, strict=False) for each in asyncio.run(flow(**parameters))]


def new_model(endpoint_id: str) -> list[NightReport]:
    from flows.new_model import new_model as flow  # noqa: PLC0415

    return [msgspec.convert(each, NightReport, strict=False) for each in asyncio.run(flow(endpoint_id))]


def shown() -> tuple[list[Any], list[Any], list[Any]]:
    """Flow runs, task runs and artifacts that the server holds."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        return client.read_flow_runs(limit=200), client.read_task_runs(limit=200), client.read_artifacts(limit=200)


def test_two_nights_and_a_model_between_them(project: Bazaar, events: list[tuple[str, str]]) -> None:
    from flows.drain import await_recorded  # noqa: PLC0415

    (first,) = nightly(day=DAY.isoformat())
    assert told(first) == [("search", BASELINE, "done")]
    assert events == [("modelsearch.recommendation.moved", "modelsearch.task.colours")]
    late = project.add("late", 0.5)
    (between,) = new_model(late)
    assert told(between) == [("screen", late, "done")]
    n_calls = len(Models.asked)
    assert not new_model(late)[0].results
    assert len(Models.asked) == n_calls
    (again,) = nightly(day=DAY.isoformat(), task="colours")
    assert not again.results
    asyncio.run(await_recorded("task:colours"))
    flows, tasks, artifacts = shown()
    names = {run.name for run in flows}
    assert {f"nightly {DAY}, all tasks", f"night of colours, {DAY}", f"test new model {late} for all tasks"} <= names
    assert {f"search · {BASELINE}", f"screen · {late}"} <= {run.name for run in tasks}
    assert {"task:colours", "team-a"} <= {tag for run in flows if run.name.startswith("night of ") for tag in run.tags}
    by_key = {artifact.key: str(artifact.data) for artifact in artifacts}
    assert {"night", "night-jobs", "night-colours"} <= set(by_key)
    assert "## Jobs" in by_key["night-colours"]
    assert "colours" in (read_settings().site / "index.html").read_text()
    assert (read_settings().site / "tasks" / "colours.html").is_file()
    (said,) = {run.state.message for run in flows if run.name == f"nightly {DAY}, all tasks" and run.state}
    assert "1 recommendation moved" in str(said)
    assert KEY not in "".join(each.model_dump_json() for each in [*flows, *tasks, *artifacts])
    ours = [run for run in flows if run.name.startswith(("night", "test new model"))]
    assert all(isinstance(value, str) for run in ours for value in run.parameters.values())


def test_a_task_that_cannot_be_read_is_told_and_the_others_have_their_night(
    project: Bazaar, events: list[tuple[str, str]]
) -> None:
    project.register(id=TaskId("broken"), task=str(project.root / "missing.yaml"))
    reports = {str(report.task_id): report for report in nightly(day=DAY.isoformat())}
    assert reports["broken"].end == "failed"
    assert reports["colours"].end == "done"
    assert ("modelsearch.alarm.night_failed", "modelsearch.subject.broken") in events
    with pytest.raises(ModelsearchError, match=r"missing\.yaml"):
        nightly(day=DAY.isoformat(), task="broken")


@pytest.mark.usefixtures("events")
def test_one_purse_for_all_tasks(project: Bazaar) -> None:
    project.register(id=TaskId("twice"))
    reports = nightly(day=DAY.isoformat(), budget_usd="0.1")
    assert len(reports) == 2
    assert sum(float(report.spend_usd) for report in reports) <= 0.1


def test_a_name_that_nobody_registered_is_refused(project: Bazaar) -> None:
    with pytest.raises(OptionError, match="no such task"):
        nightly(task="colour")
    with pytest.raises(OptionError, match="endpoint"):
        new_model(" ")
