"""Mistral's batch jobs."""

import json

from modelsearch.providers.batch.mistral import Mistral
from tests.unit.providers.batch.made import row, rows, submission, told

JOB = {
    "id": "j", "object": "batch", "status": "QUEUED", "input_files": ["f"], "metadata": {"modelsearch": "ms-1"},
    "total_requests": 2, "created_at": 1700000000, "errors": [],
}  # fmt: skip


def test_the_model_and_our_name_are_the_jobs() -> None:
    asked = json.loads(Mistral().create(submission(), "f").body)
    assert asked == {
        "input_files": ["f"], "model": "m", "endpoint": "/v1/chat/completions", "metadata": {"modelsearch": "ms-1"},
        "timeout_hours": 24,
    }  # fmt: skip


def test_states_and_files() -> None:
    status = Mistral().status(told(JOB))
    assert (status.is_ended, set(status.marks), status.n_calls) == (False, {"ms-1", "f"}, 2)
    late = Mistral().status(told(JOB | {"status": "TIMEOUT_EXCEEDED", "output_file": "o"}))
    assert (late.is_ended, late.result_paths) == (True, ("/files/o/content",))
    bad = Mistral().status(told(JOB | {"status": "FAILED", "errors": [{"message": "no", "count": 1}]}))
    assert bad.failure == "no"
    assert Mistral().listed(told({"object": "list", "total": 0})) == []
    assert [r.kind for r in Mistral().results(rows(row("x"), row("y", 422, {"detail": "no"})))] == ["replied", "failed"]
