"""OpenAI's batches: a file of lines, a batch of it, a file of results and one of errors."""

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

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_MAX_LISTED = 100


class _Counts(msgspec.Struct):
    total: Number = None


class _Batch(msgspec.Struct):
    id: str
    status: str
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    metadata: dict[str, Any] | None = None
    request_counts: _Counts | None = None
    created_at: Number = None
    errors: Any = None


class _List(msgspec.Struct):
    data: list[_Batch]


_BATCH = msgspec.json.Decoder(_Batch)
_LIST = msgspec.json.Decoder(_List)


@register("batch_dialect", "openai", source="https://platform.openai.com/docs/api-reference/batch")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAi:
    """POST {base}/files, then POST {base}/batches; one model a file. Our name of a batch goes into its metadata."""

    max_calls: ClassVar[int] = 50_000
    max_bytes: ClassVar[int] = 190_000_000

    def upload(self, submission: Submission) -> HttpCall | None:
        lines = (line_bytes(line, method="POST", url=f"/v1{line.wire.path}") for line in submission.lines)
        return upload_call("/files", lines, {"purpose": "batch"})

    def file_id(self, raw: RawReply) -> str:
        return file_id_of(raw)

    def create(self, submission: Submission, file_id: str) -> HttpCall:
        asked = {
            "input_file_id": file_id,
            "endpoint": f"/v1{submission.lines[0].wire.path}",
            "completion_window": "24h",
            "metadata": {NAME_KEY: submission.name},
        }
        return HttpCall(method="POST", path="/batches", body=encoded(asked), headers=JSON_HEADERS, is_billed=True)

    def status_call(self, batch_id: str) -> HttpCall:
        return HttpCall(method="GET", path=f"/batches/{batch_id}")

    def status(self, raw: RawReply) -> BatchStatus:
        return _status(decoded(_BATCH, raw.body))

    def list_call(self) -> HttpCall | None:
        return HttpCall(method="GET", path=f"/batches?limit={_MAX_LISTED}")

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        return [_status(batch) for batch in decoded(_LIST, raw.body).data]

    def cancel_call(self, batch_id: str) -> HttpCall | None:
        return HttpCall(method="POST", path=f"/batches/{batch_id}/cancel")

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        return lines_of(raw.body, row_result)


def _status(batch: _Batch) -> BatchStatus:
    files = file_paths((batch.output_file_id, batch.error_file_id))
    marks = [str((batch.metadata or {}).get(NAME_KEY) or ""), batch.input_file_id or ""]
    return BatchStatus(
        id=batch.id,
        is_ended=batch.status in ENDED,
        marks=frozenset(mark for mark in marks if mark),
        n_calls=int(batch.request_counts.total or 0) if batch.request_counts else 0,
        created_s=None if batch.created_at is None else float(batch.created_at),
        result_paths=files if batch.status in ENDED else (),
        failure=_failure(batch) if batch.status == "failed" and not files else "",
    )


def _failure(batch: _Batch) -> str:
    """Why a batch was refused as a whole: the first of its errors."""
    told = batch.errors.get("data") if isinstance(batch.errors, dict) else None
    first = told[0] if isinstance(told, list) and told else None
    return error_of(first).text or "the batch failed validation"
