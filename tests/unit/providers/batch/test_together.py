"""Together's batches: its own upload, a job inside the first reply, upper-case words."""

import json

from modelsearch.providers.batch.together import Together
from tests.unit.providers.batch.made import posted_lines, row, rows, submission, told

JOB = {
    "id": "j", "status": "IN_PROGRESS", "input_file_id": "file-1", "endpoint": "/v1/chat/completions",
    "created_at": "2026-01-15T14:30:00Z",
}  # fmt: skip


def test_upload_and_create() -> None:
    upload = Together().upload(submission())
    assert upload is not None
    assert upload.path == "/files/upload"
    assert b'name="purpose"\r\n\r\nbatch-api' in upload.body
    assert [set(line) for line in posted_lines(upload.body)] == [{"custom_id", "body"}] * 2
    create = Together().create(submission(), "file-1")
    assert json.loads(create.body) == {"input_file_id": "file-1", "endpoint": "/v1/chat/completions"}


def test_a_job_is_read_wrapped_bare_and_listed() -> None:
    for reply in ({"job": JOB, "warning": ""}, JOB):
        status = Together().status(told(reply))
        assert (status.id, status.is_ended, set(status.marks)) == ("j", False, {"file-1"})
    assert status.created_s == 1768487400.0
    for listed in ([JOB], {"data": [JOB]}):
        assert [s.id for s in Together().listed(told(listed))] == ["j"]


def test_an_ended_job_has_files_and_a_failed_one_a_reason() -> None:
    done = Together().status(told(JOB | {"status": "COMPLETED", "output_file_id": "o", "error_file_id": "e"}))
    assert (done.is_ended, done.result_paths) == (True, ("/files/o/content", "/files/e/content"))
    assert Together().status(told(JOB | {"status": "FAILED", "error": "bad file"})).failure == "bad file"
    assert [r.kind for r in Together().results(rows(row("x"), row("y", 0, error="expired")))] == ["replied", "expired"]
