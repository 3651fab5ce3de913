import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from modelsearch.core.errors import CatalogError, KeyMissingError
from modelsearch.providers.listing import Pace, Page, read_pages
from tests.unit.providers.doubles import KEY, FakeClock, make_provider


class Pages(BaseHTTPRequestHandler):
    """A provider on loopback: it serves `/v1/ok/...` to whoever has the key."""

    def do_GET(self) -> None:
        is_known = self.headers.get("authorization") == f"Bearer {KEY}"
        found = self.path.startswith("/v1/ok/")
        status = 401 if not is_known else 200 if found else 404
        body = json.dumps({"path": self.path}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Nothing on stderr."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


async def read(*paths: str, answer: object, pace: Pace | None = None, clock: FakeClock | None = None) -> list[Page]:
    transport = httpx.MockTransport(answer)  # type: ignore[arg-type]
    clock = clock or FakeClock()
    pages = await read_pages(make_provider(), KEY, paths, transport_factory=lambda _: transport, pace=pace, clock=clock)
    assert list(pages) == list(dict.fromkeys(paths))
    return list(pages.values())


async def test_pages_come_over_http_with_the_key(url: str) -> None:
    pages = await read_pages(make_provider(base_url=url), KEY, ["/ok/a", "/gone", "/ok/b"])
    assert [json.loads(page.body or b"{}").get("path") for page in pages.values()] == ["/v1/ok/a", None, "/v1/ok/b"]
    assert pages["/gone"] == Page(failure="HTTP 404")


async def test_a_key_that_is_refused_is_no_error_here(url: str) -> None:
    pages = await read_pages(make_provider(base_url=url), "sk-another-0123456789", ["/ok/a"])
    assert pages == {"/ok/a": Page(failure="HTTP 401")}


async def test_nobody_there_is_no_error_here() -> None:
    pages = await read_pages(make_provider(base_url="http://127.0.0.1:9/v1"), KEY, ["/a"], clock=FakeClock())
    assert pages["/a"].body is None
    assert pages["/a"].failure.startswith("ConnectError")


async def test_one_failure_leaves_the_others() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("bad"):
            raise httpx.ReadError("torn")
        return httpx.Response(200, content=request.method.encode())

    assert await read("/a", "/bad", "/c", answer=answer) == [
        Page(body=b"GET"),
        Page(failure="ReadError: torn"),
        Page(body=b"GET"),
    ]


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_what_may_pass_is_asked_once_more_after_a_pause(status: int) -> None:
    statuses, clock = [status, 200], FakeClock()
    pages = await read("/a", answer=lambda _: httpx.Response(statuses.pop(0), content=b"x"), clock=clock)
    assert (pages, clock.slept) == ([Page(body=b"x")], [1.0])


async def test_what_stays_is_not_asked_again() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(403)

    assert await read("/a", answer=answer) == [Page(failure="HTTP 403")]
    assert len(asked) == 1


async def test_no_more_under_way_than_the_limit() -> None:
    n_now, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal n_now, most
        n_now += 1
        most = max(most, n_now)
        await asyncio.sleep(0)
        n_now -= 1
        return httpx.Response(200, content=request.url.path.encode())

    pages = await read(*(f"/{n}" for n in range(30)), answer=answer, pace=Pace(max_concurrency=4))
    assert most == 4
    assert [page.body for page in pages] == [f"/v1/{n}".encode() for n in range(30)]


async def hang(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("hang"):
        await asyncio.Event().wait()
    return httpx.Response(200, content=b"x")


async def test_a_page_that_hangs_is_given_up() -> None:
    pages = await read("/hang", "/a", answer=hang, pace=Pace(page_s=0.01, max_attempts=1))
    assert pages == [Page(failure="TimeoutError"), Page(body=b"x")]


async def test_all_of_it_has_an_end() -> None:
    pages = await read("/a", "/hang", answer=hang, pace=Pace(whole_s=0.02))
    assert pages == [Page(body=b"x"), Page(failure="not read within 0.02 s")]


async def test_nothing_is_opened_for_nothing() -> None:
    assert await read(answer=hang) == []


async def test_each_page_is_asked_for_once() -> None:
    pages = iter([b"x"])
    assert await read("/a", "/a", answer=lambda _: httpx.Response(200, content=next(pages))) == [Page(body=b"x")]


async def test_no_failure_shows_the_key() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"sent {request.headers['authorization']}")

    assert await read("/a", answer=answer) == [Page(failure="ReadError: sent Bearer ***")]


async def test_a_url_or_key_that_cannot_be_used_is_the_users_to_correct() -> None:
    with pytest.raises(CatalogError, match="base_url"):
        await read_pages(make_provider(base_url="ftp://x"), KEY, ["/a"])
    with pytest.raises(KeyMissingError, match="ACME_API_KEY"):
        await read_pages(make_provider(), None, ["/a"])


async def test_a_key_that_is_refused_is_not_shown_around() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401)

    pages = await read(*(f"/{n}" for n in range(30)), answer=answer, pace=Pace(max_concurrency=2))
    assert pages == [Page(failure="HTTP 401")] * 30
    assert len(asked) <= 2
