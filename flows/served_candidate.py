"""A certified candidate behind OpenAI's API: `POST /v1/chat/completions`, `GET /v1/models`, `/health`, `/metrics`.

Whoever has money on it gets to it last: the key is looked at before the body, the body before the queue, the queue
before a call, and each call is reserved before it is sent. A page in a browser cannot ask, for it cannot send
`application/json` here without being asked first. Nothing that is sent or answered is logged or kept.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from flows.bounded_body import bounded_body
from flows.served_candidate_wire import (
    ApiError,
    ChatRequest,
    asked_of,
    chat_request,
    chunks,
    completion,
    error_body,
    new_id,
)
from modelsearch.api.serving import Serving
from modelsearch.core.errors import TaskFileError
from modelsearch.evaluate.given import Asked, Given
from modelsearch.observe.prometheus import CONTENT_TYPE
from modelsearch.observe.served import ServedMetrics

ALIAS = "modelsearch"
"""Names the served candidate whatever the task is called."""
_CODES = {413: "request_too_large", 408: "timeout", 400: "invalid_value"}
_PLAIN = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, kw_only=True)
class ServedLimits:
    """What clients may do.

    Attributes:
        most_bytes: of a request's body; body_s: within which all of it must be here.
        n_at_once: requests that are worked on; n_waiting: more that wait; the next is told to come back.
        timeout_s: of a request, its wait included; what was sent for it by then counts as spent.
    """

    most_bytes: int = 1_000_000
    body_s: float = 10.0
    n_at_once: int = 32
    n_waiting: int = 64
    timeout_s: float = 120.0


class ServedDoor:
    """Key, limits and the candidate behind the routes."""

    def __init__(self, serving: Serving, key: str | None, limits: ServedLimits) -> None:
        self._serving, self._limits = serving, limits
        self._key = None if key is None else _hashed(key)
        self._name = serving.deployed.name
        self._turns = asyncio.Semaphore(limits.n_at_once)
        self._n_here = 0
        self._has_objects = any(not isinstance(item.input, str) for item in serving.task.items)
        max_usd = serving.options.max_usd
        self.metrics = ServedMetrics(serving.ledger, max_usd=None if max_usd is None else float(max_usd))

    async def complete(self, request: Request) -> Response:
        """Answer a request."""
        self._check_key(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            message = "expected content-type: application/json"
            raise ApiError(status=415, message=message, code="unsupported_media_type")
        chat = chat_request(await self._body(request), frozenset({self._name, ALIAS}))
        asked = asked_of(chat, self._serving.options.mode, has_object_inputs=self._has_objects)
        given = await self._given(asked)
        headers = {**_PLAIN, **_told(given, chat)}
        if chat.is_stream:
            events = chunks(given, self._name, chat, new_id())
            return StreamingResponse(events, media_type="text/event-stream", headers=headers)
        return JSONResponse(completion(given, self._name, new_id()), headers=headers)

    async def models(self, request: Request) -> Response:
        """What is served: one model."""
        self._check_key(request)
        listed = [{"id": self._name, "object": "model", "created": 0, "owned_by": "modelsearch"}]
        wanted = request.path_params.get("name")
        if wanted is None:
            return JSONResponse({"object": "list", "data": listed}, headers=_PLAIN)
        if wanted not in (self._name, ALIAS):
            raise ApiError(status=404, message="no such model", code="model_not_found", param="model")
        return JSONResponse(listed[0], headers=_PLAIN)

    async def health(self, request: Request) -> Response:
        """Whether it runs; with the key, also what it serves and what it has spent."""
        told: dict[str, Any] = {"status": "ok"}
        if self._is_known(request):
            deployed, spend = self._serving.deployed, self._serving.ledger.spend()
            told |= {
                "model": self._name,
                "mode": self._serving.options.mode,
                "candidate": deployed.candidate.id,
                "certainty": deployed.certainty.value,
                "has_fallback": self._serving.has_fallback,
                "spend_usd": f"{spend.committed_usd:f}",
                "limit_usd": None if (most := self._serving.options.max_usd) is None else f"{most:f}",
            }
        return JSONResponse(told, headers=_PLAIN)

    async def measured(self, request: Request) -> Response:
        """The Prometheus page."""
        self._check_key(request)
        return Response(self.metrics.page(), media_type=CONTENT_TYPE, headers=_PLAIN)

    async def _given(self, asked: Asked) -> Given:
        """The answer, once it is its turn.

        Raises:
            ApiError: too many wait, it takes too long, there is no money, or nobody answers.
        """
        limits, started_s = self._limits, time.monotonic()
        if self._n_here >= limits.n_at_once + limits.n_waiting:
            self.metrics.requests.labels("too_many").inc()
            message = "too many requests at once: come back"
            raise ApiError(
                status=429, message=message, code="rate_limit_exceeded", kind="rate_limit_error", retry_after_s=1
            )
        self._n_here += 1
        try:
            async with asyncio.timeout(limits.timeout_s), self._turns:
                with self.metrics.in_flight.track_inprogress():
                    given = await self._serving.candidate.answer(asked)
        except TimeoutError as error:
            self.metrics.requests.labels("timeout").inc()
            message = f"no answer within {limits.timeout_s:g} s"
            raise ApiError(status=504, message=message, code="timeout", kind="server_error", is_final=True) from error
        except TaskFileError as error:
            message = "the task's prompt cannot be applied to this input: expected one like the items of the task"
            raise ApiError(status=400, message=message, code="invalid_value", param="messages") from error
        except Exception as error:  # noqa: BLE001 - a fault of ours; its words may hold anything, so its kind alone is told
            self.metrics.requests.labels("fault").inc()
            self._serving.candidate.plugs.calls.warn("fault", "server", f"a fault of ours: {type(error).__name__}")
            raise _unexpected() from None
        finally:
            self._n_here -= 1
        self.metrics.note(given, time.monotonic() - started_s)
        _check_answered(given)
        return given

    def _is_known(self, request: Request) -> bool:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer"
        return self._key is None or (is_bearer and hmac.compare_digest(self._key, _hashed(key.strip())))

    def _check_key(self, request: Request) -> None:
        if not self._is_known(request):
            raise ApiError(status=401, message="Incorrect API key provided", code="invalid_api_key")

    async def _body(self, request: Request) -> bytes:
        def refused(status: int, why: str) -> ApiError:
            return ApiError(status=status, message=why, code=_CODES[status])

        limits = self._limits
        return await bounded_body(request, refused, most_bytes=limits.most_bytes, most_s=limits.body_s)


def served_app(door: ServedDoor) -> Starlette:
    """The application."""
    routes = [
        Route("/v1/chat/completions", door.complete, methods=["POST"]),
        Route("/v1/models", door.models),
        Route("/v1/models/{name:path}", door.models),
        Route("/health", door.health),
        Route("/metrics", door.measured),
    ]
    return Starlette(routes=routes, exception_handlers={ApiError: _refused, HTTPException: _lost, Exception: _broken})


def _check_answered(given: Given) -> None:
    if given.is_answered:
        return
    if given.is_short:
        message = "the server's limit in USD (--max-usd) does not hold another call: raise it, or wait for its owner"
        raise ApiError(
            status=429, message=message, code="insufficient_quota", kind="insufficient_quota", is_final=True
        )  # fmt: skip
    raise ApiError(status=502, message="no endpoint answered", code="upstream_failed", kind="server_error")


def _told(given: Given, chat: ChatRequest) -> Mapping[str, str]:
    """Headers that say who answered and for how much."""
    told = {
        "x-modelsearch-served-by": "baseline" if given.is_fallback else "candidate",
        "x-modelsearch-candidate": str(given.outcome.candidate_id),
        "x-modelsearch-cost-usd": f"{given.cost_usd:f}",
        "x-modelsearch-changed": ",".join(part.single.id for part in given.parts if part.is_changed),
        "x-modelsearch-ignored": ",".join(chat.ignored),
    }
    return {name: _header(value) for name, value in told.items() if value}


def _header(value: str) -> str:
    """Names of strangers as a header's value: printable ASCII, one line."""
    return "".join(char if " " <= char <= "~" else "?" for char in value)[:1000]


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


async def _refused(_: Request, error: Exception) -> Response:
    told = error if isinstance(error, ApiError) else _unexpected()
    headers = dict(_PLAIN)
    if told.retry_after_s is not None:
        headers["retry-after"] = str(told.retry_after_s)
    if told.is_final:
        headers["x-should-retry"] = "false"
    if told.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(error_body(told), status_code=told.status, headers=headers)


async def _lost(request: Request, error: Exception) -> Response:
    """No such path, or not with this method."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    message = f"Unknown request URL: {request.method} of this path"
    return await _refused(request, ApiError(status=status, message=message, code="unknown_url"))


async def _broken(request: Request, _: Exception) -> Response:
    """A fault of ours; its words may hold anything and are not told."""
    return await _refused(request, _unexpected())


def _unexpected() -> ApiError:
    return ApiError(status=500, message="internal error", code="internal_error", kind="server_error", is_final=True)
