from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import TaskFileError
from modelsearch.taskfile.read import read_rows


def _rows(folder: Path, name: str, data: bytes) -> list[dict[str, object]]:
    path = folder / name
    path.write_bytes(data)
    return [dict(row) for _, row in read_rows(path)]


def test_jsonl_skips_blank_lines_and_keeps_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('\ufeff{"input": 1}\r\n\r\n{"input": "a\u2028b"}'.encode())
    assert read_rows(path) == [(1, {"input": 1}), (3, {"input": "a\u2028b"})]


def test_csv_with_quotes_and_empty_cells(tmp_path: Path) -> None:
    rows = _rows(tmp_path, "a.csv", b'input,target,cluster\n"a, ""b""\nc",x,\n')
    assert rows == [{"input": 'a, "b"\nc', "target": "x"}]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b"", "the file holds no item"),
        ("a.csv", b"input,target\n", "the file holds no item"),
        ("a.csv", b"", "the file holds no item"),
        ("a.jsonl", b'{"input": 1}\n{"input": ', "line 2: not JSON"),
        ("a.jsonl", b"[1]", "line 1: expected an object with `input` and `target`, got list"),
        ("a.jsonl", b'{"input": NaN}', "line 1: NaN is not a value"),
        ("a.jsonl", b"\n" + b"[" * 100_000, "line 2: JSON is nested too deeply"),
        ("a.jsonl", b'{"input": "\xff"}', "not UTF-8 at byte 11 (0xff)"),
        ("a.jsonl", b'{"input": "' + b"x" * 10_000_000 + b'"}', "an item of 10000013 bytes: at most 1000000"),
        ("a.csv", b"input,target\na,b,c\n", "line 2: expected 2 columns as in the header"),
        ("a.csv", b"input,target\na\n", "line 2: expected 2 columns"),
        ("a.csv", b'input,target\n"a,b\n', "not CSV"),
        ("a.txt", b"x", "expected a .jsonl, .csv or .parquet file, got '.txt'"),
        ("a", b"x", "got 'no suffix'"),
    ],
)
def test_what_no_items_can_be_read_from(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(TaskFileError) as error:
        _rows(tmp_path, name, data)
    assert message in str(error.value)
    assert str(error.value).startswith("items ")
    assert "\n" not in str(error.value)


def test_a_parquet_reader_that_fails_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"no")

    def failing(_: Path) -> list[dict[str, object]]:
        message = "magic bytes not found"
        raise ValueError(message)

    with pytest.raises(TaskFileError, match="not a Parquet file that can be read: magic bytes not found"):
        read_rows(path, failing)
    with pytest.raises(TaskFileError, match="no such file"):
        read_rows(tmp_path / "b.parquet", failing)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200), suffix=st.sampled_from(["jsonl", "csv"]))
def test_any_bytes_are_rows_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(data)
    try:
        n_rows, message = len(read_rows(path)), "one"
    except TaskFileError as error:
        n_rows, message = 1, str(error)
    assert n_rows > 0
    assert "\n" not in message
