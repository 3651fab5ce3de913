"""`modelsearch export|import` from the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tests.unit.api.small import make_request

RUNNER = CliRunner()


def said(*words: str) -> str:
    found = RUNNER.invoke(app, list(words))
    assert found.exit_code == 0, found.output
    return found.output


def test_a_table_goes_from_one_project_to_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, out = make_request(tmp_path).recorded, tmp_path / "x.jsonl"
    monkeypatch.setenv("MODELSEARCH_HOME", str(tmp_path / "them"))
    told = said("export", "outcomes", str(table), "--out", str(out), "--means", "--noise", "1")
    assert "1 tasks, 5 models, 7 lines" in told
    assert "epsilon 1" in told
    monkeypatch.setenv("MODELSEARCH_HOME", str(tmp_path / "us"))
    assert "nothing was imported" in said("import", "list")
    assert "trust 0.5" in said("import", "outcomes", str(out), "--source", "org")
    assert "trust 0.2" in said("import", "trust", "org", "0.2")
    assert "trust 0.2, 1 tasks" in said("import", "list")
    assert "forgotten" in said("import", "forget", "org")
    assert "nothing was imported" in said("import", "list")


def test_a_hostile_file_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSEARCH_HOME", str(tmp_path / "us"))
    (tmp_path / "x").write_text("<html>")
    found = RUNNER.invoke(app, ["import", "outcomes", str(tmp_path / "x"), "--source", "org"])
    assert found.exit_code != 0
    assert "no line of an export" in str(found.exception)
    assert "nothing was imported" in said("import", "list")
