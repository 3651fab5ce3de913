"""Rows become items: whole, once each, under ids that differ."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.taskfile.propose_columns import Roles
from modelsearch.taskfile.propose_rows import answers_text, items_of_table, items_text, with_labels
from tests.unit.taskfile.labelled import table_of

ROLES = Roles(inputs=("text",), target="label", id="id", answers="said")
COLUMNS = ("id", "text", "label", "said")
CELL = st.none() | st.sampled_from(["a", "b", "c ", "A", "7", "7-2"])


def codes(items: object) -> dict[str, int]:
    return {doubt.code: doubt.n_rows for doubt in getattr(items, "doubts", ())}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=12), st.booleans())
def test_every_row_is_an_item_or_told_why_not(rows: list[tuple[str | None, ...]], is_kept: bool) -> None:
    items = items_of_table(table_of(COLUMNS, rows), ROLES, is_every_copy_kept=is_kept)
    assert len(set(items.ids)) == len(items.ids) == len(items.rows) == len(items.clusters) == len(items.answers)
    told = codes(items)
    n_out = sum(told.get(code, 0) for code in ("empty_input", "empty_target", "too_large", "copy"))
    assert len(items.rows) + n_out == len(rows)
    assert ("copy" in told) <= (not is_kept)


def test_ids_that_are_there_again_get_a_number_and_missing_ones_their_line() -> None:
    rows = [["7", "a", "x", None], ["7", "b", "x", None], [None, "c", "x", None], ["7-2", "d", "x", None]]
    items = items_of_table(table_of(COLUMNS, rows), ROLES)
    assert items.ids == ("7", "7-2", "row-0004", "7-2-2")
    assert codes(items) == {"duplicate_id": 2}


def test_labels_get_one_spelling_and_other_targets_are_left_out() -> None:
    rows = [["1", "a", "Refund", None], ["2", "b", "refund ", None], ["3", "c", "else", None]]
    items = with_labels(items_of_table(table_of(COLUMNS, rows), ROLES), ("Refund",))
    assert [row.target for row in items.rows] == ["Refund", "Refund"]
    assert items.ids == ("1", "2")
    assert codes(items) == {"spelling": 1, "other_label": 1}


def test_several_columns_make_an_object() -> None:
    roles = Roles(inputs=("id", "text"), target="label")
    (row,) = items_of_table(table_of(COLUMNS, [["1", "a", '{"x": 2}', None]]), roles).rows
    assert row.input == {"id": "1", "text": "a"}
    assert row.target == {"x": 2}


def test_files_of_items_and_of_known_answers() -> None:
    rows: list[list[str | None]] = [["1", "a\nb", "x", "yes"], ["2", "ü", "y", None]]
    items = items_of_table(table_of(COLUMNS, rows), ROLES)
    assert [json.loads(line) for line in items_text(items).splitlines()] == [
        {"id": "1", "input": "a\nb", "target": "x"},
        {"id": "2", "input": "ü", "target": "y"},
    ]
    assert answers_text(items) == '{"id": "1", "answer": "yes"}\n'
