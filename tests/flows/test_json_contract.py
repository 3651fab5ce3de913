"""`--json` of every command: none is without it, and each prints what docs/json.md says and nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.cli import app
from flows.json_option import RESERVED, VERSION
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.settings import read_settings
from tests.flows.conftest import Command
from tests.unit.api.small import make_request

DOCS = Path(__file__).parents[2] / "docs" / "json.md"
ROW = re.compile(r"^\| (?P<commands>`[^|]+`) \| (?P<keys>`[^|]+`) \| (?P<meaning>[^|]+) \|$", re.MULTILINE)


def leaves(words: tuple[str, ...], made: Any) -> Iterator[tuple[str, Any]]:
    """Every command that runs something, by its words."""
    inner = getattr(made, "commands", None)
    if inner is None:
        yield " ".join(words), made
        return
    for name, each in inner.items():
        yield from leaves((*words, name), each)


COMMANDS = dict(leaves((), typer.main.get_command(app)))


def documented() -> dict[str, set[str]]:
    """Keys by command, as the page says."""
    found = {}
    for row in ROW.finditer(DOCS.read_text(encoding="utf-8")):
        for command in re.findall(r"`([^`]+)`", row["commands"]):
            assert command not in found, f"{command} stands there twice"
            found[command] = set(re.findall(r"`([^`]+)`", row["keys"]))
    return found


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_it(name: str) -> None:
    options = {option for each in COMMANDS[name].params for option in each.opts}
    assert "--json" in options, f"{name}: take `as_json: Json = False` and end with `tell` (flows/json_option.py)"


def test_every_command_is_documented_and_no_other() -> None:
    assert set(documented()) == set(COMMANDS), "docs/json.md: one row of commands, keys, meaning for each"
    assert not [keys & RESERVED for keys in documented().values() if keys & RESERVED]


@pytest.fixture
def told(command: Command) -> "Told":
    return Told(command)


class Told:
    """Runs a command with --json; its keys must be documented."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        ended = self._command(*arguments, "--json")
        assert ended.code == code, ended
        document: dict[str, Any] = json.loads(ended.out)
        assert document["json_version"] == VERSION
        assert document["command"] in COMMANDS
        assert " ".join(arguments).startswith(document["command"])
        assert set(document) - RESERVED - {"command", "json_version"} <= documented()[document["command"]]
        return document


def test_of_runs_and_reports(told: Told, project: Path) -> None:
    assert told("runs")["runs"] == []
    finished = search(make_request(project), Opening(settings=read_settings()))
    (run,) = told("runs")["runs"]
    assert (run["run_id"], run["state"]) == (finished.run_id, "finished")
    again = told("report", finished.run_id)
    assert again["result"]["recommendation"]["candidate_id"] == finished.recommendation.candidate_id
    assert again["result"]["spend"]["settled_usd"] == str(finished.spend.settled_usd)
    explained = told("explain", finished.run_id, "m1")
    assert explained["candidate_id"] == "m1"
    assert explained["estimate"] is not None


def test_of_a_preview(told: Told, project: Path) -> None:
    request = make_request(project)
    document = told(
        "preview", "--recorded", str(request.recorded), "--baseline", "m0", "--budget-share", "0.5",
        "--plan", str(request.plan),
    )  # fmt: skip
    assert [phase["phase"] for phase in document["phases"]] == ["screen", "first", "last"]
    assert isinstance(document["budget_usd"], str)


def test_of_the_catalogue(told: Told) -> None:
    (row,) = told("catalog", "list", "--match", "openai/gpt-4o-mini")["endpoints"]
    assert row["usd_per_mtok_input"] == "0.15"
    shown = told("catalog", "show", "openai/gpt-4o-mini")
    assert shown["endpoint"]["id"] == "openai/gpt-4o-mini"
    assert shown["provider"]["key_env"] == "OPENAI_API_KEY"
    assert told("catalog", "release") | {} == {
        "command": "catalog release", "json_version": 1, "is_held": False, "sync": None,
    }  # fmt: skip
    assert told("catalog", "diff", code=2)["error"]["code"] == "option"


def test_of_registered_tasks(told: Told, project: Path) -> None:
    assert told("tasks", "list")["tasks"] == []
    assert told("nightly")["nights"] == []
    spec = read_settings().catalogs / "examples" / "classification.yaml"
    added = told("tasks", "add", str(spec), "--baseline", "openai/gpt-4o", "--night-usd", "1.50", "--name", "mine")
    assert added["task"]["night_usd"] == "1.50"
    assert [each["task"]["id"] for each in told("tasks", "list")["tasks"]] == ["mine"]
    assert told("tasks", "show", "mine")["nights"] == []
    planned = told("nightly", "--dry-run")["nights"]
    assert planned[0]["standing"] in ("planned", "refused")
    assert told("tasks", "remove", "mine")["file"].endswith("mine.yaml")


def test_of_others_outcomes(told: Told) -> None:
    assert told("import", "list")["sources"] == []
    assert told("import", "forget", "nobody", code=2)["error"]["code"] == "option"
    assert told("import", "trust", "nobody", "0.5", code=2)["error"]["code"] == "option"


def test_of_feedback(told: Told, project: Path) -> None:
    rows = project / "feedback.csv"
    rows.write_text("id,task,candidate,item,score\n7,mine,openai/gpt-4o,i1,1\n")
    document = told("feedback", str(rows), "--source", "shop")
    assert (document["n_new"], document["clashing"]) == (1, [])
