"""One POST over a kept connection: aiohttp's connector and parser, without its session around them.

Why not `ClientSession.post`: it makes a task, a timer, a cookie jar's visit and some thirty objects of each request, 45
of its 70 us, of which a POST that is prepared once needs none (`make bench-throughput`). What is hard about HTTP stays
aiohttp's: names and addresses, TLS, kept connections, parsing, chunks and compression.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.streams import StreamReader
from yarl import URL

HeaderPairs = Sequence[tuple[bytes, bytes]]
MAX_HEADER_BYTES = 65_536
KEEPALIVE_S = 4.0
"""Below the 5 s after which common servers close, so that a request seldom meets a dying connection."""
_MAX_HEADERS = 512
_READ_BYTES = 262_144
_DECODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_ALWAYS = ((b"accept", b"*/*"), (b"accept-encoding", b"gzip, deflate"))
_SWITCHING_PROTOCOLS = 101


class Answered(NamedTuple):
    """A whole reply: its status, its headers without those that were true of the body on the wire only, its body."""

    status: int
    headers: HeaderPairs
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post: the origin, and the request's head up to the number of bytes of the body."""

    origin: URL
    head: bytes


def target_of(url: httpx.URL, headers: HeaderPairs) -> Target:
    """Prepare posting to a URL; made once for many bodies.

    Raises:
        ValueError: a header holds the end of a line.
    """
    names = {name.lower() for name, _ in headers}
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    lines = [b"POST %s HTTP/1.1" % url.raw_path]
    for name, value in [*kept, *(pair for pair in _ALWAYS if pair[0] not in names)]:
        if b"\n" in name + value or b"\r" in name + value:
            message = f"header {name.decode('latin-1')!r}: expected one line, got several"
            raise ValueError(message)
        lines.append(b"%s: %s" % (name, value))
    origin = URL(f"{url.scheme}://{url.netloc.decode('ascii')}/", encoded=True)
    return Target(origin, b"\r\n".join(lines) + b"\r\ncontent-length: ")


class Deadlines:
    """Breaks connections off that take longer than a time which is the same for all: so one timer does for all."""

    def __init__(self, limit_s: float, loop: asyncio.AbstractEventLoop) -> None:
        self._limit_s = limit_s
        self._loop = loop
        self._due_s: dict[ResponseHandler, float] = {}  # in the order in which they run out
        self._timer: asyncio.TimerHandle | None = None

    def start(self, protocol: ResponseHandler) -> None:
        """The time of an exchange begins."""
        due_s = self._loop.time() + self._limit_s
        self._due_s[protocol] = due_s
        if self._timer is None:
            self._timer = self._loop.call_at(due_s, self._break_off)

    def stop(self, protocol: ResponseHandler) -> bool:
        """The exchange has ended; False where it was broken off."""
        return self._due_s.pop(protocol, None) is not None

    def close(self) -> None:
        """No more timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _break_off(self) -> None:
        now_s, self._timer = self._loop.time(), None
        while self._due_s:
            protocol, due_s = next(iter(self._due_s.items()))
            if due_s > now_s:
                self._timer = self._loop.call_at(due_s, self._break_off)
                return
            del self._due_s[protocol]
            if protocol.transport is not None:
                protocol.transport.abort()


class Exchange:
    """Posts over kept connections, as many at once as are asked for.

    Args:
        timeout: of aiohttp: `total` from the request on, `connect`, and `sock_read` where it is shorter.
        max_reply_bytes: a decoded reply above this is an error.
    """

    def __init__(self, connector: aiohttp.BaseConnector, timeout: aiohttp.ClientTimeout, max_reply_bytes: int) -> None:
        self._connector = connector
        self._timeout = timeout
        self._max_reply_bytes = max_reply_bytes
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(timeout.total or 0.0, self._loop)
        self._askers: dict[URL, ClientRequest] = {}

    def close(self) -> None:
        """End the timer; the connector is its owner's."""
        self._deadlines.close()

    async def post(self, target: Target, body: bytes) -> Answered:
        """Post a body and read the whole reply.

        Raises:
            aiohttp.ConnectionTimeoutError: no connection in time.
            TimeoutError: no whole reply in time.
            aiohttp.ClientError, aiohttp.http.HttpProcessingError, OSError: as they come.
            httpx.ReadError: the reply is too large.
        """
        connection = await self._connected(target.origin)
        protocol, wire = connection.protocol, connection.transport
        if protocol is None or wire is None:
            connection.close()
            message = "the connection was closed before the request was sent"
            raise aiohttp.ConnectionTimeoutError(message)
        self._deadlines.start(protocol)
        try:
            self._expect_reply(protocol)
            wire.write(b"%s%d\r\n\r\n%s" % (target.head, len(body), body))  # in one: servers have timers in between
            protocol.start_timeout()
            answered = await self._answered(protocol)
        except BaseException as error:
            is_late = not self._deadlines.stop(protocol)
            connection.close()
            if is_late and isinstance(error, Exception):
                raise self._late() from None
            raise
        if not self._deadlines.stop(protocol):
            connection.close()
            raise self._late()
        connection.release()
        return answered

    async def _connected(self, origin: URL) -> aiohttp.connector.Connection:
        asker = self._askers.get(origin)
        if asker is None:
            asker = self._askers[origin] = ClientRequest("POST", origin, loop=self._loop)
        try:
            return await self._connector.connect(asker, traces=[], timeout=self._timeout)
        except TimeoutError as error:
            message = f"no connection to {origin.host} in time"
            raise aiohttp.ConnectionTimeoutError(message) from error

    def _expect_reply(self, protocol: ResponseHandler) -> None:
        protocol.set_response_params(
            read_until_eof=True,
            read_timeout=self._timeout.sock_read,
            read_bufsize=_READ_BYTES,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=_MAX_HEADERS,
        )

    async def _answered(self, protocol: ResponseHandler) -> Answered:
        message, payload = await protocol.read()
        while 100 <= message.code < 200 and message.code != _SWITCHING_PROTOCOLS:
            message, payload = await protocol.read()
        if payload.is_eof() and not message.compression:
            body = payload.read_nowait()
            if len(body) > self._max_reply_bytes:
                raise _too_large(self._max_reply_bytes)
        else:
            body = await read_up_to(self._max_reply_bytes, payload)
        return Answered(message.code, kept_headers(message.raw_headers, is_packed=bool(message.compression)), body)

    def _late(self) -> TimeoutError:
        return TimeoutError(f"no whole reply in {self._timeout.total:g} s")


async def read_up_to(max_bytes: int, payload: StreamReader) -> bytes:
    """The body, decompressed.

    Raises:
        httpx.ReadError: it is larger.
    """
    chunks, n_bytes = [], 0
    async for chunk in payload.iter_any():
        n_bytes += len(chunk)
        if n_bytes > max_bytes:
            raise _too_large(max_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def kept_headers(headers: HeaderPairs, *, is_packed: bool) -> HeaderPairs:
    """A reply's headers, without what was true only of the body on the wire where that was compressed."""
    return [pair for pair in headers if pair[0].lower() not in _DECODED] if is_packed else headers


def _too_large(max_bytes: int) -> httpx.ReadError:
    return httpx.ReadError(f"reply: expected at most {max_bytes} bytes, got more")
