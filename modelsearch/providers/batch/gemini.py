"""Gemini's batches: requests in the body of a long-running operation, results in its reply."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from modelsearch.core.batch import BatchStatus, HttpCall, LineResult, Submission
from modelsearch.core.registry import register
from modelsearch.core.wire import RawReply
from modelsearch.providers.batch.rows import JSON_HEADERS, decoded, encoded, failed, raw, replied
from modelsearch.providers.wire_values import Number

_LIVE, _BATCH_VERB = ":generateContent", ":batchGenerateContent"
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED")
_HTTP_OF_RPC = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}


class _Error(msgspec.Struct):
    code: Number = None
    message: str = ""


class _Key(msgspec.Struct):
    key: str = ""


class _Inlined(msgspec.Struct):
    metadata: _Key | None = None
    response: msgspec.Raw = msgspec.Raw(b"")
    error: _Error | None = None


class _Responses(msgspec.Struct, rename="camel"):
    inlined_responses: list[_Inlined] | None = None


class _Output(msgspec.Struct, rename="camel"):
    inlined_responses: _Responses | None = None


class _Stats(msgspec.Struct, rename="camel"):
    request_count: str | int | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    state: str = ""
    display_name: str = ""
    create_time: str | None = None
    batch_stats: _Stats | None = None
    output: _Output | None = None


class _Operation(msgspec.Struct):
    name: str
    done: bool = False
    metadata: _Metadata | None = None
    response: _Output | None = None
    error: _Error | None = None


class _List(msgspec.Struct):
    operations: list[_Operation] | None = None


_OPERATION = msgspec.json.Decoder(_Operation)
_LIST = msgspec.json.Decoder(_List)


@register("batch_dialect", "gemini", source="https://ai.google.dev/api/batch-api")
@dataclass(frozen=True, slots=True, kw_only=True)
class Gemini:
    """POST {base}/models/NAME:batchGenerateContent with the requests inline; our name is the batch's display name."""

    max_calls: ClassVar[int] = 10_000
    max_bytes: ClassVar[int] = 18_000_000

    def upload(self, submission: Submission) -> HttpCall | None:  # noqa: ARG002 - the role's signature
        return None

    def file_id(self, raw: RawReply) -> str:  # noqa: ARG002 - the role's signature
        return ""

    def create(self, submission: Submission, file_id: str) -> HttpCall:  # noqa: ARG002 - the role's signature
        requests = [{"request": raw(line.wire.body), "metadata": {"key": line.custom_id}} for line in submission.lines]
        batch = {"displayName": submission.name, "inputConfig": {"requests": {"requests": requests}}}
        path = submission.lines[0].wire.path.replace(_LIVE, _BATCH_VERB)
        return HttpCall(method="POST", path=path, body=encoded({"batch": batch}), headers=JSON_HEADERS, is_billed=True)

    def status_call(self, batch_id: str) -> HttpCall:
        return HttpCall(method="GET", path=f"/{batch_id}")

    def status(self, raw: RawReply) -> BatchStatus:
        return _status(decoded(_OPERATION, raw.body))

    def list_call(self) -> HttpCall | None:
        return HttpCall(method="GET", path="/batches?pageSize=100")

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        return [_status(operation) for operation in decoded(_LIST, raw.body).operations or ()]

    def cancel_call(self, batch_id: str) -> HttpCall | None:
        return HttpCall(method="POST", path=f"/{batch_id}:cancel")

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        return list(_results(decoded(_OPERATION, raw.body)))


def _status(operation: _Operation) -> BatchStatus:
    about = operation.metadata or _Metadata()
    is_ended = operation.done or about.state.endswith(_ENDED)
    is_refused = is_ended and operation.error is not None and not _inlined(operation)
    told = operation.error.message if operation.error else ""
    return BatchStatus(
        id=operation.name,
        is_ended=is_ended,
        marks=frozenset({about.display_name} if about.display_name else ()),
        n_calls=int(about.batch_stats.request_count or 0) if about.batch_stats else 0,
        created_s=datetime.fromisoformat(about.create_time).timestamp() if about.create_time else None,
        result_paths=(f"/{operation.name}",) if is_ended and not is_refused else (),
        failure=(told or "the batch failed") if is_refused else "",
    )


def _inlined(operation: _Operation) -> list[_Inlined]:
    """The results, which stand in the operation's response, or in its metadata's output."""
    for output in (operation.response, operation.metadata.output if operation.metadata else None):
        if output is not None and output.inlined_responses is not None:
            return output.inlined_responses.inlined_responses or []
    return []


def _results(operation: _Operation) -> Iterator[LineResult]:
    for row in _inlined(operation):
        custom_id = row.metadata.key if row.metadata else ""
        if not custom_id:
            continue
        if bytes(row.response):
            yield replied(custom_id, bytes(row.response))
        else:
            error = row.error or _Error(message="no reply")
            status = _HTTP_OF_RPC.get(int(error.code or 0), 500)
            body: dict[str, Any] = {"error": {"code": status, "message": error.message}}
            yield failed(custom_id, status, encoded(body))
