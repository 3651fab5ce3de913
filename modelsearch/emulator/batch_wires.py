"""The batch endpoints of OpenAI, OpenRouter and Anthropic, seen from the server."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from modelsearch.emulator.batch import BatchWork, Done, EmulatedBatch, Line, json_lines
from modelsearch.emulator.wire import Headers, Trouble, WireAnswer, WireError, WireFormat, encoded

_CHAT = "/v1/chat/completions"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAsked:
    """A request to a batch endpoint: method, path below the provider, headers and body."""

    method: str
    path: str
    headers: Headers
    body: bytes
    provider_id: str


class BatchWire(Protocol):
    """One provider's batch API."""

    def is_path(self, method: str, path: str) -> bool:
        """Whether the path is of this API."""
        ...

    async def answer(self, work: BatchWork, wire: WireFormat, asked: BatchAsked) -> WireAnswer:
        """The response.

        Raises:
            WireError: there is none.
        """
        ...


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise WireError(Trouble.BAD_REQUEST, f"We could not parse the request: {error}") from error
    if not isinstance(parsed, dict):
        raise WireError(Trouble.BAD_REQUEST, "expected a JSON object")
    return parsed


def _ok(value: object, status: int = 200) -> WireAnswer:
    return WireAnswer(status=status, body=encoded(value))


def _row(done: Done) -> bytes:
    """A result as OpenAI writes it; the inner body as it is."""
    head = f'{{"id":"row_{done.custom_id}","custom_id":{json.dumps(done.custom_id)},'.encode()
    if done.state == "expired":
        error = {"code": "batch_expired", "message": "This request could not be executed before the batch expired."}
        return head + b'"response":null,"error":' + encoded(error) + b"}"
    return head + f'"response":{{"status_code":{done.status},"body":'.encode() + done.body + b'},"error":null}'


@dataclass(frozen=True, slots=True)
class OpenAiBatches:
    """Files, and batches of them: `/files`, `/batches`."""

    def is_path(self, method: str, path: str) -> bool:
        return path.partition("/")[0] in ("files", "batches") and method in ("GET", "POST")

    async def answer(self, work: BatchWork, wire: WireFormat, asked: BatchAsked) -> WireAnswer:
        parts = asked.path.split("/")
        if parts == ["files"] and asked.method == "POST":
            return _ok(_file_object(work, _form_file(asked)))
        if parts == ["batches"] and asked.method == "POST":
            return await self._create(work, wire, asked)
        if parts == ["batches"]:
            listed = [_openai_batch(batch) for batch in work.of(asked.provider_id)]
            return _ok({"object": "list", "data": listed, "has_more": False})
        if parts[0] == "files" and parts[2:] == ["content"]:
            return WireAnswer(status=200, body=_openai_file(work, asked.provider_id, parts[1]))
        batch = work.batch(asked.provider_id, parts[1])
        if parts[2:] == ["cancel"]:
            batch.ends_s = 0.0
        return _ok(_openai_batch(batch))

    async def _create(self, work: BatchWork, wire: WireFormat, asked: BatchAsked) -> WireAnswer:
        given = _parsed(asked.body)
        file_id = str(given.get("input_file_id"))
        if file_id not in work.files or given.get("endpoint") != _CHAT or given.get("completion_window") != "24h":
            raise WireError(Trouble.BAD_REQUEST, f"input_file_id, endpoint or completion_window is wrong: {given}")
        rows = json_lines(work.files[file_id])
        lines = [_line(row, "body") for row in rows]
        metadata = given.get("metadata") or {}
        batch = work.submit(wire, asked.provider_id, lines, file_id=file_id, metadata=metadata)
        await asyncio.sleep(work.habits.answer_s)
        return _ok(_openai_batch(batch) | {"status": "validating"})


def _file_object(work: BatchWork, content: bytes) -> dict[str, Any]:
    """A file that was taken, as the official client wants it told."""
    now = int(datetime.now(UTC).timestamp())
    file = {"bytes": len(content), "created_at": now, "filename": "batch.jsonl", "status": "processed"}
    return {"id": work.file(content), "object": "file", "purpose": "batch", **file}


def _line(row: Mapping[str, Any], name: str) -> Line:
    if not isinstance(row.get("custom_id"), str) or not isinstance(row.get(name), dict):
        raise WireError(Trouble.BAD_REQUEST, f"expected custom_id and {name} in each request")
    return Line(custom_id=row["custom_id"], body=json.dumps(row[name]).encode())


def _form_file(asked: BatchAsked) -> bytes:
    """The file of a multipart form."""
    kind = asked.headers.get(b"content-type", b"")
    _, _, boundary = kind.partition(b"boundary=")
    for part in asked.body.split(b"--" + boundary) if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    raise WireError(Trouble.BAD_REQUEST, "expected a multipart form with a file")


def _openai_batch(batch: EmulatedBatch) -> dict[str, Any]:
    n_done = batch.count("done")
    is_expired = batch.count("expired") > 0
    return {
        "id": batch.id, "object": "batch", "endpoint": _CHAT, "completion_window": "24h", "errors": None,
        "status": ("expired" if is_expired else "completed") if batch.is_ended else "in_progress",
        "input_file_id": batch.file_id, "created_at": int(batch.created_s), "metadata": dict(batch.metadata),
        "output_file_id": f"out-{batch.id}" if batch.is_ended and n_done else None,
        "error_file_id": f"err-{batch.id}" if batch.is_ended and n_done < len(batch.lines) else None,
        "request_counts": {
            "total": len(batch.lines), "completed": n_done if batch.is_ended else 0,
            "failed": len(batch.lines) - n_done if batch.is_ended else 0,
        },
    }  # fmt: skip


