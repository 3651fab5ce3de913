"""OpenAI's batches: lines with the live dialect's own bodies, marks, results of two files."""

import json

import pytest

from modelsearch.providers.batch.openai import OpenAi
from tests.unit.providers.batch.made import BODY_A, posted_lines, row, rows, submission, told

BATCH = {
    "id": "batch_1", "object": "batch", "status": "in_progress", "input_file_id": "file-1", "created_at": 1700000000,
    "output_file_id": None, "error_file_id": None, "metadata": {"modelsearch": "ms-1"}, "errors": None,
    "request_counts": {"total": 2, "completed": 0, "failed": 0},
}  # fmt: skip


def test_a_file_of_lines_and_a_batch_of_it() -> None:
    upload = OpenAi().upload(submission())
    assert upload is not None
    assert (upload.method, upload.path) == ("POST", "/files")
    assert BODY_A in upload.body
    first, second = posted_lines(upload.body)
    assert (first["custom_id"], first["method"], first["url"]) == ("ms-1-0", "POST", "/v1/chat/completions")
    assert second["body"] == {"model": "m", "messages": []}
    create = OpenAi().create(submission(), "file-1")
    assert create.path == "/batches"
    assert json.loads(create.body) == {
        "input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h",
        "metadata": {"modelsearch": "ms-1"},
    }  # fmt: skip


def test_a_batch_carries_our_name_and_its_file() -> None:
    status = OpenAi().status(told(BATCH))
    assert (status.id, status.is_ended, status.n_calls, status.created_s) == ("batch_1", False, 2, 1700000000.0)
    assert status.marks == {"ms-1", "file-1"}
    assert [s.id for s in OpenAi().listed(told({"data": [BATCH]}))] == ["batch_1"]


@pytest.mark.parametrize("ending", ["completed", "expired", "cancelled"])
def test_results_are_in_two_files_once_it_has_ended(ending: str) -> None:
    told_files = {"output_file_id": "file-2", "error_file_id": "file-3"}
    assert OpenAi().status(told(BATCH | told_files)).result_paths == ()
    status = OpenAi().status(told(BATCH | told_files | {"status": ending}))
    assert status.is_ended
    assert status.result_paths == ("/files/file-2/content", "/files/file-3/content")
    found = OpenAi().results(rows(row("ms-1-1"), row("ms-1-0", 429, {"error": {"message": "slow down"}})))
    assert [(r.custom_id, r.kind) for r in found] == [("ms-1-1", "replied"), ("ms-1-0", "failed")]


def test_a_batch_that_fails_validation_says_why() -> None:
    errors = {"object": "list", "data": [{"code": "model_not_found", "message": "no such model", "line": 1}]}
    status = OpenAi().status(told(BATCH | {"status": "failed", "errors": errors}))
    assert status.is_ended
    assert "no such model" in status.failure


def test_what_is_no_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="batch reply"):
        OpenAi().status(told({"object": "list"}))
