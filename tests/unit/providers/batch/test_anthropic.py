"""Anthropic's message batches: results by custom id, errors with the status that a call would have had."""

import json

from modelsearch.providers.batch.anthropic import Anthropic
from tests.unit.providers.batch.made import BODY_B, rows, submission, told

BATCH = {
    "id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress",
    "request_counts": {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-11-01T10:00:00.5Z", "results_url": None,
}  # fmt: skip


def test_requests_are_in_the_body() -> None:
    create = Anthropic().create(submission("/messages"), "")
    assert create.path == "/messages/batches"
    assert create.headers["anthropic-version"] == "2023-06-01"
    assert json.loads(create.body)["requests"][1] == {"custom_id": "ms-1-1", "params": json.loads(BODY_B)}


def test_the_key_goes_to_no_other_address_than_the_providers() -> None:
    ended = BATCH | {"processing_status": "ended", "results_url": "https://elsewhere.example/results"}
    status = Anthropic().status(told(ended))
    assert (status.is_ended, status.result_paths, status.n_calls) == (
        True,
        ("/messages/batches/msgbatch_1/results",),
        2,
    )
    assert Anthropic().status(told(BATCH)).created_s == 1793527200.5
    assert [s.id for s in Anthropic().listed(told({"data": [BATCH], "has_more": False}))] == ["msgbatch_1"]


def test_each_kind_of_result() -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    found = Anthropic().results(
        rows(
            {"custom_id": "a", "result": {"type": "succeeded", "message": {"content": []}}},
            {"custom_id": "b", "result": {"type": "errored", "error": overloaded}},
            {"custom_id": "c", "result": {"type": "errored", "error": {"type": "invalid_request_error"}}},
            {"custom_id": "d", "result": {"type": "expired"}},
            {"custom_id": "e", "result": {"type": "canceled"}},
            {"custom_id": "f"},
        )
    )
    assert [(r.custom_id, r.kind, r.raw.http_status) for r in found] == [
        ("a", "replied", 200), ("b", "failed", 529), ("c", "failed", 400), ("d", "expired", 0), ("e", "expired", 0)
    ]  # fmt: skip
