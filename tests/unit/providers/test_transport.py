"""The transport against a raw server on loopback: every way to fail, and what is told about it."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from modelsearch.providers import transport as transport_file
from modelsearch.providers.transport import AiohttpTransport, Timeouts
from tests.unit.providers.doubles import chat_body

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HANG_S = 30.0
QUICK = Timeouts(connect_s=0.5, read_s=0.05, total_s=0.2)


class RawServer:
    """Counts the requests that arrived whole and lets `talk` answer."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.n_requests = 0
        self.n_connections = 0
        self.last = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                n_bytes = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                self.last = head + await reader.readexactly(n_bytes)
                self.n_requests += 1
                await self._talk(reader, writer)
        writer.close()


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[tuple[RawServer, str]]:
    raw = RawServer(talk)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    try:
        yield raw, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/chat"
    finally:
        server.close()


def answer(body: bytes, *, headers: str = "", n_told: int | None = None) -> bytes:
    n_bytes = len(body) if n_told is None else n_told
    return f"HTTP/1.1 200 OK\r\ncontent-length: {n_bytes}\r\n{headers}\r\n".encode() + body


def saying(data: bytes, *, then_close: bool = False) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if then_close:
            writer.close()

    return talk


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(HANG_S)


async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"", n_told=1000))
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.02)


async def post(url: str, timeouts: Timeouts = QUICK, max_reply_bytes: int = 100_000) -> httpx.Response:
    transport = AiohttpTransport(timeouts=timeouts, max_reply_bytes=max_reply_bytes)
    try:
        response = await transport.handle_async_request(httpx.Request("POST", url, content=b"{}"))
        await response.aread()
        return response
    finally:
        await transport.aclose()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def test_a_reply_comes_whole_and_connections_are_kept() -> None:
    async with serving(saying(answer(chat_body(), headers="x-a: 1\r\n"))) as (raw, url):
        transport = AiohttpTransport()
        for _ in range(3):
            response = await transport.handle_async_request(
                httpx.Request("POST", url, headers={"authorization": "Bearer k"}, content=b'{"a":1}')
            )
            assert (response.status_code, await response.aread(), response.headers["x-a"]) == (200, chat_body(), "1")
        opened = transport._opened
        await transport.aclose()
        await transport.aclose()
        assert opened is not None
        assert opened.session.closed
    assert (raw.n_requests, raw.n_connections) == (3, 1)
    assert raw.last.startswith(b"POST /v1/chat HTTP/1.1\r\n")
    assert b"authorization: Bearer k\r\n" in raw.last
    assert raw.last.endswith(b'{"a":1}')


async def test_refused_is_surely_not_sent() -> None:
    with pytest.raises(httpx.ConnectError):
        await post(f"http://127.0.0.1:{free_port()}/v1")


async def test_an_unknown_host_is_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown host")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpx.ConnectError):
        await post("http://no-such-host.invalid/v1", Timeouts(connect_s=0.5))


async def test_a_server_without_tls_is_surely_not_sent() -> None:
    async with serving(hang) as (raw, url):
        with pytest.raises(httpx.ConnectTimeout):
            await post(url.replace("http:", "https:"), Timeouts(connect_s=9.0, total_s=0.2))
    assert raw.n_requests == 0


async def test_a_failed_tls_handshake_is_surely_not_sent() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    with pytest.raises(httpx.ConnectError):
        await post(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()


async def test_a_host_that_does_not_take_the_connection_is_surely_not_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        with pytest.raises(httpx.ConnectTimeout):
            await post(f"http://127.0.0.1:{full.getsockname()[1]}/", Timeouts(connect_s=0.05, total_s=5.0))
        for sock in waiting:
            sock.close()


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        pytest.param(reset, httpx.ReadError, id="reset after the request"),
        pytest.param(saying(b"", then_close=True), httpx.RemoteProtocolError, id="closed before a reply"),
        pytest.param(saying(b"HTTP/1.1 2", then_close=True), httpx.TransportError, id="closed inside the head"),
        pytest.param(saying(b"SSH-2.0-x\r\n\r\n", then_close=True), httpx.RemoteProtocolError, id="no HTTP"),
        pytest.param(saying(answer(b"{", n_told=99), then_close=True), httpx.ReadError, id="body cut off"),
        pytest.param(saying(answer(b"no", headers="content-encoding: gzip\r\n")), httpx.ReadError, id="not gzip"),
        pytest.param(hang, httpx.ReadTimeout, id="no reply"),
        pytest.param(saying(answer(b"{", n_told=99)), httpx.ReadTimeout, id="body stops"),
        pytest.param(trickle, httpx.ReadTimeout, id="body trickles past the total time"),
        pytest.param(saying(answer(b"x" * 100_001)), httpx.ReadError, id="too large"),
    ],
)
async def test_everything_later_counts_as_sent_and_is_sent_once(talk: Talk, expected: type[Exception]) -> None:
    async with serving(talk) as (raw, url):
        with pytest.raises(expected) as caught:
            await post(url)
        assert not isinstance(caught.value, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    assert raw.n_requests == 1


async def test_a_kept_connection_that_dies_is_not_repeated_in_silence() -> None:
    n_seen = 0

    async def once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_seen
        n_seen += 1
        if n_seen == 1:
            writer.write(answer(b"{}"))
        else:
            await reset(_, writer)

    async with serving(once) as (raw, url):
        transport = AiohttpTransport(timeouts=QUICK)
        await transport.handle_async_request(httpx.Request("POST", url, content=b"{}"))
        with pytest.raises(httpx.ReadError):
            await transport.handle_async_request(httpx.Request("POST", url, content=b"{}"))
        await transport.aclose()
    assert raw.n_requests == 2


async def test_a_redirect_is_handed_on_and_not_followed() -> None:
    moved = b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with serving(saying(moved)) as (raw, url):
        assert (await post(url)).status_code == 307
    assert raw.n_requests == 1


@pytest.mark.parametrize("n_max", [100_000, 10])
async def test_a_compressed_reply_is_unpacked_up_to_the_limit(n_max: int) -> None:
    packed = gzip.compress(chat_body())
    async with serving(saying(answer(packed, headers="content-encoding: gzip\r\n"))) as (_, url):
        if n_max < len(chat_body()):
            with pytest.raises(httpx.ReadError, match="at most 10 bytes"):
                await post(url, max_reply_bytes=n_max)
        else:
            response = await post(url, max_reply_bytes=n_max)
            assert response.content == chat_body()
            assert "content-encoding" not in response.headers


async def test_a_reply_in_chunks() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    async with serving(saying(chunked)) as (_, url):
        assert (await post(url)).content == b"abcde"


async def test_cookies_are_not_kept() -> None:
    async with serving(saying(answer(b"{}", headers="set-cookie: a=b\r\n"))) as (raw, url):
        transport = AiohttpTransport(timeouts=QUICK)
        for _ in range(2):
            await transport.handle_async_request(httpx.Request("POST", url, content=b"{}"))
        await transport.aclose()
    assert b"cookie" not in raw.last.lower()


async def test_the_environments_proxy_is_used_with_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    transport_file._proxy_of.cache_clear()
    async with serving(saying(answer(b"{}"))) as (raw, url):
        monkeypatch.setenv("http_proxy", url.replace("http://", "http://me:pass@").removesuffix("/v1/chat"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert (await post("http://acme.invalid/v1")).status_code == 200
        assert raw.last.startswith(b"POST http://acme.invalid/v1 HTTP/1.1")
        assert (await post(url)).status_code == 200
        assert raw.last.startswith(b"POST /v1/chat HTTP/1.1")
    transport_file._proxy_of.cache_clear()
