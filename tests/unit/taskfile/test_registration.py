from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.core.errors import BudgetError, OptionError, TaskFileError
from modelsearch.core.ids import TaskId
from modelsearch.core.registered import RegisteredTask
from modelsearch.taskfile.registration import check_name, read_registration, registration_text, registrations

PLAIN = "task: task.yaml\nbaseline: p/m\nnight_usd: 0.30\n"


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    task = RegisteredTask(
        id=TaskId("mine"), task=str(tmp_path / "task.yaml"), baseline="p/m#short", night_usd=Decimal("0.30"),
        search_usd=Decimal(5), life_usd=Decimal(100), monthly_items=10_000, plan=str(tmp_path / "plan.yaml"), seed=3,
        baseline_outcomes=str(tmp_path / "known.jsonl"), batch="always", batch_deadline_h=12.0, batch_min_calls=50,
        tags=("a", "b"), rules={"drift_items": 20.0}, is_paused=True,
    )  # fmt: skip
    assert read_registration(write(tmp_path, registration_text(task))) == task


def test_paths_are_relative_to_the_file_and_amounts_exact(tmp_path: Path) -> None:
    found = read_registration(write(tmp_path, PLAIN + "plan: plans/own.yaml\nbaseline_outcomes: known.jsonl\n"))
    assert found.task == str(tmp_path / "task.yaml")
    assert found.plan == str(tmp_path / "plans" / "own.yaml")
    assert found.baseline_outcomes == str(tmp_path / "known.jsonl")
    assert found.night_usd == Decimal("0.3")
    assert (found.id, found.batch, found.plan and read_registration(write(tmp_path, PLAIN)).plan) == (
        "mine", "wide", "balanced",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("task: [", "broken YAML"),
        ("- a\n", "expected a mapping"),
        ("task: t.yaml\nnight_usd: 1\n", "baseline: is missing"),
        (PLAIN + "night: 3\n", "unknown key 'night'"),
        (PLAIN.replace("0.30", "-1"), "night_usd"),
        (PLAIN.replace("0.30", ".nan"), "night_usd"),
        (PLAIN + "batch: sometimes\n", "batch"),
        (PLAIN + "rules: {slack: much}\n", "rules.slack"),
        (PLAIN + "monthly_items: 0\n", "monthly_items"),
    ],
)
def test_a_bad_file_is_told_in_one_line_with_its_path(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TaskFileError, match=told) as caught:
        read_registration(write(tmp_path, text))
    assert str(tmp_path / "mine.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a", "a b", "x" * 101, "ä"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(TaskFileError, match="expected a name"):
        check_name(name)


def test_a_folder_s_files_by_name_and_none_without_a_folder(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "notes.txt"):
        write(tmp_path, PLAIN, name)
    assert [path.name for path in registrations(tmp_path)] == ["a.yaml", "b.yaml"]
    assert not list(registrations(tmp_path / "none"))


def test_amounts_are_checked_however_a_task_is_made() -> None:
    with pytest.raises(BudgetError, match="life_usd"):
        RegisteredTask(id=TaskId("t"), task="t", baseline="b", night_usd=Decimal(1), life_usd=Decimal(0))
    with pytest.raises(OptionError, match="monthly_items"):
        RegisteredTask(id=TaskId("t"), task="t", baseline="b", night_usd=Decimal(1), monthly_items=0)
