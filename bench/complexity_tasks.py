"""The tasks of `make bench-complexity`: graded ones of our own and the two shared ones, as a user would state them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.ids import ItemId, TaskId
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec

TEXTS = Path(__file__).with_name("texts") / "graded_tasks.yaml"
N_EXAMPLES = 4
N_SHARED_ITEMS = 40
EXAMPLE_CHARS = 70
MAX_OUTPUT_TOKENS = 12
PROMPT = (
    "%s\n\n{%% for e in examples %%}Input: {{ e.input }}\nOutput: {{ e.target }}\n\n{%% endfor %%}Input: {{ input }}\n"
    "Output:"
)
SCORERS: Mapping[str, ScorerSpec] = {
    "exact": ScorerSpec(name="exact", params={"strip_punctuation": True}),
    "numeric": ScorerSpec(name="numeric"),
    "choice": ScorerSpec(name="choice"),
}
SHARED = {
    "sentiment": "Is the review positive or negative?",
    "banking8": "What is the message to the bank about?",
}
"""Instruction by the name of a file in ../shared/data/tasks."""


def graded_tasks(path: Path = TEXTS) -> list[TaskSpec]:
    """Our own tasks, easiest first as we thought when we wrote them."""
    return [_graded(row) for row in yaml.safe_load(path.read_text(encoding="utf-8"))["tasks"]]


def shared_tasks(folder: Path) -> list[TaskSpec]:
    """The first items of the shared tasks; examples, one short one for each label, from their training files."""
    return [_shared(folder, name, instruction) for name, instruction in SHARED.items()]


def task_of(
    name: str, instruction: str, scorer: str, items: Iterable[Item], examples: Iterable[Item], labels: tuple[str, ...]
) -> TaskSpec:
    """A task with one prompt: the instruction, the examples, the item."""
    return TaskSpec(
        id=TaskId(name),
        kind="classification" if labels else "reasoning",
        items=tuple(items),
        prompts=(Prompt(id=DEFAULT_PROMPT, user=PROMPT % instruction),),
        scorer=SCORERS[scorer],
        labels=labels,
        examples=tuple(examples),
        max_output_tokens=MAX_OUTPUT_TOKENS,
    )


def _graded(row: Mapping[str, Any]) -> TaskSpec:
    items = [
        Item(id=ItemId(f"{row['id']}-{number:02d}"), input=text, target=target)
        for number, (text, target) in enumerate(row["rows"])
    ]
    labels = tuple(row.get("labels", ()))
    return task_of(row["id"], row["instruction"], row["scorer"], items[N_EXAMPLES:], items[:N_EXAMPLES], labels)


def _shared(folder: Path, name: str, instruction: str) -> TaskSpec:
    items = _read(folder / f"{name}.jsonl")[:N_SHARED_ITEMS]
    training = sorted(_read(folder / f"{name}.train.jsonl"), key=lambda item: len(str(item.input)) < EXAMPLE_CHARS)
    labels = tuple(sorted({str(item.target) for item in training}))
    short = {str(item.target): item for item in training}  # the last of each label, and short ones come last
    return task_of(name, instruction, "choice", items, [short[label] for label in labels], labels)


def _read(path: Path) -> list[Item]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Item(id=ItemId(row["id"]), input=row["input"], target=row["target"]) for row in rows]
