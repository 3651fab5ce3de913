"""OpenRouter's batches: requests in the body, results in the reply that tells how far the batch is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from modelsearch.core.batch import BatchStatus, HttpCall, LineResult, Submission
from modelsearch.core.registry import register
from modelsearch.core.wire import RawReply
from modelsearch.providers.batch.openai import ENDED
from modelsearch.providers.batch.rows import JSON_HEADERS, decoded, encoded, raw, results_of
from modelsearch.providers.wire_values import Number, error_of


class _Counts(msgspec.Struct):
    total: Number = None


class _Batch(msgspec.Struct):
    id: str
    status: str
    request_counts: _Counts | None = None
    created_at: Number = None
    results: list[msgspec.Raw] | None = None
    error: Any = None


class _List(msgspec.Struct):
    data: list[_Batch] | None = None


_BATCH = msgspec.json.Decoder(_Batch)
_LIST = msgspec.json.Decoder(_List)


@register("batch_dialect", "openrouter", source="https://openrouter.ai/docs/batch-quickstart")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRouter:
    """POST {base}/batches, one model a batch; `endpoint` and `model` before `requests`, which it reads as a stream.

    A batch carries nothing of ours before its results can be read, and cannot be stopped.
    """

    max_calls: ClassVar[int] = 5_000
    max_bytes: ClassVar[int] = 90_000_000

    def upload(self, submission: Submission) -> HttpCall | None:  # noqa: ARG002 - the role's signature
        return None

    def file_id(self, raw: RawReply) -> str:  # noqa: ARG002 - the role's signature
        return ""

    def create(self, submission: Submission, file_id: str) -> HttpCall:  # noqa: ARG002 - the role's signature
        asked = {
            "endpoint": f"/v1{submission.lines[0].wire.path}",
            "model": submission.model,
            "requests": [{"custom_id": line.custom_id, "body": raw(line.wire.body)} for line in submission.lines],
        }
        return HttpCall(method="POST", path="/batches", body=encoded(asked), headers=JSON_HEADERS, is_billed=True)

    def status_call(self, batch_id: str) -> HttpCall:
        return HttpCall(method="GET", path=f"/batches/{batch_id}")

    def status(self, raw: RawReply) -> BatchStatus:
        return _status(decoded(_BATCH, raw.body))

    def list_call(self) -> HttpCall | None:
        return HttpCall(method="GET", path="/batches")

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        return [_status(batch) for batch in decoded(_LIST, raw.body).data or ()]

    def cancel_call(self, batch_id: str) -> HttpCall | None:  # noqa: ARG002 - the role's signature
        return None

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        return results_of(decoded(_BATCH, raw.body).results or ())


def _status(batch: _Batch) -> BatchStatus:
    is_refused = batch.status == "failed" and not batch.results
    return BatchStatus(
        id=batch.id,
        is_ended=batch.status in ENDED,
        n_calls=int(batch.request_counts.total or 0) if batch.request_counts else 0,
        created_s=None if batch.created_at is None else float(batch.created_at),
        result_paths=(f"/batches/{batch.id}",) if batch.status in ENDED and not is_refused else (),
        failure=(error_of(batch.error).text or "the batch failed") if is_refused else "",
    )
