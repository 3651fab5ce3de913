"""Files as spreadsheets and colleagues leave them."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import TaskFileError
from modelsearch.taskfile.propose_table import read_table
from tests.unit.taskfile.labelled import written

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text != "" and not text.startswith(('="', "#")) and '"' not in text
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"])
)
def test_what_a_csv_writer_wrote_is_read_whatever_its_separator(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], separator: str, end: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("the input", "the target"), *rows])
    found = written(tmp_path_factory.mktemp("csv"), text.getvalue())
    expected = [(a, b) for a, b in rows if (a, b) != ("the input", "the target")]
    assert [(row["the input"], row["the target"]) for _, row in found.rows] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    found = written(tmp_path, "text;label\nGrüße an Zoë;Größe\nanderes;klein\n".encode(encoding))
    assert found.columns == ("text", "label")
    assert found.rows[0] == (2, {"text": "Grüße an Zoë", "label": "Größe"})
    assert any("Windows-1252" in note for note in found.notes) == (encoding == "cp1252")


def test_what_excel_leaves_is_cleaned_and_told(tmp_path: Path) -> None:
    head = "id;text;label;\r\n"
    lines = f'sep=;\r\n{head}="007";"two\r\nlines";refund;\r\n;;;\r\n{head}8;"a ""b""";#N/A;\r\n9;x\r\n'
    found = written(tmp_path, lines)
    assert found.columns == ("id", "text", "label")
    assert found.rows == (
        (3, {"id": "007", "text": "two\nlines", "label": "refund"}),
        (7, {"id": "8", "text": 'a "b"'}),
        (8, {"id": "9", "text": "x"}),
    )
    assert [note.split(":")[0] for note in found.notes] == [
        "cells are separated by semicolons",
        "the header is there again in 1 row",
    ]


def test_a_row_with_more_cells_than_columns_is_left_out_and_told(tmp_path: Path) -> None:
    found = written(tmp_path, "text,label\na,x\nb, and more,y\nc,x\n")
    assert [number for number, _ in found.rows] == [2, 4]
    assert "1 row has more cells than there are columns (first: line 3)" in found.notes[0]


def test_a_file_without_a_header_gets_names(tmp_path: Path) -> None:
    found = written(tmp_path, "I was billed twice,billing\nwhere is it,status\nwrong sum,billing\nhello,billing\n")
    assert found.columns == ("column_1", "column_2")
    assert len(found.rows) == 4
    assert "looks like an example" in found.notes[0]


def test_names_that_are_there_twice_or_missing_differ(tmp_path: Path) -> None:
    found = written(tmp_path, "text,,text,text_2\na,b,c,d\n")
    assert found.columns == ("text", "column_2", "text_2", "text_2_2")
    assert found.rows[0][1] == {"text": "a", "column_2": "b", "text_2": "c", "text_2_2": "d"}


@pytest.mark.parametrize(
    ("name", "content"), [("x.json", '{"data": [{"a": 1, "b": null}]}'), ("x.jsonl", '{"a": 1}\n')]
)
def test_objects(tmp_path: Path, name: str, content: str) -> None:
    assert written(tmp_path, content, name).rows[0][1] == {"a": 1}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.xlsx", b"PK\x03\x04", "save the sheet as CSV"),
        ("x.csv", b"PK\x03\x04rest", "save the sheet as CSV"),
        ("x.csv", b"a,b\n\0\0,c\n", "bytes of 0"),
        ("x.csv", b"\xff\xfea", "begins like utf-16"),
        ("x.csv", b"", "no row holds a value"),
        ("x.csv", b"text,label\n,\n", "no row holds a value"),
        ("x.csv", b"alone\nagain\n", "at least two columns"),
        ("x.csv", b'a,b\n"open,c\nd,e\n', "line 2: not CSV"),
        ("x.json", b"{", "not JSON"),
        ("x.json", b"[1]", "expected a list of objects"),
        ("x.docx", b"x", "expected a .csv"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    with pytest.raises(TaskFileError, match=told):
        written(tmp_path, content, name)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(TaskFileError, match="no such file"):
        read_table(tmp_path / "none.csv")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    try:
        found = written(tmp_path_factory.mktemp("any"), content)
    except TaskFileError:
        return
    assert found.rows
    assert len(set(found.columns)) == len(found.columns)
    json.dumps([row for _, row in found.rows])
