"""`modelsearch init` from the command line: by options, and by asking."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from modelsearch.api.source import read_task
from modelsearch.core.errors import ModelsearchError
from tests.unit.api.test_first_task import market

ENTERS = "\n" * 20


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a CSV of 60 rows, and no key in the environment."""
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "MODELSEARCH_HOME", "MODELSEARCH_CATALOGS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    rows = [f'T{at},"message number {at}, with more in it",{("refund", "billing")[at % 2]}' for at in range(60)]
    (tmp_path / "rows.csv").write_text("id,message,desk\n" + "\n".join(rows) + "\n")
    return tmp_path


def init(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(app, ["init", *arguments], input=answers)


def test_options_alone_make_a_task_and_name_both_commands(project: Path) -> None:
    said = init("rows.csv", "--yes", "--baseline", "openai/gpt-4o", "--monthly-items", "1000")
    assert said.exit_code == 0, said.output
    assert read_task(project / "my-task" / "task.yaml", market()).labels == ("billing", "refund")
    assert "modelsearch search my-task/task.yaml --emulated --budget-usd 2" in said.output
    assert "modelsearch preview my-task/task.yaml --baseline openai/gpt-4o --budget-usd 1" in said.output
    assert "with the key in OPENAI_API_KEY" in said.output


def test_enter_takes_what_is_proposed(project: Path) -> None:
    said = init("rows.csv", answers=ENTERS)
    assert said.exit_code == 0, said.output
    assert (project / "my-task" / "task.yaml").is_file()
    assert "--baseline PROVIDER/MODEL" in said.output
    assert "input column (several by comma) [message]" in said.output


def test_answers_are_taken_and_wrong_ones_asked_again(project: Path) -> None:
    # input, target (wrong, then right), id, kind, prompt, margin (wrong, then right), model, its number, volume, folder
    answers = "\nnone\ndesk\n-\n\n\nmuch\n0.05\ngpt4o\n1\n50k\nmine\n"
    said = init("rows.csv", answers=answers)
    assert said.exit_code == 0, said.output
    task = read_task(project / "mine" / "task.yaml", market())
    assert (task.margin, task.items[0].id) == (0.05, "row-0002")
    assert "--target: expected a column" in said.output
    assert "expected a number such as 0.02, got 'much'" in said.output
    assert "--baseline openai/gpt-4o" in said.output
    assert "50,000 items a month" in said.output


def test_nothing_is_replaced_without_a_yes(project: Path) -> None:
    (project / "my-task").mkdir()
    (project / "my-task" / "task.yaml").write_text("mine")
    said = init("rows.csv", "--yes")
    assert "is there already" in str(said.exception)
    told = init("rows.csv", answers="\n\n\n\n\n\n\n\nn\nelsewhere\n")
    assert told.exit_code == 0, told.output
    assert (project / "my-task" / "task.yaml").read_text() == "mine"
    assert (project / "elsewhere" / "task.yaml").is_file()
    assert init("rows.csv", "--yes", "--force").exit_code == 0
    assert (project / "my-task" / "task.yaml").read_text() != "mine"


def test_json_asks_nothing_and_holds_the_commands(project: Path) -> None:
    said = json.loads(init("rows.csv", "--json").output)
    assert said["columns"] == {"input": ["message"], "target": "desk", "id": "id", "cluster": None, "answers": None}
    assert said["dry_run"][0].startswith("modelsearch preview my-task/task.yaml --emulated")
    assert said["n_items"] == 60


@pytest.mark.parametrize(
    ("arguments", "answers", "told"),
    [
        (("--yes",), "", "give a file of labelled rows"),
        (("none.csv", "--yes"), "", "no such file"),
        (("rows.csv", "--yes", "--baseline", "gpt-4o"), "", "did you mean openai/gpt-4o"),
        (("rows.csv",), "\n", "standard input ended"),
    ],
)
def test_bad_input_is_one_error_and_writes_nothing(
    project: Path, arguments: tuple[str, ...], answers: str, told: str
) -> None:
    said = init(*arguments, answers=answers)
    assert isinstance(said.exception, ModelsearchError)
    assert told in str(said.exception)
    assert not (project / "my-task").exists()
