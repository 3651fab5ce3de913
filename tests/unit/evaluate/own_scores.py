"""Functions that a task could name."""

from collections.abc import Mapping
from typing import Any

NOT_A_FUNCTION = 3


def same(answer: str, item: Mapping[str, Any]) -> float:
    return float(answer.strip() == str(item["target"]))


def silent(answer: str, item: Mapping[str, Any]) -> None:
    return None


def outside(answer: str, item: Mapping[str, Any]) -> float:
    return 1.5


def broken(answer: str, item: Mapping[str, Any]) -> float:
    message = f"cannot read {item['id']}"
    raise ValueError(message)
