"""aiohttp under httpx's transport interface, with errors that tell truthfully whether a request was sent.

Not sent (`httpx.ConnectError`, `httpx.ConnectTimeout`): refused, unknown host, TLS, proxy refused, connect timeout.
Sent, so perhaps billed (`ReadError`, `ReadTimeout`, `RemoteProtocolError`): everything after that, also a kept
connection that the server closed before it saw the request, since from here the two look alike.

aiohttp repeats idempotent methods by itself on a dropped connection; POST is not among them, and a test holds that.
Its `trust_env` starts two threads a request and reads netrc, so the proxy is looked up here once per host instead.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from yarl import URL

MAX_REPLY_BYTES = 10_000_000
KEEPALIVE_S = 4.0
"""Below the 5 s after which common servers close, so that a request seldom meets a dying connection."""
_MAX_HEADER_BYTES = 65_536
_NOT_SENT = (
    aiohttp.ClientConnectorError,  # refused, DNS, TLS, proxy unreachable
    aiohttp.ClientSSLError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
_DECODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two reads, and for the whole request.

    Connecting gets half of the whole at most: a total that ran out while connecting could not be told from one that
    ran out after the request was sent.
    """

    connect_s: float = 15.0
    read_s: float = 120.0
    total_s: float = 120.0


@dataclass(frozen=True, slots=True)
class _Proxy:
    url: str | None = None
    headers: dict[str, str] | None = None


class AiohttpTransport(httpx.AsyncBaseTransport):
    """One session of kept connections, opened at the first request; no cookies, no redirects, no repeats.

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
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read its whole reply.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: it was surely not sent.
            httpx.TransportError: it may have been.
        """
        try:
            return await self._exchange(request, self._session or self._open())
        except aiohttp.ConnectionTimeoutError as error:
            raise httpx.ConnectTimeout(_words(error), request=request) from None
        except _NOT_SENT as error:
            raise httpx.ConnectError(_words(error), request=request) from None
        except TimeoutError as error:
            raise httpx.ReadTimeout(_words(error), request=request) from None
        except (aiohttp.ClientResponseError, aiohttp.ServerDisconnectedError) as error:
            raise httpx.RemoteProtocolError(_words(error), request=request) from None
        except (aiohttp.ClientError, OSError) as error:
            raise httpx.ReadError(_words(error), request=request) from None

    async def aclose(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )
        return self._session

    async def _exchange(self, request: httpx.Request, session: aiohttp.ClientSession) -> httpx.Response:
        url, stream = str(request.url), request.stream
        proxy = _proxy_of(request.url.scheme, request.url.host)
        async with session.request(
            request.method,
            _yarl(url),
            data=b"".join(stream) if type(stream) is httpx.ByteStream else await request.aread(),
            headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
            allow_redirects=False,
            proxy=proxy.url,
            proxy_headers=proxy.headers,
        ) as reply:
            body = httpx.ByteStream(await self._read(reply, request))
            response = httpx.Response(reply.status, headers=_headers(reply), stream=body)
            response.headers.encoding = "latin-1"  # else httpx tries three encodings at the first look
            return response

    async def _read(self, reply: aiohttp.ClientResponse, request: httpx.Request) -> bytes:
        """The body, decompressed; read in one go where its length is known and small."""
        if (
            reply.content_length is not None
            and reply.content_length <= self._max_reply_bytes
            and "Content-Encoding" not in reply.headers
        ):
            return await reply.read()
        chunks, n_bytes = [], 0
        async for chunk in reply.content.iter_any():
            n_bytes += len(chunk)
            if n_bytes > self._max_reply_bytes:
                reply.close()
                message = f"reply: expected at most {self._max_reply_bytes} bytes, got more"
                raise httpx.ReadError(message, request=request)
            chunks.append(chunk)
        return b"".join(chunks)


def _headers(reply: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    """The reply's headers, without what was true only of the body on the wire."""
    raw = reply.raw_headers
    if "Content-Encoding" in reply.headers:
        return [(name, value) for name, value in raw if name.lower() not in _DECODED]
    return list(raw)


def _words(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@lru_cache(maxsize=4096)
def _yarl(url: str) -> URL:
    return URL(url, encoded=True)


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
