"""The door for production feedback: a small authenticated HTTP application.

`POST /feedback/TASK` with `Authorization: Bearer KEY` and rows as JSON (an object, a list, or `{"rows": [...]}`) or as
JSON lines; `GET` tells how many rows of that task are kept. Each task has its own key, in the environment variable that
MODELSEARCH_FEEDBACK_KEYS names; a key opens its own task only, and says nothing of whether others exist. Sent twice is
kept once, so whoever is not sure sends again.

The key is looked at before a byte of the body. Nothing here logs, and no answer repeats what was sent but for a short
printable excerpt of a wrong value.
"""

import hashlib
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from flows.bounded_body import bounded_body
from modelsearch.core.errors import FeedbackError, StoreError
from modelsearch.core.feedback import FeedbackRow
from modelsearch.core.ids import TaskId
from modelsearch.settings import Settings
from modelsearch.store.feedback import FeedbackStore
from modelsearch.taskfile.feedback import feedback_rows

PATH = "/feedback/{task_id}"
OPEN_PATH = "/feedback"
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, kw_only=True)
class FeedbackLimits:
    """What a sender may do.

    Attributes:
        most_bytes: of a body; most_rows: in one.
        body_s: within which all of it must be here.
        a_minute: requests of one task, and from one address with a wrong key.
    """

    most_bytes: int = 1_000_000
    most_rows: int = 10_000
    body_s: float = 10.0
    a_minute: int = 120


def feedback_app(settings: Settings, store: FeedbackStore, limits: FeedbackLimits | None = None) -> Starlette:
    """The application.

    Raises:
        FeedbackError: no task has a key, a key's variable is not set, or two tasks share one.
    """
    door = FeedbackDoor(_keys_of(settings), store, limits or FeedbackLimits())
    return Starlette(routes=feedback_routes(door), exception_handlers={HTTPException: _refused})


def feedback_door(settings: Settings) -> "FeedbackDoor":
    """The door to the project's own feedback.

    Raises:
        FeedbackError: as `feedback_app`.
    """
    return FeedbackDoor(_keys_of(settings), FeedbackStore(settings.feedback), FeedbackLimits())


def feedback_routes(door: "FeedbackDoor") -> list[BaseRoute]:
    """For an application that has others besides; what is refused is told in plain text there."""
    return [Route(PATH, door.take, methods=["POST"]), Route(PATH, door.tell, methods=["GET"])]


def _keys_of(settings: Settings) -> dict[TaskId, bytes]:
    """Hash of each task's key."""
    keys: dict[TaskId, bytes] = {}
    for task, variable in settings.feedback_keys.items():
        value = settings.key(variable)
        if value is None or len(value) < 16:
            message = f"feedback of task {task!r}: expected a key of at least 16 characters in the variable {variable}"
            raise FeedbackError(message)
        keys[TaskId(task)] = _hashed(value)
    if not keys:
        raise FeedbackError("feedback: no task has a key: set MODELSEARCH_FEEDBACK_KEYS to task=VARIABLE,...")
    if len(set(keys.values())) < len(keys):
        raise FeedbackError("feedback: two tasks have the same key: give each its own")
    return keys


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


@dataclass(kw_only=True)
class _Rate:
    """At most so many a minute of each name: a bucket that fills steadily. Of the names that are still, few are kept.

    Attributes:
        now_s: monotonic seconds.
    """

    a_minute: int
    now_s: Callable[[], float] = time.monotonic
    most_names: int = 10_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, name: str) -> float:
        """0 where one more is allowed, which is then taken; else how long to wait."""
        now_s = self.now_s()
        left, then_s = self._left.pop(name, (float(self.a_minute), now_s))
        left = min(float(self.a_minute), left + (now_s - then_s) * self.a_minute / 60)
        self._left[name] = (left - 1 if left >= 1 else left, now_s)
        while len(self._left) > self.most_names:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) * 60 / self.a_minute


