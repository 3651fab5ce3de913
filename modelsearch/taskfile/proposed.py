"""A task file with proposed prompts as ways of asking, beside the one it came from; the items they saw left out."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import yaml

from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item, Prompt, TaskSpec
from modelsearch.taskfile.yaml_text import read_yaml

TASK_FILE, ITEMS_FILE = "task.yaml", "items.jsonl"
_OURS = ("items", "fields", "prompt", "prompts", "variants", "examples")


def write_proposed(
    source: Path, task: TaskSpec, prompts: Sequence[Prompt], used: Collection[ItemId], out: Path
) -> Path:
    """Write `task.yaml` and `items.jsonl` into a folder; the task file's path.

    Args:
        source: the task file that the task was read from.
        task: as read.
        prompts: the proposals, the best first; the task's own first prompt goes before them as `today`.
        used: items that proposals were made from or judged on: they are no items of the new task.
        out: the folder; files in it are replaced.

    Raises:
        TaskFileError: the source cannot be read.
    """
    given = read_yaml(source, "task")
    kept: dict[str, Any] = {key: value for key, value in given.items() if key not in _OURS}
    first = task.prompts[0]
    ways = [("today", first), *((str(prompt.id), prompt) for prompt in prompts)]
    content = kept | {
        "id": f"{task.id}-proposed",
        "items": ITEMS_FILE,
        "prompts": {name: {"system": prompt.system, "user": prompt.user} for name, prompt in ways},
        "variants": [{"name": name, "prompt": name} for name, _ in ways],
    }
    if task.examples:
        content["examples"] = [_row(example) for example in task.examples]
    out.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(_row(item), ensure_ascii=False) for item in task.items if item.id not in set(used)]
    (out / ITEMS_FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    path = out / TASK_FILE
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _row(item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {"id": item.id, "input": item.input, "target": item.target}
    if item.cluster is not None:
        row["cluster"] = item.cluster
    if item.weight != 1.0:
        row["weight"] = item.weight
    if item.human_answer is not None:
        row |= {"human_answer": item.human_answer, "human_score": item.human_score}
    return row
