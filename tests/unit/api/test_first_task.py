"""A file of labelled rows becomes a task spec that `search` reads."""

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from modelsearch.api.first_task import first_task, in_the_way, open_table, write_first_task
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.market import Market
from modelsearch.settings import read_settings
from modelsearch.taskfile.propose import Chosen
from modelsearch.taskfile.propose_prompt import PromptText
from tests.unit.taskfile.labelled import desks, table_of

EXAMPLES = read_settings(environ={}).catalogs / "examples"


@cache
def market() -> Market:
    return load_market(read_settings(environ={}).catalogs, as_of=date(2026, 11, 22))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_our_own_examples_are_proposed_so_that_search_reads_them(path: Path, tmp_path: Path) -> None:
    first = first_task(open_table(path), market())
    paths = write_first_task(first, tmp_path)
    task = read_task(tmp_path / "task.yaml", market())
    assert task == first.task
    assert {each.name for each in paths} == {"task.yaml", "items.jsonl", "task.schema.json"}
    if path.stem in {"classification", "extraction", "reasoning", "summarisation"}:
        assert task.kind == path.stem


def test_a_guess_that_does_not_hold_for_all_rows_is_taken_back() -> None:
    rows = [[f"question {at}", f"{at * 3}.5"] for at in range(30)] + [["a question", "1, 2 or 3"]]
    assert first_task(table_of(("question", "answer"), rows), market()).task.scorer.name == "exact"


@pytest.mark.parametrize("chosen", [Chosen(scorer="json_fields"), Chosen(prompt=PromptText(user="{{ inptu }}"))])
def test_a_choice_that_does_not_hold_is_told_without_our_own_folder(chosen: Chosen) -> None:
    with pytest.raises(TaskFileError) as told:
        first_task(desks(), market(), chosen)
    assert "/tmp" not in str(told.value)  # noqa: S108 - looked for, not used


def test_nothing_is_replaced_unless_it_is_said(tmp_path: Path) -> None:
    first = first_task(desks(), market())
    write_first_task(first, tmp_path)
    write_first_task(first, tmp_path)  # the same again changes nothing
    (tmp_path / "task.yaml").write_text("mine")
    assert in_the_way(first, tmp_path) == (tmp_path / "task.yaml",)
    with pytest.raises(OptionError, match=r"task\.yaml is there already"):
        write_first_task(first, tmp_path)
    assert (tmp_path / "task.yaml").read_text() == "mine"
    write_first_task(first, tmp_path, is_replacing=True)
    assert (tmp_path / "task.yaml").read_text() == first.files["task.yaml"]


def test_known_answers_come_as_a_file_of_their_own(tmp_path: Path) -> None:
    rows = [[f"text {at}", ("red", "green")[at % 2], "red"] for at in range(30)]
    first = first_task(table_of(("text", "label", "prediction"), rows), market())
    write_first_task(first, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "baseline.jsonl").read_text().splitlines()]
    assert lines[0] == {"id": "row-0002", "answer": "red"}
    assert {line["id"] for line in lines} == {str(item.id) for item in first.task.items}