class FeedbackDoor:
    """Keys, limits and the store behind the two routes."""

    def __init__(self, keys: Mapping[TaskId, bytes], store: FeedbackStore, limits: FeedbackLimits) -> None:
        self._keys, self._store, self._limits = keys, store, limits
        self._by_task = _Rate(a_minute=limits.a_minute)
        self._by_address = _Rate(a_minute=limits.a_minute)

    async def take(self, request: Request) -> Response:
        """Keep the rows of a body, all or none."""
        task_id = self._task_of(request)
        body = await self._body(request)
        rows = await run_in_threadpool(self._rows, body, request.headers.get("content-type", ""), task_id)
        try:
            kept = await run_in_threadpool(self._store.append, rows, received_by="http", now=datetime.now(UTC))
        except StoreError as error:
            raise HTTPException(503, "feedback cannot be kept now: send it again later") from error
        told = {"kept": kept.n_new, "known": kept.n_known, "clashing": list(kept.clashing[:20])}
        return JSONResponse(told, status_code=409 if kept.clashing else 200, headers=_HEADERS)

    async def tell(self, request: Request) -> Response:
        """How many rows of the task are kept, by candidate."""
        task_id = self._task_of(request)
        try:
            tallies = await run_in_threadpool(self._store.tallies, task_id, before=date.max)
        except StoreError as error:
            raise HTTPException(503, "feedback cannot be read now") from error
        counts: dict[str, int] = {}
        for tally in tallies:
            counts[tally.candidate_id] = counts.get(tally.candidate_id, 0) + tally.n_rows
        return JSONResponse({"task": task_id, "rows": counts}, headers=_HEADERS)

    def _task_of(self, request: Request) -> TaskId:
        """The task of the path, if the key is its own.

        Raises:
            HTTPException: 401 without a right key, 403 for another task than the key's, 429 when it is too often.
        """
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        given = _hashed(key.strip())
        # all of them are compared, each in constant time: neither which nor how many comes out by the clock
        found = [task for task, own in self._keys.items() if hmac.compare_digest(own, given)]
        if scheme.lower() != "bearer" or not found:
            _check_rate(self._by_address, request.client.host if request.client else "")
            raise HTTPException(401, "expected `Authorization: Bearer KEY`", {"www-authenticate": "Bearer"})
        _check_rate(self._by_task, found[0])
        if found[0] != request.path_params["task_id"]:
            raise HTTPException(403, "this key is for another task")
        return found[0]

    async def _body(self, request: Request) -> bytes:
        limits = self._limits
        return await bounded_body(request, HTTPException, most_bytes=limits.most_bytes, most_s=limits.body_s)

    def _rows(self, body: bytes, content_type: str, task_id: TaskId) -> tuple[FeedbackRow, ...]:
        found = _lines_of(body) if "ndjson" in content_type or "jsonl" in content_type else _json_of(body)
        if isinstance(found, dict):
            found = found["rows"] if set(found) == {"rows"} else [found]
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise HTTPException(422, 'expected an object, a list of objects, or {"rows": [...]}')
        if not 1 <= len(found) <= self._limits.most_rows:
            raise HTTPException(422, f"expected 1 to {self._limits.most_rows} rows, got {len(found)}")
        try:
            return feedback_rows([*enumerate(found, start=1)], "feedback", now=datetime.now(UTC), task_id=task_id)
        except FeedbackError as error:
            raise HTTPException(422, str(error)) from error


def _check_rate(rate: _Rate, name: str) -> None:
    wait_s = rate.wait_s(name)
    if wait_s > 0:
        raise HTTPException(429, "too many requests", {"retry-after": str(int(wait_s) + 1)})


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is no JSON in UTF-8") from error


def _lines_of(body: bytes) -> list[Any]:
    return [_json_of(line) for line in body.split(b"\n") if line.strip()]


async def _refused(_: Request, error: Exception) -> Response:
    status, detail, headers = 500, "", None
    if isinstance(error, HTTPException):
        status, detail, headers = error.status_code, error.detail, error.headers
    return JSONResponse({"error": detail}, status_code=status, headers={**_HEADERS, **(headers or {})})