def _openai_file(work: BatchWork, provider_id: str, file_id: str) -> bytes:
    which, _, batch_id = file_id.partition("-")
    batch = work.batch(provider_id, batch_id)
    is_output = which == "out"
    return b"".join(_row(line) + b"\n" for line in batch.lines if (line.state == "done") is is_output)


@dataclass(frozen=True, slots=True)
class OpenRouterBatches:
    """All in one place: `/batches` with requests in the body, results in the reply."""

    def is_path(self, method: str, path: str) -> bool:
        return path.partition("/")[0] == "batches" and method in ("GET", "POST")

    async def answer(self, work: BatchWork, wire: WireFormat, asked: BatchAsked) -> WireAnswer:
        parts = asked.path.split("/")
        if asked.method == "POST":
            given = _parsed(asked.body)
            if list(given)[:2] != ["endpoint", "model"] or given["endpoint"] != _CHAT:
                raise WireError(Trouble.BAD_REQUEST, "endpoint and model must come before requests")
            lines = [_line(row, "body") for row in given.get("requests") or ()]
            if any(json.loads(line.body).get("model", given["model"]) != given["model"] for line in lines):
                raise WireError(Trouble.BAD_REQUEST, "every request must be for the batch's model")
            batch = work.submit(wire, asked.provider_id, lines)
            await asyncio.sleep(work.habits.answer_s)
            return _ok(_router_batch(batch) | {"status": "validating"}, status=202)
        if len(parts) == 1:
            return _ok({"data": [_router_batch(batch) for batch in work.of(asked.provider_id)]})
        batch = work.batch(asked.provider_id, parts[1])
        body = encoded(_router_batch(batch))
        if batch.is_ended:
            rows = b",".join(_row(line) for line in batch.lines)
            body = body[:-1] + b',"results":[' + rows + b"]}"
        return WireAnswer(status=200, body=body)


def _router_batch(batch: EmulatedBatch) -> dict[str, Any]:
    return {
        "id": batch.id, "object": "batch", "status": "completed" if batch.is_ended else "in_progress",
        "created_at": int(batch.created_s), "request_counts": {"total": len(batch.lines)},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnthropicBatches:
    """`/messages/batches`, results as a file of lines below each."""

    def is_path(self, method: str, path: str) -> bool:
        return path.split("/")[:2] == ["messages", "batches"] and method in ("GET", "POST")

    async def answer(self, work: BatchWork, wire: WireFormat, asked: BatchAsked) -> WireAnswer:
        if b"anthropic-version" not in asked.headers:
            raise WireError(Trouble.BAD_REQUEST, "anthropic-version: header is required")
        parts = asked.path.split("/")[2:]
        if not parts and asked.method == "POST":
            lines = [_line(row, "params") for row in _parsed(asked.body).get("requests") or ()]
            batch = work.submit(wire, asked.provider_id, lines)
            await asyncio.sleep(work.habits.answer_s)
            return _ok(_message_batch(batch, is_ended=False))
        if not parts:
            listed = [_message_batch(batch, is_ended=batch.is_ended) for batch in work.of(asked.provider_id)]
            return _ok({"data": listed, "has_more": False, "first_id": None, "last_id": None})
        batch = work.batch(asked.provider_id, parts[0])
        if parts[1:] == ["results"] and batch.is_ended:
            return WireAnswer(status=200, body=b"".join(_message_line(line) + b"\n" for line in batch.lines))
        if parts[1:] == ["cancel"]:
            batch.ends_s = 0.0
        return _ok(_message_batch(batch, is_ended=batch.is_ended))


def _message_batch(batch: EmulatedBatch, *, is_ended: bool) -> dict[str, Any]:
    created = datetime.fromtimestamp(batch.created_s, tz=UTC).isoformat()
    counts = {"processing": 0, "canceled": 0, "succeeded": batch.count("done"), "errored": batch.count("error")}
    waiting = {"processing": len(batch.lines), "canceled": 0, "succeeded": 0, "errored": 0, "expired": 0}
    return {
        "id": batch.id, "type": "message_batch", "processing_status": "ended" if is_ended else "in_progress",
        "request_counts": counts | {"expired": batch.count("expired")} if is_ended else waiting,
        "created_at": created, "expires_at": created, "ended_at": created if is_ended else None,
        "archived_at": None, "cancel_initiated_at": None,
        "results_url": f"/v1/messages/batches/{batch.id}/results" if is_ended else None,
    }  # fmt: skip


def _message_line(done: Done) -> bytes:
    head = f'{{"custom_id":{json.dumps(done.custom_id)},"result":'.encode()
    if done.state == "expired":
        return head + b'{"type":"expired"}}'
    if done.state == "error":
        return head + b'{"type":"errored","error":' + done.body + b"}}"
    return head + b'{"type":"succeeded","message":' + done.body + b"}}"


BATCH_WIRES: Mapping[str, BatchWire] = {
    "openai": OpenAiBatches(),
    "openrouter": OpenRouterBatches(),
    "anthropic": AnthropicBatches(),
}
"""By the batch dialect of the provider."""
