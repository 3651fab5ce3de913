"""The text of a first task spec is YAML that says what was chosen, whatever the columns are called."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.taskfile.load import KindDefaults
from modelsearch.taskfile.propose import Chosen, propose
from modelsearch.taskfile.propose_prompt import PromptText
from modelsearch.taskfile.propose_yaml import task_text
from modelsearch.taskfile.schema import TaskFile
from tests.unit.taskfile.labelled import DESKS, table_of

KINDS = {"classification": KindDefaults(margin=0.02), "extraction": KindDefaults()}
TEXT = st.text(min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, min_size=3, max_size=3, unique=True), TEXT, TEXT)
def test_names_and_prompts_of_any_text_survive(names: list[str], system: str, user: str) -> None:
    rows = [[f"text {at}", DESKS[at % 3], None] for at in range(30)]
    chosen = Chosen(inputs=(names[0],), target=names[1], prompt=PromptText(system=system, user=user))
    text = task_text(propose(table_of(names, rows), KINDS, chosen))
    raw = TaskFile.model_validate(yaml.safe_load(text))
    assert raw.kind == "classification"
    assert raw.labels == sorted(DESKS)
    prompt = raw.prompt
    assert not isinstance(prompt, str)
    assert prompt is not None
    assert (prompt.system.rstrip("\n"), prompt.user) == (system.rstrip("\n"), user)


@pytest.mark.parametrize("label", ["yes", "null", "1", "2026-01-01", "- x", "a: b", "#x", "'", '"', "on"])
def test_labels_stay_texts(label: str) -> None:
    rows = [[f"text {at}", (label, "other")[at % 2]] for at in range(30)]
    raw = yaml.safe_load(task_text(propose(table_of(("text", "label"), rows), KINDS)))
    assert set(raw["labels"]) == {label, "other"}


def test_it_opens_with_its_schema_and_gives_reasons() -> None:
    rows = [[f"text {at}", DESKS[at % 3]] for at in range(30)]
    lines = task_text(propose(table_of(("text", "label"), rows), KINDS)).splitlines()
    assert lines[0] == "# yaml-language-server: $schema=task.schema.json"
    assert any(line.startswith("# classification: the targets are 3 short texts") for line in lines)
    assert max(map(len, lines)) <= 120
    assert Path("rows.csv").name in lines[1]
