"""Rows of a file as items, each value checked."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.taskfile.read import Row, check_size
from modelsearch.taskfile.schema import FieldRow


def items_of(rows: Sequence[tuple[int, Row]], columns: FieldRow, where: str, prefix: str = "item") -> tuple[Item, ...]:
    """The items of the rows.

    Args:
        rows: (line number, row).
        columns: which column holds what.
        where: the file, for messages.
        prefix: of default ids: `item-0001` is the item of line 1.

    Raises:
        TaskFileError: a value is missing, None, NaN or of a wrong kind.
    """
    return tuple(_item(number, row, columns, where, prefix) for number, row in rows)


def _item(number: int, row: Row, columns: FieldRow, where: str, prefix: str) -> Item:
    given_id = row.get(columns.id)
    if isinstance(given_id, bool | float | list | dict):
        raise TaskFileError(f"{where}, line {number}: {columns.id}: expected text or a whole number, got {given_id!r}")
    item_id = str(given_id) if given_id not in {None, ""} else f"{prefix}-{number:04d}"
    owner = f"{where}, item {item_id!r}"
    cluster = row.get(columns.cluster)
    item = Item(
        id=ItemId(item_id),
        input=_input(row, columns, owner),
        target=_value(row, columns.target, owner),
        cluster=None if cluster is None else str(cluster),
        weight=_weight(row.get(columns.weight), owner),
        **_label(row, columns, owner),
    )
    check_size(item.input if isinstance(item.input, str) else json.dumps(item.input, ensure_ascii=False), owner)
    return item


def _input(row: Row, columns: FieldRow, owner: str) -> Json:
    if isinstance(columns.input, str):
        value = _value(row, columns.input, owner)
        if isinstance(value, str) and not value.strip():
            raise TaskFileError(f"{owner}: {columns.input} is empty")
        return value
    return {name: _value(row, name, owner) for name in columns.input}


def _value(row: Row, column: str, owner: str) -> Json:
    value = row.get(column)
    if value is None:
        got = ", ".join(str(name) for name in row) or "nothing"
        raise TaskFileError(
            f"{owner}: no {column!r}: each item needs one (its columns with a value: {got}); "
            "name other columns under `fields`"
        )
    return _plain(value, f"{owner}: {column}")


def _plain(value: Any, where: str) -> Json:
    """The value as JSON would give it.

    Raises:
        TaskFileError: NaN, infinite, or no JSON value.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TaskFileError(f"{where}: {value} is not a value: leave the item out or give a number")
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(part, where) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(part, where) for part in value]
    raise TaskFileError(f"{where}: expected text, a number, a list or an object, got {type(value).__name__}")


def _label(row: Row, columns: FieldRow, owner: str) -> dict[str, Any]:
    """What people think of an answer; empty where the row does not say."""
    answer, score = row.get(columns.human_answer), row.get(columns.human_score)
    if answer is None and score is None:
        return {}
    if answer is None or score is None:
        missing = columns.human_answer if answer is None else columns.human_score
        raise TaskFileError(f"{owner}: no {missing!r}: an answer that people have scored needs its text and its score")
    try:
        value = float(score) if not isinstance(score, bool) else math.nan
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise TaskFileError(f"{owner}: {columns.human_score}: expected a number, got {score!r}")
    return {"human_answer": str(answer), "human_score": value}


def _weight(value: Any, owner: str) -> float:
    if value is None:
        return 1.0
    try:
        weight = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        weight = math.nan
    if not (math.isfinite(weight) and weight > 0):
        raise TaskFileError(f"{owner}: weight: expected a number > 0, got {value!r}")
    return weight
