"""`modelsearch feedback FILE`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.flows.conftest import Command

ROWS = [
    {"task": "t", "candidate": "a", "item": "i1", "score": 0.5, "time": "2026-01-02T03:04:05+00:00", "source": "shop"},
    {"task": "t", "candidate": "a", "item": "i2", "score": 1.0, "time": "2026-01-02T03:04:05+00:00", "source": "shop"},
]


def written(project: Path, kind: str) -> Path:
    path = project / f"rows.{kind}"
    if kind == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    elif kind == "csv":
        lines = [",".join(ROWS[0]), *(",".join(str(value) for value in row.values()) for row in ROWS)]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        pq.write_table(pa.Table.from_pylist([{**row, "time": at} for row in ROWS]), path)
    return path


def test_the_same_rows_in_three_formats_are_kept_once(project: Path, command: Command) -> None:
    told = [command("feedback", str(written(project, kind))) for kind in ("csv", "jsonl", "parquet")]
    assert [ended.code for ended in told] == [0, 0, 0]
    assert [ended.out.strip() for ended in told] == [
        "2 rows kept, 0 were known",
        "0 rows kept, 2 were known",
        "0 rows kept, 2 were known",
    ]


def test_task_and_source_are_filled_in_where_rows_do_not_say(project: Path, command: Command) -> None:
    path = project / "rows.csv"
    path.write_text("id,candidate,thumbs\n1,a,up\n2,a,down\n", encoding="utf-8")
    assert command("feedback", str(path)).code == 2
    ended = command("feedback", str(path), "--task", "t", "--source", "desk")
    assert (ended.code, ended.out.strip()) == (0, "2 rows kept, 0 were known")


def test_a_clash_is_told_by_the_exit_code(project: Path, command: Command) -> None:
    path = project / "rows.csv"
    path.write_text("id,candidate,thumbs\n1,a,up\n", encoding="utf-8")
    command("feedback", str(path), "--task", "t")
    path.write_text("id,candidate,thumbs\n1,a,down\n", encoding="utf-8")
    ended = command("feedback", str(path), "--task", "t")
    assert ended.code == 1
    assert "such as 1" in ended.err


@pytest.mark.parametrize(
    ("name", "text"), [("rows.csv", "candidate,score\na,7\n"), ("rows.txt", "x"), ("rows.jsonl", "{"), ("rows.csv", "")]
)
def test_a_bad_file_is_one_line_and_keeps_nothing(project: Path, command: Command, name: str, text: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    ended = command("feedback", name, "--task", "t")
    assert ended.code == 2
    assert ended.err.startswith("error: feedback")
    assert len(ended.err.splitlines()) == 1
    assert not (project / ".modelsearch" / "feedback.sqlite").exists()


def test_the_door_needs_keys(command: Command) -> None:
    ended = command("feedback-serve")
    assert ended.code == 2
    assert "MODELSEARCH_FEEDBACK_KEYS" in ended.err
