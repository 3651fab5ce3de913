"""Commands of unattended life, typed: what they say and how they end."""

from pathlib import Path

import pytest

from tests.flows.conftest import Command
from tests.unit.api.bazaar import BASELINE, DAY, RIGHT, Bazaar, Models

LATER = "2026-11-25"


@pytest.fixture
def market(project: Path, monkeypatch: pytest.MonkeyPatch) -> Bazaar:
    """A bazaar in the current folder, named by the environment; no Prefect server."""
    monkeypatch.setattr("modelsearch.api.session.ProviderClient", Models)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    Models.right, Models.asked, Models.fails, Models.dies_at = dict(RIGHT), [], {}, None
    made = Bazaar(project)
    made.write()
    monkeypatch.setenv("MODELSEARCH_CATALOGS", made.environ["MODELSEARCH_CATALOGS"])
    for name in RIGHT:
        monkeypatch.setenv(f"{name.upper()}_KEY", "some key")
    return made


@pytest.fixture
def added(market: Bazaar, command: Command) -> Bazaar:
    """With the task registered."""
    ended = command(
        "tasks", "add", str(market.task), "--baseline", BASELINE, "--night-usd", "1", "--plan", "cheap",
        "--rule", "drift_items=10", "--tag", "team-a", "--monthly-items", "1000000",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    assert "registered: " in ended.out
    return market


def test_a_first_week(added: Bazaar, command: Command) -> None:
    plan = command("nightly", "--dry-run", "--day", str(DAY))
    assert f"search {BASELINE}, at most $1.0000: nothing is known of this task yet" in plan.out
    assert not Models.asked
    first = command("nightly", "--day", str(DAY))
    assert first.code == 0
    assert f"moved: {BASELINE} -> twin/m" in first.out
    assert "no events are sent" in first.out
    assert f"task: search {BASELINE}: nothing is known" in first.err
    assert "done already" in command("nightly", "--dry-run", "--day", str(DAY)).out
    added.add("late", 0.5)
    assert "in line: late/m" in command("nightly", "--dry-run", "--day", LATER).out
    second = command("nightly", "--day", LATER, "--task", "task", "--budget-usd", "0.5")
    assert "moved: twin/m -> late/m" in second.out
    listed = command("tasks", "list").out
    assert "serve it with late/m (-95.0% to dear/m" in listed
    assert "a month" in listed
    shown = command("tasks", "show", "task", "--nights", "1").out
    assert "2026-11-25: done, 4 jobs" in shown or "2026-11-25: done, 3 jobs" in shown
    assert "moved on 2026-11-25" in shown


def test_a_task_can_be_taken_out_and_its_history_stays(added: Bazaar, command: Command) -> None:
    command("nightly", "--day", str(DAY))
    ended = command("tasks", "remove", "task")
    assert "its history is kept" in ended.out
    assert "no registered tasks" in command("tasks", "list").out
    assert "no registered tasks" in command("nightly").out
    assert "no registered tasks" in command("nightly", "--dry-run").out
    assert (added.root / ".modelsearch" / "nights" / "task" / "nights.jsonl").is_file()


def test_a_failure_is_told_and_ends_with_another_code(added: Bazaar, command: Command) -> None:
    added.task.unlink()
    ended = command("nightly", "--day", str(DAY))
    assert ended.code == 3
    assert "alarm night_failed" in ended.out
    assert "no such file" in ended.out
    assert "cannot be begun" in command("nightly", "--dry-run").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nightly", "--day", "tomorrow"), "--day"),
        (("nightly", "--budget-usd", "none"), "--budget-usd"),
        (("nightly", "--task", "tusk"), "nearest: task"),
        (("tasks", "show", "tusk"), "nearest: task"),
        (("tasks", "add", "task.yaml", "--baseline", "dear/m", "--night-usd", "0"), "--night-usd"),
        (("tasks", "add", "task.yaml", "--baseline", "dear/m", "--night-usd", ""), "--night-usd"),
        (("tasks", "add", "task.yaml", "--baseline", "dear/m", "--night-usd", "1"), "is there already"),
        (("tasks", "add", "task.yaml", "--baseline", "d", "--night-usd", "1", "--name", "b"), "baseline"),
        (("tasks", "add", "task.yaml", "--baseline", "dear/m", "--night-usd", "1", "--batch", "some"), "--batch"),
        (("tasks", "add", "task.yaml", "--baseline", "dear/m", "--night-usd", "1", "--rule", "slack"), "--rule"),
    ],
)
@pytest.mark.usefixtures("added")
def test_what_is_typed_wrongly_is_one_line(command: Command, arguments: tuple[str, ...], told: str) -> None:
    ended = command(*arguments)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.count("\n") == 1
