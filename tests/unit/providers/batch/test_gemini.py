"""Gemini's batches: an operation with inline requests and responses."""

import json

from modelsearch.providers.batch.gemini import Gemini
from tests.unit.providers.batch.made import submission, told

METADATA = {
    "@type": "type.googleapis.com/x", "state": "BATCH_STATE_RUNNING", "displayName": "ms-1",
    "createTime": "2026-11-01T10:00:00Z", "batchStats": {"requestCount": "2"},
}  # fmt: skip


def test_the_model_is_in_the_path_and_the_custom_id_in_the_metadata() -> None:
    create = Gemini().create(submission("/models/m:generateContent"), "")
    assert create.path == "/models/m:batchGenerateContent"
    batch = json.loads(create.body)["batch"]
    assert batch["displayName"] == "ms-1"
    assert batch["inputConfig"]["requests"]["requests"][0]["metadata"] == {"key": "ms-1-0"}


def test_states_results_and_refusal() -> None:
    running = {"name": "batches/1", "metadata": METADATA}
    status = Gemini().status(told(running))
    assert (status.id, status.is_ended, set(status.marks), status.n_calls) == ("batches/1", False, {"ms-1"}, 2)
    responses = [
        {"metadata": {"key": "ms-1-1"}, "response": {"candidates": []}},
        {"metadata": {"key": "ms-1-0"}, "error": {"code": 14, "message": "later"}},
        {"response": {}},
    ]
    done = running | {"done": True, "response": {"inlinedResponses": {"inlinedResponses": responses}}}
    assert Gemini().status(told(done)).result_paths == ("/batches/1",)
    assert [(r.custom_id, r.kind, r.raw.http_status) for r in Gemini().results(told(done))] == [
        ("ms-1-1", "replied", 200), ("ms-1-0", "failed", 503)
    ]  # fmt: skip
    failed = running | {"done": True, "error": {"code": 3, "message": "bad model"}}
    assert Gemini().status(told(failed)).failure == "bad model"
    assert [s.id for s in Gemini().listed(told({"operations": [running]}))] == ["batches/1"]
