"""What batch dialects share: files of one JSON object a line, uploads, and the row that most results come in."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import msgspec

from modelsearch.core.batch import BatchLine, HttpCall, LineResult
from modelsearch.core.wire import BATCH_PROCESSING, PROCESSING_HEADER, RawReply
from modelsearch.providers.wire_values import Number, error_of

NAME_KEY = "modelsearch"
"""Under which our own name of a batch stands in its metadata."""
JSON_HEADERS = {"content-type": "application/json"}
_EXPIRED = ("expired", "cancelled", "canceled")
_OK = range(200, 300)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODE = msgspec.json.Encoder().encode
T = TypeVar("T")


class _Response(msgspec.Struct):
    status_code: Number = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class Row(msgspec.Struct):
    """One result as OpenAI and those like it write it: a response, or an error."""

    custom_id: str
    response: _Response | None = None
    error: Any = None


_ROW = msgspec.json.Decoder(Row)


def encoded(value: object) -> bytes:
    """JSON, keys in their order."""
    return _ENCODE(value)


def raw(body: bytes) -> msgspec.Raw:
    """JSON that goes into other JSON as it is."""
    return msgspec.Raw(body)


def line_bytes(line: BatchLine, **fields: object) -> bytes:
    """A line of an input file: custom id, `fields`, and the request's own body untouched."""
    return _ENCODE({"custom_id": line.custom_id, **fields, "body": raw(line.wire.body)})


def upload_call(path: str, lines: Iterable[bytes], fields: dict[str, str]) -> HttpCall:
    """A file of lines and some fields, sent as a multipart form."""
    boundary = f"modelsearch-{uuid4().hex}"
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="batch.jsonl"\r\n'
        "content-type: application/jsonl\r\n\r\n"
    )
    content = b"".join(line + b"\n" for line in lines)
    body = b"".join([*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    return HttpCall(method="POST", path=path, body=body, headers=headers)


def file_paths(file_ids: Iterable[str | None]) -> tuple[str, ...]:
    """Where the files can be had that there are."""
    return tuple(f"/files/{file_id}/content" for file_id in file_ids if file_id)


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """A typed body.

    Raises:
        ValueError: it is no such JSON.
    """
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        message = f"batch reply: {error}"
        raise ValueError(message) from error


def file_id_of(reply: RawReply) -> str:
    """`id` of an uploaded file.

    Raises:
        ValueError: there is none.
    """
    found = decoded(_OBJECT, reply.body).get("id")
    text = decoded(msgspec.json.Decoder(), bytes(found)) if found is not None else None
    if not isinstance(text, str) or not text:
        message = "batch reply: expected the id of the uploaded file, got none"
        raise ValueError(message)
    return text


def lines_of(body: bytes, read: Callable[[bytes], LineResult]) -> list[LineResult]:
    """The results of a file of lines; one that cannot be read is left out, and its call counts as perhaps billed."""
    return list(_readable(body.splitlines(), read))


def _readable(lines: Iterable[bytes], read: Callable[[bytes], LineResult]) -> Iterator[LineResult]:
    for line in lines:
        if line.strip():
            try:
                yield read(line)
            except ValueError:
                continue


def results_of(rows: Sequence[msgspec.Raw]) -> list[LineResult]:
    """Results that are the elements of a list; unreadable ones are left out, as in `lines_of`."""
    return list(_readable(map(bytes, rows), row_result))


def row_result(line: bytes) -> LineResult:
    """The result of a row in OpenAI's format.

    Raises:
        ValueError: it is no such row.
    """
    row = decoded(_ROW, line)
    status = int(row.response.status_code or 0) if row.response is not None else 0
    if row.response is not None and status in _OK:
        return replied(row.custom_id, bytes(row.response.body))
    error = error_of(row.error)
    if row.response is None or status == 0:
        is_expired = any(word in error.words for word in _EXPIRED)
        return unanswered(row.custom_id, error.text or "no reply", is_expired=is_expired)
    return failed(row.custom_id, status, bytes(row.response.body))


def replied(custom_id: str, body: bytes) -> LineResult:
    """A request that was answered; how long it took nobody knows."""
    headers = {PROCESSING_HEADER: BATCH_PROCESSING}
    raw_reply = RawReply(http_status=200, body=body, headers=headers, latency_s=math.nan)
    return LineResult(custom_id=custom_id, kind="replied", raw=raw_reply)


def failed(custom_id: str, status: int, body: bytes) -> LineResult:
    """A request that got an error as a live call would have got it."""
    return LineResult(custom_id=custom_id, kind="failed", raw=RawReply(http_status=status, body=body))


def unanswered(custom_id: str, why: str, *, is_expired: bool) -> LineResult:
    """A request that was not done, in time or at all."""
    raw_reply = RawReply(http_status=0, is_sent=False, failure=why)
    return LineResult(custom_id=custom_id, kind="expired" if is_expired else "failed", raw=raw_reply)
