import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import FeedbackError
from modelsearch.core.feedback import FeedbackRow
from modelsearch.core.ids import TaskId
from modelsearch.taskfile.feedback import FIELDS, feedback_rows

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TASK = TaskId("task")
GOOD: dict[str, Any] = {"id": "r1", "candidate": "openai/gpt@x", "item": "i1", "score": 0.5, "source": "shop"}
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def read(**changes: Any) -> FeedbackRow:
    given_row = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    return feedback_rows([(1, given_row)], "feedback", now=NOW, task_id=TASK)[0]


def refused(**changes: Any) -> str:
    with pytest.raises(FeedbackError) as error:
        read(**changes)
    return str(error.value)


def test_a_row_as_it_should_be() -> None:
    found = read(time="2026-11-23T10:00:00+02:00")
    assert (found.row_id, found.task_id, found.candidate_id, found.score) == ("r1", TASK, "openai/gpt@x", 0.5)
    assert found.at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert not found.is_thumb


@pytest.mark.parametrize(
    ("thumbs", "score"), [("up", 1), ("DOWN", 0), (1, 1), (-1, 0), (True, 1), (False, 0), ("👍", 1), (0.0, 0)]
)
def test_thumbs_are_one_or_nothing(thumbs: Any, score: float) -> None:
    found = read(score=..., thumbs=thumbs)
    assert found.score == score
    assert found.is_thumb


def test_rows_without_an_id_are_told_apart_by_what_they_say() -> None:
    one = read(id=..., time="2026-11-23")
    assert one.row_id == read(id=..., time="2026-11-23T00:00:00Z").row_id
    assert one.row_id != read(id=..., time="2026-11-22").row_id
    assert "told apart" in refused(id=...)
    assert "told apart" in refused(id=..., item=..., time="2026-11-23")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"score": 1.5}, "[0, 1]"),
        ({"score": math.nan}, "[0, 1]"),
        ({"score": True}, "[0, 1]"),
        ({"score": "much"}, "[0, 1]"),
        ({"score": ...}, "either"),
        ({"thumbs": "up"}, "both"),
        ({"score": ..., "thumbs": "sideways"}, "up or down"),
        ({"candidate": ...}, "candidate"),
        ({"candidate": "=cmd|' /C calc'!A0"}, "printable"),
        ({"candidate": "@SUM(1)"}, "printable"),
        ({"item": "+1"}, "printable"),
        ({"source": "\x1b[31mred"}, "printable"),
        ({"source": "a\nb"}, "printable"),
        ({"item": "x" * 201}, "printable"),
        ({"item": ["i"]}, "printable"),
        ({"id": "ünique"}, "printable"),
        ({"time": "yesterday"}, "ISO 8601"),
        ({"time": "2027-01-01"}, "to now"),
        ({"time": "9999-12-31T23:59:59-23:59"}, "to now"),
        ({"time": "0001-01-01T00:00:00+23:59"}, "to now"),
        ({"task": "other"}, "'task'"),
        ({"quality": 1}, "unknown field"),
        ({"\x1b[2J": 1}, "unknown field"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_shown_harmlessly(changes: dict[str, Any], told: str) -> None:
    message = refused(**changes)
    assert told in message
    assert message.isprintable()
    assert len(message) < 400


def test_without_a_task_given_each_row_names_its_own() -> None:
    with pytest.raises(FeedbackError, match="task"):
        feedback_rows([(3, GOOD)], "f.csv", now=NOW)
    (found,) = feedback_rows([(3, {**GOOD, "task": "t2"})], "f.csv", now=NOW)
    assert found.task_id == "t2"


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_whatever_is_sent_is_a_row_or_refused(row: dict[str, Any]) -> None:
    try:
        (found,) = feedback_rows([(1, row)], "feedback", now=NOW, task_id=TASK)
    except FeedbackError as error:
        told = str(error)
    else:
        told = found.row_id
        assert 0 <= found.score <= 1
        assert found.task_id == TASK
    assert told.isprintable()
    assert told
