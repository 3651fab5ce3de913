"""A folder with packages by our names is left before runs are started."""

import os
from pathlib import Path

import pytest

from flows.own_folder import FOLDERS, settle, strangers
from modelsearch.settings import read_settings
from tests.house.sources import ROOT


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOLDERS:
        monkeypatch.setenv(name, "")  # remembered, so that it is as before after the test
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_only_what_would_be_imported_is_a_stranger(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()  # a folder of files is no package
    (tmp_path / "flows").mkdir()
    assert strangers(tmp_path) == []
    (tmp_path / "flows" / "__init__.py").write_text("")
    (tmp_path / "tasks.py").write_text("")
    assert strangers(tmp_path) == ["flows", "tasks.py"]
    assert strangers(ROOT) == []


def test_without_strangers_nothing_moves(tmp_path: Path) -> None:
    settings = read_settings()
    assert settle(settings) is settings
    assert Path.cwd() == tmp_path


def test_with_them_runs_start_at_home_and_paths_stay_what_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flows.py").write_text("")
    monkeypatch.setenv("MODELSEARCH_TASKS", "my-tasks")
    before = read_settings()
    after = settle(before)
    assert Path.cwd() == before.home
    assert after.home == before.home.resolve()
    assert after.tasks == tmp_path / "my-tasks"
    assert os.environ["MODELSEARCH_HOME"] == str(before.home)
    assert "holds flows.py of its own" in capsys.readouterr().err


def test_a_bucket_of_tasks_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flows.py").write_text("")
    monkeypatch.setenv("MODELSEARCH_TASKS", "s3://bucket/tasks")
    assert settle(read_settings()).tasks_url == "s3://bucket/tasks"
