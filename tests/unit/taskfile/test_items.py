from typing import Any

import pytest

from modelsearch.core.errors import TaskFileError
from modelsearch.taskfile.items import items_of
from modelsearch.taskfile.schema import FieldRow


def _items(row: dict[str, Any]) -> Any:
    return items_of([(7, {"input": "x", "target": "y"} | row)], FieldRow(), "items f")


def test_ids_come_from_the_file_or_from_the_line() -> None:
    assert _items({})[0].id == "item-0007"
    assert _items({"id": 12})[0].id == "12"
    assert _items({"id": ""})[0].id == "item-0007"


def test_values_are_kept_as_json_has_them() -> None:
    item = _items({"input": {"a": [1, None, True]}, "target": 0, "cluster": 5, "weight": "2.5", "more": object()})[0]
    assert (item.input, item.target, item.cluster, item.weight) == ({"a": [1, None, True]}, 0, "5", 2.5)


def test_an_answer_that_people_have_scored_comes_with_its_score() -> None:
    item = _items({"human_answer": "so so", "human_score": "3"})[0]
    assert (item.human_answer, item.human_score) == ("so so", 3.0)
    assert _items({})[0].human_score is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"human_answer": "so so"}, "no 'human_score'"),
        ({"human_score": 3}, "no 'human_answer'"),
        ({"human_answer": "so so", "human_score": "good"}, "human_score: expected a number, got 'good'"),
    ],
)
def test_half_of_it_or_no_number_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskFileError, match=message):
        _items(row)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"input": None}, "items f, item 'item-0007': no 'input'"),
        ({"target": None}, "no 'target': each item needs one"),
        ({"input": "  "}, "input is empty"),
        ({"target": float("nan")}, "target: nan is not a value"),
        ({"input": {"a": float("inf")}}, "input: inf is not a value"),
        ({"input": b"x"}, "expected text, a number, a list or an object, got bytes"),
        ({"id": [1]}, "line 7: id: expected text or a whole number, got [1]"),
        ({"id": 1.5}, "id: expected text or a whole number, got 1.5"),
        ({"weight": 0}, "weight: expected a number > 0, got 0"),
        ({"weight": "heavy"}, "weight: expected a number > 0, got 'heavy'"),
        ({"weight": float("nan")}, "weight: expected"),
        ({"weight": True}, "weight: expected"),
        ({"id": "big", "input": "x" * 1_000_001}, "item 'big': an item of 1000001 bytes: at most 1000000"),
        ({"input": {"a": "é" * 600_000}}, "at most 1000000"),
    ],
)
def test_values_that_no_item_may_have(row: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskFileError) as error:
        _items(row)
    assert message in str(error.value)
