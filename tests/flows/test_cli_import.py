"""`modelsearch import TOOL`: one command an importer, from the command line to the folder."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli_import import import_app
from modelsearch.core.errors import OptionError
from modelsearch.interop.importers import importers

TABLE = "model,id,input,target,answer,score,cost_usd\n" + "".join(
    f"{model},q{k},What is {k}?,{label},{label if k % n else 'x'},{int(bool(k % n))},0.00{n}\n"
    for model, n in (("big", 9), ("small", 3))
    for k in range(24)
    for label in [("yes", "no")[k % 2]]
)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODELSEARCH_HOME", str(tmp_path / "home"))
    path = tmp_path / "past.csv"
    path.write_text(TABLE)
    return path


def test_every_importer_has_its_command() -> None:
    text = CliRunner().invoke(import_app, ["--help"]).output
    assert all(name in text for name in importers())
    assert {"inspect", "lm-eval", "promptfoo", "openai-evals", "csv", "litellm", "langfuse"} <= set(importers())
    assert "outcomes" in text


def test_a_table_becomes_a_folder_and_says_so(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(import_app, ["csv", str(table), "--out", str(out), "--rename", "big=openai/gpt-4o"])
    assert done.exit_code == 0, done.output
    assert "2 models, 24 items (24 with a target), 48 outcomes" in done.output
    assert "modelsearch search --recorded" in done.output
    tables = {"outcomes.parquet", "models.csv", "baseline_outcomes"}
    assert {p.name for p in out.iterdir()} == {"task.yaml", "items.jsonl", "outcomes.jsonl", "import.json"} | tables
    assert json.loads((out / "import.json").read_text())["sources"][0]["name"] == "past.csv"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--price", "nobody=1,2"], "expected one of the models big, small"),
        (["--price", "big=cheap"], "expected IN,OUT"),
        (["--rename", "nobody=x"], "--rename: expected one of big, small"),
        (["--kind", "poetry"], "--kind: expected one of"),
        (["--scorer", "[1]"], "--scorer: expected a name or a mapping"),
        (["--column", "id"], "--column: expected NAME=VALUE"),
    ],
)
def test_options_that_do_not_fit_are_refused(table: Path, tmp_path: Path, more: list[str], told: str) -> None:
    done = CliRunner().invoke(import_app, ["csv", str(table), "--out", str(tmp_path / "out"), *more])
    assert isinstance(done.exception, OptionError)
    assert told in str(done.exception)
    assert not (tmp_path / "out").exists()
