"""Mistral's batch jobs: a file of lines, a job of it, files of results and errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from modelsearch.core.batch import BatchStatus, HttpCall, LineResult, Submission
from modelsearch.core.registry import register
from modelsearch.core.wire import RawReply
from modelsearch.providers.batch.rows import (
    JSON_HEADERS,
    NAME_KEY,
    decoded,
    encoded,
    file_id_of,
    file_paths,
    line_bytes,
    lines_of,
    row_result,
    upload_call,
)
from modelsearch.providers.wire_values import Number, error_of

_ENDED = frozenset({"SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED"})
_TIMEOUT_H = 24


class _Job(msgspec.Struct):
    id: str
    status: str
    input_files: list[str] | None = None
    output_file: str | None = None
    error_file: str | None = None
    metadata: dict[str, Any] | None = None
    total_requests: Number = None
    created_at: Number = None
    errors: list[Any] | None = None


class _List(msgspec.Struct):
    data: list[_Job] | None = None


_JOB = msgspec.json.Decoder(_Job)
_LIST = msgspec.json.Decoder(_List)


@register("batch_dialect", "mistral", source="https://docs.mistral.ai/api/endpoint/batch")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mistral:
    """POST {base}/files, then POST {base}/batch/jobs; the model is the job's, and our name stands in its metadata."""

    max_calls: ClassVar[int] = 50_000
    max_bytes: ClassVar[int] = 190_000_000

    def upload(self, submission: Submission) -> HttpCall | None:
        return upload_call("/files", map(line_bytes, submission.lines), {"purpose": "batch"})

    def file_id(self, raw: RawReply) -> str:
        return file_id_of(raw)

    def create(self, submission: Submission, file_id: str) -> HttpCall:
        asked = {
            "input_files": [file_id],
            "model": submission.model,
            "endpoint": f"/v1{submission.lines[0].wire.path}",
            "metadata": {NAME_KEY: submission.name},
            "timeout_hours": _TIMEOUT_H,
        }
        return HttpCall(method="POST", path="/batch/jobs", body=encoded(asked), headers=JSON_HEADERS, is_billed=True)

    def status_call(self, batch_id: str) -> HttpCall:
        return HttpCall(method="GET", path=f"/batch/jobs/{batch_id}")

    def status(self, raw: RawReply) -> BatchStatus:
        return _status(decoded(_JOB, raw.body))

    def list_call(self) -> HttpCall | None:
        return HttpCall(method="GET", path="/batch/jobs?page_size=100")

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        return [_status(job) for job in decoded(_LIST, raw.body).data or ()]

    def cancel_call(self, batch_id: str) -> HttpCall | None:
        return HttpCall(method="POST", path=f"/batch/jobs/{batch_id}/cancel")

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        return lines_of(raw.body, row_result)


def _status(job: _Job) -> BatchStatus:
    files = file_paths((job.output_file, job.error_file))
    is_ended = job.status in _ENDED
    marks = [str((job.metadata or {}).get(NAME_KEY) or ""), *(job.input_files or ())]
    return BatchStatus(
        id=job.id,
        is_ended=is_ended,
        marks=frozenset(mark for mark in marks if mark),
        n_calls=int(job.total_requests or 0),
        created_s=None if job.created_at is None else float(job.created_at),
        result_paths=files if is_ended else (),
        failure=_failure(job) if job.status == "FAILED" and not files else "",
    )


def _failure(job: _Job) -> str:
    first = job.errors[0] if job.errors else None
    return error_of(first).text or "the job failed"
