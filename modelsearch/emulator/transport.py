"""HTTP/1.1 on a connection that the application can break.

Why our own protocol under uvicorn's server: its pure Python one takes about 0.25 ms a request, several times the rest
of the emulator, and shows the application no way to the socket, without which a connection cannot be reset. It knows
what clients of an API send: a head and a body of stated length; anything else is refused.
"""

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from starlette.types import Message, Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

MAX_HEAD_BYTES = 65_536
_LOGGER = logging.getLogger("modelsearch.emulator")
_TRANSPORT = "emulator.transport"
_LINGER_0 = struct.pack("ii", 1, 0)
_PHRASES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus} | {529: "Overloaded"}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class LeanProtocol(asyncio.Protocol):
    """One connection: requests one after the other, each a task that runs the ASGI application."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: MutableMapping[str, Any],  # noqa: ARG002 - uvicorn's signature
        _loop: object = None,
    ) -> None:
        self._app: Any = config.loaded_app
        self._connections: set[Any] = server_state.connections
        self._tasks = server_state.tasks
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._is_busy = False
        self._is_last = False
        self._gone = asyncio.Event()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection."""
        self.transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """Tell a request that waits for it."""
        self._connections.discard(self)
        self._gone.set()

    def shutdown(self) -> None:
        """End after the request at hand."""
        self._is_last = True
        if not self._is_busy and self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Collect bytes; start a request when it is whole."""
        self._buffer += data
        if not self._is_busy:
            self._next_request()

    def _next_request(self) -> None:
        if self._head is None:
            self._head = self._read_head()
        head = self._head
        if head is None or len(self._buffer) < head.n_body:
            return
        body = bytes(self._buffer[: head.n_body])
        del self._buffer[: head.n_body]
        self._head = None
        self._start(head, body)

    def _read_head(self) -> "_Head | None":
        """The next head, taken out of the buffer; None where it is not whole or was refused."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        try:
            head = _head(raw)
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return None
        if head.expects_continue and not self._buffer and self.transport is not None:
            self.transport.write(_CONTINUE)
        return head

    def _start(self, head: "_Head", body: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        self._is_busy = True
        self._is_last = self._is_last or head.is_last
        request = _Request(self.transport, self._gone, body)
        task = asyncio.get_running_loop().create_task(self._run(head.scope(self.transport), request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, scope: Scope, request: "_Request") -> None:
        try:
            await self._app(scope, request.receive, request.send)
        except Exception:
            _LOGGER.exception("emulator: request failed")
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        self._is_busy = False
        if self.transport is not None and (self._is_last or not request.is_whole):
            self.transport.close()
        elif self._buffer:
            self._next_request()

    def _refuse(self, status: HTTPStatus) -> None:
        if self.transport is not None:
            head = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(_status_line(status.value) + head)
            self.transport.close()


@dataclass(frozen=True, slots=True)
class _Head:
    """The request line and the headers, names in lower case."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    n_body: int
    is_last: bool
    expects_continue: bool

    def scope(self, transport: asyncio.Transport) -> Scope:
        """The ASGI scope, with the connection in it."""
        raw_path, _, query = self.target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": unquote(raw_path.decode("ascii")),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
            "server": None,
            "client": None,
            _TRANSPORT: transport,
        }


def _head(raw: bytes) -> _Head:
    """Parse a request head.

    Raises:
        ValueError: it is not HTTP/1, or does not tell the length of its body.
    """
    line, *lines = raw.split(b"\r\n")
    method, target, version = line.split(b" ")
    pairs = [entry.partition(b":") for entry in lines]
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    found = dict(headers)
    if not version.startswith(b"HTTP/1.") or b"transfer-encoding" in found or not target.isascii():
        message = f"expected HTTP/1 with a content-length, got {line!r}"
        raise ValueError(message)
    return _Head(
        method=method.decode("ascii"),
        target=target,
        headers=headers,
        n_body=int(found.get(b"content-length", b"0")),
        is_last=version == b"HTTP/1.0" or found.get(b"connection", b"").lower() == b"close",
        expects_continue=found.get(b"expect", b"").lower() == b"100-continue",
    )


class _Request:
    """The two callables of ASGI. `is_whole`: the response was sent to its end."""

    __slots__ = ("_body", "_gone", "_head", "_transport", "is_whole")

    def __init__(self, transport: asyncio.Transport, gone: asyncio.Event, body: bytes) -> None:
        self._transport = transport
        self._gone = gone
        self._body: bytes | None = body
        self._head = b""
        self.is_whole = False

    async def receive(self) -> Message:
        """The body, then the end of the connection."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Head and first part of the body leave in one write."""
        if message["type"] == "http.response.start":
            lines = [b"%b: %b\r\n" % pair for pair in message["headers"]]
            self._head = b"".join([_status_line(message["status"]), _date_line(int(time.time())), *lines, b"\r\n"])
            return
        self.is_whole = not message.get("more_body", False)
        if not self._transport.is_closing():
            self._transport.write(self._head + message.get("body", b""))
        self._head = b""


@cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}\r\n".encode()


@lru_cache(maxsize=2)
def _date_line(now_s: int) -> bytes:
    """The server's own time, against which clients hold a Retry-After that is a date."""
    return b"date: " + formatdate(now_s, usegmt=True).encode() + b"\r\n"


def reset_connection(scope: Scope) -> None:
    """Cut the connection of a request with a TCP reset: nothing more is sent, not even an orderly end."""
    transport: asyncio.Transport = scope[_TRANSPORT]
    with contextlib.suppress(OSError):  # the client may have gone before
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    transport.abort()
