"""OpenRouter's batches: all inline, results in the reply that tells the state, nothing can be stopped."""

import json

from modelsearch.providers.batch.openrouter import OpenRouter
from tests.unit.providers.batch.made import row, submission, told

BATCH = {"id": "b", "status": "validating", "request_counts": {"total": 2}, "created_at": 1700000000}


def test_endpoint_and_model_come_first() -> None:
    assert OpenRouter().upload(submission()) is None
    create = OpenRouter().create(submission(), "")
    assert list(json.loads(create.body)) == ["endpoint", "model", "requests"]
    assert [r["custom_id"] for r in json.loads(create.body)["requests"]] == ["ms-1-0", "ms-1-1"]
    assert OpenRouter().cancel_call("b") is None


def test_results_come_with_the_state() -> None:
    assert OpenRouter().status(told(BATCH)).marks == frozenset()
    done = told(BATCH | {"status": "completed", "results": [row("ms-1-1"), row("ms-1-0", 502), {"odd": 1}]})
    assert OpenRouter().status(done).result_paths == ("/batches/b",)
    assert [(r.custom_id, r.kind) for r in OpenRouter().results(done)] == [("ms-1-1", "replied"), ("ms-1-0", "failed")]


def test_a_failed_batch_says_why_unless_it_has_results() -> None:
    failed = BATCH | {"status": "failed", "error": {"message": "no batch endpoint"}}
    assert OpenRouter().status(told(failed)).failure == "no batch endpoint"
    assert OpenRouter().status(told(failed | {"results": [row("ms-1-0")]})).failure == ""
