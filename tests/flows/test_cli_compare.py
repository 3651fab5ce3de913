"""`modelsearch compare`: tables, tasks in a made-up market, and the report."""

import json
from pathlib import Path

import pytest

from flows.cli_compare import contenders_of, shares_of
from modelsearch.core.errors import ModelsearchError, OptionError, PlanError
from modelsearch.store.comparisons import read_comparison
from tests.flows.conftest import Command
from tests.unit.compare.fields import written

PLAN = """
name: sweep
is_anytime: true
phases:
  - {name: all, sampler: {round_robin: {step_items: 4}}, max_rounds: 99}
"""


@pytest.fixture
def plan(project: Path) -> str:
    """A quick plan, as a file."""
    path = project / "sweep.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return str(path)


def test_tables_are_compared_and_shown_again(command: Command, project: Path, plan: str) -> None:
    folder, out = written(project), project / "r.parquet"
    shares = ("--budget-share", "0.2,1.0", "--seeds", "1")
    ended = command("compare", str(folder), "--plans", plan, *shares, "--out", str(out))
    assert ended.code == 0, ended
    assert "net captured" in ended.out
    rows = read_comparison(out)
    assert [(row["plan"], row["budget_share"], row["baseline"]) for row in rows] == [
        ("sweep", 0.2, "m0"),
        ("sweep", 1.0, "m0"),
        ("sweep", 0.2, "m1"),
        ("sweep", 1.0, "m1"),
    ]
    assert (project / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    shown = command("compare", "report", str(out), "--json")
    assert {each["plan"] for each in json.loads(shown.out)["standings"]} == {"sweep"}


@pytest.mark.slow
def test_a_task_is_compared_in_a_made_up_market(command: Command, project: Path, plan: str) -> None:
    items = [{"id": f"i{n}", "input": f"text {n}", "target": "yes" if n % 3 else "no"} for n in range(30)]
    (project / "items.jsonl").write_text("\n".join(json.dumps(item) for item in items), encoding="utf-8")
    task = project / "task.yaml"
    task.write_text(
        "id: own\nkind: classification\nitems: items.jsonl\nlabels: ['yes', 'no']\nprompt: '{{ input }}'\n",
        encoding="utf-8",
    )
    out = project / "t.parquet"
    asked = ("--plans", plan, "--budget-share", "0.5", "--seeds", "1", "--out", str(out))
    ended = command("compare", "--tasks", str(task), "--emulated", *asked)
    assert ended.code == 0, ended
    assert {row["table"] for row in read_comparison(out)} == {"task"}


def test_who_competes_is_a_plan_a_yardstick_or_a_sampler(project: Path) -> None:
    assert [each.name for each in contenders_of("balanced")] == ["balanced"]
    assert len(contenders_of("random_models")) == 3
    assert [each.name for each in contenders_of("round_robin")] == ["round_robin"]
    with pytest.raises(PlanError, match="expected one of balanced"):
        contenders_of("best")


def test_shares_are_numbers() -> None:
    assert shares_of("0.01,0.5") == (0.01, 0.5)
    with pytest.raises(OptionError, match=r"--budget-share.*'a tenth'"):
        shares_of("a tenth")


@pytest.mark.parametrize("arguments", [("nowhere",), ("--tasks", "nowhere.yaml"), ("report", "none.parquet")])
def test_what_cannot_be_used_is_one_line(command: Command, project: Path, arguments: tuple[str, ...]) -> None:
    assert issubclass(OptionError, ModelsearchError)
    ended = command("compare", *arguments)
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert len(ended.err.splitlines()) == 1
