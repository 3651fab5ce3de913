"""A submission of two requests, and the shortest way to a reply."""

import json
from typing import Any

from modelsearch.core.batch import BatchLine, Submission
from modelsearch.core.wire import RawReply, WireRequest

BODY_A, BODY_B = b'{"model":"m","messages":[{"role":"user","content":"a"}]}', b'{"model":"m","messages":[]}'
GOOD = {"choices": [{"message": {"content": "yes"}}], "usage": {"prompt_tokens": 1}}


def submission(path: str = "/chat/completions") -> Submission:
    """Two requests of the model m."""
    lines = [
        BatchLine(custom_id=f"ms-1-{n}", wire=WireRequest(path=path, body=body))
        for n, body in enumerate((BODY_A, BODY_B))
    ]
    return Submission(name="ms-1", model="m", lines=lines)


def told(value: Any) -> RawReply:
    """A 200 with this JSON."""
    return RawReply(http_status=200, body=json.dumps(value).encode())


def rows(*values: Any) -> RawReply:
    """A 200 with one JSON value a line."""
    return RawReply(http_status=200, body=b"".join(json.dumps(value).encode() + b"\n" for value in values))


def row(custom_id: str, status: int = 200, body: Any = None, error: Any = None) -> dict[str, Any]:
    """A result as OpenAI writes it."""
    response = None if status == 0 else {"status_code": status, "body": GOOD if body is None else body}
    return {"id": "r", "custom_id": custom_id, "response": response, "error": error}


def posted_lines(body: bytes) -> list[dict[str, Any]]:
    """The lines of the file in a multipart body."""
    return [json.loads(line) for line in body.split(b"\r\n") for line in line.split(b"\n") if line.startswith(b"{")]
