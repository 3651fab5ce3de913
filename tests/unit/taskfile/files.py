"""Task files written for a test."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ITEMS: tuple[dict[str, Any], ...] = (
    {"input": "where is my parcel", "target": "delivery"},
    {"input": "money back please", "target": "refund"},
)


def write_task(
    folder: Path, rows: Sequence[Mapping[str, Any]] = ITEMS, drop: Sequence[str] = (), **changes: Any
) -> Path:
    """A task file of two items, with other rows, keys changed or dropped."""
    keys: dict[str, Any] = {
        "id": "desk",
        "kind": "classification",
        "items": "items.jsonl",
        "prompt": "{{ input }}",
        "scorer": "exact",
    } | changes
    (folder / "items.jsonl").write_text("".join(json.dumps(dict(row)) + "\n" for row in rows), encoding="utf-8")
    path = folder / "task.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in keys.items() if k not in drop}, sort_keys=False), encoding="utf-8")
    return path
