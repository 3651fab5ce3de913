"""Anthropic's message batches: requests in the body, a file of results in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from modelsearch.core.batch import BatchStatus, HttpCall, LineResult, Submission
from modelsearch.core.registry import register
from modelsearch.core.wire import RawReply
from modelsearch.providers.batch.rows import (
    JSON_HEADERS,
    decoded,
    encoded,
    failed,
    lines_of,
    raw,
    replied,
    unanswered,
)
from modelsearch.providers.wire_values import Number

_PATH = "/messages/batches"
_VERSION = {"anthropic-version": "2023-06-01"}
_STATUS_OF_ERROR = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_MAX_LISTED = 100


class _Batch(msgspec.Struct):
    id: str
    processing_status: str
    request_counts: dict[str, Number] | None = None
    created_at: str | None = None
    results_url: str | None = None


class _List(msgspec.Struct):
    data: list[_Batch]


class _Result(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    custom_id: str
    result: _Result


_BATCH = msgspec.json.Decoder(_Batch)
_LIST = msgspec.json.Decoder(_List)
_LINE = msgspec.json.Decoder(_Line)
_ANY = msgspec.json.Decoder(Any)


@register("batch_dialect", "anthropic", source="https://docs.anthropic.com/en/api/creating-message-batches")
@dataclass(frozen=True, slots=True, kw_only=True)
class Anthropic:
    """POST {base}/messages/batches. A batch carries nothing of ours before its results can be read.

    The URL of the results is not followed: it is known, and a key goes to the provider's own address alone.
    """

    max_calls: ClassVar[int] = 10_000
    max_bytes: ClassVar[int] = 240_000_000

    def upload(self, submission: Submission) -> HttpCall | None:  # noqa: ARG002 - the role's signature
        return None

    def file_id(self, raw: RawReply) -> str:  # noqa: ARG002 - the role's signature
        return ""

    def create(self, submission: Submission, file_id: str) -> HttpCall:  # noqa: ARG002 - the role's signature
        requests = [{"custom_id": line.custom_id, "params": raw(line.wire.body)} for line in submission.lines]
        return HttpCall(
            method="POST",
            path=_PATH,
            body=encoded({"requests": requests}),
            headers={**JSON_HEADERS, **_VERSION},
            is_billed=True,
        )

    def status_call(self, batch_id: str) -> HttpCall:
        return HttpCall(method="GET", path=f"{_PATH}/{batch_id}", headers=_VERSION)

    def status(self, raw: RawReply) -> BatchStatus:
        return _status(decoded(_BATCH, raw.body))

    def list_call(self) -> HttpCall | None:
        return HttpCall(method="GET", path=f"{_PATH}?limit={_MAX_LISTED}", headers=_VERSION)

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        return [_status(batch) for batch in decoded(_LIST, raw.body).data]

    def cancel_call(self, batch_id: str) -> HttpCall | None:
        return HttpCall(method="POST", path=f"{_PATH}/{batch_id}/cancel", headers=_VERSION)

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        return lines_of(raw.body, _line_result)


def _status(batch: _Batch) -> BatchStatus:
    is_ended = batch.processing_status == "ended"
    return BatchStatus(
        id=batch.id,
        is_ended=is_ended,
        n_calls=int(sum(n or 0 for n in (batch.request_counts or {}).values())),
        created_s=datetime.fromisoformat(batch.created_at).timestamp() if batch.created_at else None,
        result_paths=(f"{_PATH}/{batch.id}/results",) if is_ended else (),
    )


def _line_result(line: bytes) -> LineResult:
    found = decoded(_LINE, line)
    result = found.result
    if result.type == "succeeded":
        return replied(found.custom_id, bytes(result.message))
    if result.type == "errored":
        return failed(found.custom_id, _http_status(bytes(result.error)), bytes(result.error))
    return unanswered(found.custom_id, result.type, is_expired=result.type in ("expired", "canceled"))


def _http_status(error: bytes) -> int:
    """The status that the error would have had as the reply of a call."""
    told = decoded(_ANY, error)
    inner = told.get("error") if isinstance(told, dict) else None
    kind = inner.get("type") if isinstance(inner, dict) else told.get("type") if isinstance(told, dict) else None
    return _STATUS_OF_ERROR.get(str(kind), 500)
