"""aiohttp under httpx's transport interface, with errors that tell truthfully whether a request was sent.

Not sent (`httpx.ConnectError`, `httpx.ConnectTimeout`): refused, unknown host, TLS, proxy refused, connect timeout.
Sent, so perhaps billed (`ReadError`, `ReadTimeout`, `RemoteProtocolError`): everything after that, also a kept
connection that the server closed before it saw the request, since from here the two look alike.

aiohttp repeats idempotent methods by itself on a dropped connection; POST is not among them, and a test holds that.
Its `trust_env` starts two threads a request and reads netrc, so the proxy is looked up here once per host instead.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from aiohttp.http import HttpProcessingError
from yarl import URL

from modelsearch.providers.exchange import (
    KEEPALIVE_S,
    MAX_HEADER_BYTES,
    Answered,
    Exchange,
    HeaderPairs,
    Target,
    kept_headers,
    read_up_to,
    target_of,
)

MAX_REPLY_BYTES = 10_000_000
_NOT_SENT = (
    aiohttp.ClientConnectorError,  # refused, DNS, TLS, proxy unreachable
    aiohttp.ClientSSLError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two reads, and from the request to the end of its reply.

    Connecting gets half of the whole at most: a total that ran out while connecting could not be told from one that
    ran out after the request was sent.
    """

    connect_s: float = 15.0
    read_s: float = 120.0
    total_s: float = 120.0


@dataclass(frozen=True)
class Address:
    """A URL and the headers to ask it with, prepared once for many bodies."""

    url: httpx.URL
    headers: HeaderPairs

    @cached_property
    def target(self) -> Target | None:
        """Where to post without a proxy in between; None with one."""
        return None if self.proxy.url else target_of(self.url, self.headers)

    @property
    def proxy(self) -> "_Proxy":
        """What the environment names for the host."""
        return _proxy_of(self.url.scheme, self.url.host)


class _Opened(NamedTuple):
    """The session owns the connections; POSTs go past it."""

    session: aiohttp.ClientSession
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Proxy:
    url: str | None = None
    headers: dict[str, str] | None = None


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Kept connections, opened at the first request; no cookies, no redirects, no repeats.

    A POST goes out by `Exchange`; other methods, and all through a proxy, by a session of aiohttp.

    Args:
        timeouts: limits in s.
        max_reply_bytes: a decoded reply above this is an error.
    """

    def __init__(self, *, timeouts: Timeouts | None = None, max_reply_bytes: int = MAX_REPLY_BYTES) -> None:
        limits = timeouts or Timeouts()
        read_s = limits.read_s if limits.read_s < limits.total_s else None  # a second timer a request, for nothing
        self._timeout = aiohttp.ClientTimeout(
            total=limits.total_s, connect=min(limits.connect_s, limits.total_s / 2), sock_read=read_s
        )
        self._max_reply_bytes = max_reply_bytes
        self._opened: _Opened | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read its whole reply.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: it was surely not sent.
            httpx.TransportError: it may have been.
        """
        address, stream = Address(request.url, request.headers.raw), request.stream
        body = b"".join(stream) if type(stream) is httpx.ByteStream else await request.aread()
        answered = await self._send(request.method, address, body)
        reply = httpx.ByteStream(answered.body)
        response = httpx.Response(answered.status, headers=list(answered.headers), stream=reply, request=request)
        response.headers.encoding = "latin-1"  # else httpx tries three encodings at the first look
        return response

    async def post(self, address: Address, body: bytes) -> Answered:
        """What `handle_async_request` does for a POST, without httpx's objects around it: they cost as much again.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: it was surely not sent.
            httpx.TransportError: it may have been.
        """
        return await self._send("POST", address, body)

    async def aclose(self) -> None:
        """Close all connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.exchange.close()
            await opened.session.close()

    async def _send(self, method: str, address: Address, body: bytes) -> Answered:
        opened = self._opened or self._open()
        try:
            target = address.target if method == "POST" else None
            if target is not None:
                return await opened.exchange.post(target, body)
            return await self._by_session(opened.session, method, address, body)
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            raise _told(error) from None

    def _open(self) -> _Opened:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )
        self._opened = _Opened(session, Exchange(connector, self._timeout, self._max_reply_bytes))
        return self._opened

    async def _by_session(self, session: aiohttp.ClientSession, method: str, address: Address, body: bytes) -> Answered:
        proxy = address.proxy
        async with session.request(
            method,
            URL(str(address.url), encoded=True),
            data=body,
            headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in address.headers],
            allow_redirects=False,
            proxy=proxy.url,
            proxy_headers=proxy.headers,
        ) as reply:
            is_packed = "Content-Encoding" in reply.headers
            content = await read_up_to(self._max_reply_bytes, reply.content)
            return Answered(reply.status, kept_headers(reply.raw_headers, is_packed=is_packed), content)


def _told(error: Exception) -> httpx.TransportError:
    """The error as httpx words it: by its type it says whether the request may have been sent."""
    words = _words(error)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout(words)
    if isinstance(error, _NOT_SENT):
        return httpx.ConnectError(words)
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(words)
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ServerDisconnectedError | HttpProcessingError):
        return httpx.RemoteProtocolError(words)
    return httpx.ReadError(words)


def _words(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@lru_cache(maxsize=256)
def _proxy_of(scheme: str, host: str) -> _Proxy:
    """The proxy that the environment names for a host, as `HTTPS_PROXY` and `NO_PROXY` say."""
    address = None if proxy_bypass(host) else getproxies().get(scheme)
    if not address:
        return _Proxy()
    url = URL(address if "://" in address else f"http://{address}")
    if url.user is None:
        return _Proxy(str(url))
    login = b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
    return _Proxy(str(url.with_user(None)), {"Proxy-Authorization": f"Basic {login}"})
