"""A free-text task whose answers a model scores, in a synthetic world."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from modelsearch.api.request import SearchRequest

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")
PLAN = """
name: judged
phases:
  - name: screen
    filters: [task_requirements]
  - name: ask
    sampler: {round_robin: {step_items: 4, max_items: %d}}
    max_rounds: %d
"""
JUDGE = {"name": "judge", "model": "made-up/judge", "rubric": "The answer names the right word."}


def write_task(root: Path, scorer: Any, *, n_items: int = 12, **more: Any) -> Path:
    """A task file with its items."""
    root.mkdir(parents=True, exist_ok=True)
    rows = [
        {"id": f"q{n}", "input": f"word number {n}?", "target": f"{WORDS[n % 8]} {WORDS[n // 8 % 8]} {n}"}
        for n in range(n_items)
    ]
    more_rows = more.pop("rows", {})
    rows = [{**row, **more_rows.get(row["id"], {})} for row in rows]
    (root / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = {
        "id": "words", "kind": "extraction", "items": "items.jsonl", "prompt": "{{ input }}", "scorer": scorer,
        "max_output_tokens": 64, "requirements": {"providers": ["tessellar"]}, **more,
    }  # fmt: skip
    (root / "task.yaml").write_text(yaml.safe_dump(task))
    return root / "task.yaml"


def judged_request(root: Path, task: Path, *, n_items: int = 12, **changes: Any) -> SearchRequest:
    """A search of a synthetic world that asks everybody the first items."""
    plan = root / "plan.yaml"
    plan.write_text(PLAN % (n_items, 2 * n_items // 4))
    plain = {"baseline": "", "task": task, "is_emulated": True, "budget_usd": Decimal(20), "plan": str(plan)}
    return SearchRequest(**{**plain, "past": (), **changes})
