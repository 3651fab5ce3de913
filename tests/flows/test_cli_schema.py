"""`modelsearch schema` from the command line."""

import json
from pathlib import Path

from typer.testing import CliRunner

from flows.cli import app
from modelsearch.core.errors import OptionError

RUNNER = CliRunner()


def test_one_is_printed_or_written(tmp_path: Path) -> None:
    printed = json.loads(RUNNER.invoke(app, ["schema", "task"]).output)
    said = RUNNER.invoke(app, ["schema", "task", "--out", str(tmp_path / "task.schema.json")])
    assert json.loads((tmp_path / "task.schema.json").read_text()) == printed
    assert "# yaml-language-server: $schema=task.schema.json" in said.output


def test_all_are_listed_and_written(tmp_path: Path) -> None:
    names = json.loads(RUNNER.invoke(app, ["schema", "--json"]).output)["schemas"]
    assert {"task", "provider", "models", "plan", "registration"} <= set(names)
    RUNNER.invoke(app, ["schema", "all", "--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.schema.json" for name in names}


def test_an_unknown_name_is_told() -> None:
    said = RUNNER.invoke(app, ["schema", "tsk"])
    assert isinstance(said.exception, OptionError)
    assert "did you mean 'task'" in str(said.exception)
