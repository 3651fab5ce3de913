"""Hostile files: whatever is in them, the answer is values or one clear error."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import InputError, LogFileError
from modelsearch.interop.fields import MAX_DEPTH, Fields, plain
from modelsearch.interop.importers import importers
from modelsearch.interop.logged import Wanted
from modelsearch.interop.reading import files_of, json_value, rows_of

KEYS = [
    *("results", "prompts", "eval", "scores", "samples", "spec", "type", "data", "input", "messages", "response"),
    *("model", "metrics", "doc", "arguments", "resps", "doc_id", "filter", "choices", "output", "name", "value", "id"),
    *("sample_id", "testCase", "vars", "scorers", "task", "datasource_item", "object", "final_report"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


def refusal(name: str, path: Path) -> str:
    """What an importer says against a file; "" where it takes it."""
    try:
        importers()[name].read([path], Wanted())
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", sorted(importers()))
@given(rows=st.lists(JSON, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused_in_one_line(tmp_path: Path, name: str, rows: list[Any]) -> None:
    for file, text in (
        ("samples_x_2026-01-01T00-00-00.1.jsonl", "\n".join(map(json.dumps, rows))),
        ("whole.json", json.dumps(rows[0] if rows else {})),
    ):
        path = tmp_path / file
        path.write_text(text, encoding="utf-8")
        told = refusal(name, path)
        assert told.isprintable()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
        ('{"a": 1', "line 1, column"),
        ("\x00\x01", "not JSON"),
    ],
)
def test_json_that_harms_is_refused(text: str, told: str) -> None:
    with pytest.raises(LogFileError, match=told):
        json_value(text, "file")


def test_what_is_kept_is_not_deep_and_has_no_half_characters() -> None:
    deep: Any = "x"
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]
    with pytest.raises(LogFileError, match="deep"):
        plain(deep, "here")
    assert plain({"a": "\ud800b\0"}, "here") == {"a": "?b\ufffd"}
    with pytest.raises(LogFileError, match="nan"):
        plain(float("nan"), "here")


def test_fields_say_where_what_and_what_they_got() -> None:
    fields = Fields({"n": "many", "o": [1], "i": float("inf"), "neg": -1}, "log.json, line 3")
    for read, told in (
        (lambda: fields.number("n"), "log.json, line 3: n: expected a number, got 'many'"),
        (lambda: fields.within("o"), "log.json, line 3: o: expected an object"),
        (lambda: fields.number("i"), "finite"),
        (lambda: fields.amount("neg"), ">= 0"),
        (lambda: fields.needed_text("missing"), "no 'missing'"),
    ):
        with pytest.raises(LogFileError) as error:
            read()
        assert told in str(error.value)


def test_lists_lines_and_pages_are_rows(tmp_path: Path) -> None:
    for name, text in (
        ("a.json", '[{"x": 1}, {"x": 2}]'),
        ("b.jsonl", '{"x": 1}\n\n{"x": 2}\n'),
        ("c.json", '{"data": [{"x": 1}, {"x": 2}], "meta": {}}'),
        ("d.csv", "x\n1\n2\n"),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert [row.number("x") for row in rows_of(path)] == [1, 2], name


def test_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match="no such file"):
        files_of([tmp_path / "x"], ("*.eval",))
    with pytest.raises(LogFileError, match=r"no file \*.eval"):
        files_of([tmp_path], ("*.eval",))
