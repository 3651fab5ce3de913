"""Together's batches: a file of lines as OpenAI's, its own upload and words for how far a batch is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import msgspec

from modelsearch.core.batch import BatchStatus, HttpCall, LineResult, Submission
from modelsearch.core.registry import register
from modelsearch.core.wire import RawReply
from modelsearch.providers.batch.rows import (
    JSON_HEADERS,
    decoded,
    encoded,
    file_id_of,
    file_paths,
    line_bytes,
    lines_of,
    row_result,
    upload_call,
)

_ENDED = frozenset({"COMPLETED", "FAILED", "EXPIRED", "CANCELLED"})


class _Job(msgspec.Struct):
    id: str
    status: str
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: str | None = None
    error: str | None = None


class _Created(msgspec.Struct):
    job: _Job


class _List(msgspec.Struct):
    data: list[_Job]


_ONE = msgspec.json.Decoder(_Job)
_CREATED = msgspec.json.Decoder(_Created)
_LISTED = msgspec.json.Decoder(_List)
_BARE = msgspec.json.Decoder(list[_Job])


@register("batch_dialect", "together", source="https://docs.together.ai/docs/batch-inference")
@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """POST {base}/files/upload, then POST {base}/batches. A batch carries nothing of ours but the id of its file."""

    max_calls: ClassVar[int] = 50_000
    max_bytes: ClassVar[int] = 95_000_000

    def upload(self, submission: Submission) -> HttpCall | None:
        fields = {"purpose": "batch-api", "file_name": f"{submission.name}.jsonl", "file_type": "jsonl"}
        return upload_call("/files/upload", map(line_bytes, submission.lines), fields)

    def file_id(self, raw: RawReply) -> str:
        return file_id_of(raw)

    def create(self, submission: Submission, file_id: str) -> HttpCall:
        asked = {"input_file_id": file_id, "endpoint": f"/v1{submission.lines[0].wire.path}"}
        return HttpCall(method="POST", path="/batches", body=encoded(asked), headers=JSON_HEADERS, is_billed=True)

    def status_call(self, batch_id: str) -> HttpCall:
        return HttpCall(method="GET", path=f"/batches/{batch_id}")

    def status(self, raw: RawReply) -> BatchStatus:
        try:
            return _status(decoded(_CREATED, raw.body).job)
        except ValueError:
            return _status(decoded(_ONE, raw.body))

    def list_call(self) -> HttpCall | None:
        return HttpCall(method="GET", path="/batches")

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        is_bare = raw.body.lstrip().startswith(b"[")
        jobs = decoded(_BARE, raw.body) if is_bare else decoded(_LISTED, raw.body).data
        return [_status(job) for job in jobs]

    def cancel_call(self, batch_id: str) -> HttpCall | None:
        return HttpCall(method="POST", path=f"/batches/{batch_id}/cancel")

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        return lines_of(raw.body, row_result)


def _status(job: _Job) -> BatchStatus:
    files = file_paths((job.output_file_id, job.error_file_id))
    is_ended = job.status in _ENDED
    return BatchStatus(
        id=job.id,
        is_ended=is_ended,
        marks=frozenset({job.input_file_id} if job.input_file_id else ()),
        created_s=datetime.fromisoformat(job.created_at).timestamp() if job.created_at else None,
        result_paths=files if is_ended else (),
        failure=(job.error or "the batch failed") if job.status == "FAILED" and not files else "",
    )
