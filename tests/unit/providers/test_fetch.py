"""Downloads of catalogue sources: what is taken, what is refused, where the key goes."""

import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from modelsearch.catalog.listed_sources import SourceSpec
from modelsearch.catalog.sources.payload import joined
from modelsearch.core.errors import FetchError, KeyMissingError, ModelsearchError
from modelsearch.core.market import Provider
from modelsearch.providers.account import HIDDEN
from modelsearch.providers.fetch import FetchLimits, fetch_source
from tests.unit.providers.doubles import KEY, FakeClock, make_provider

PAGE = b'{"data": []}'
JSON = {"content-type": "application/json; charset=utf-8"}
Answer = Callable[[httpx.Request], httpx.Response]


def spec(**told: Any) -> SourceSpec:
    return SourceSpec(**{"name": "acme", "url": "/models", **told})


async def fetched(answer: Answer, one: SourceSpec | None = None, **told: Any) -> bytes:
    """The payload, by a transport that asks `answer`."""
    provider: Provider = told.pop("provider", make_provider())
    return await fetch_source(
        one or spec(),
        provider,
        told.pop("key", KEY),
        transport_factory=lambda _: httpx.MockTransport(answer),
        clock=FakeClock(),
        **told,
    )


def page(body: bytes = PAGE, status: int = 200, **headers: str) -> Answer:
    told = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, headers=told, content=body)


async def failure(answer: Answer, one: SourceSpec | None = None, **told: Any) -> str:
    with pytest.raises(FetchError) as error:
        await fetched(answer, one, **told)
    assert str(error.value).startswith("source acme: ")
    assert KEY not in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


async def test_the_payload_is_what_was_sent_and_the_key_goes_into_a_header() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers=JSON, content=PAGE)

    assert await fetched(answer) == PAGE
    (request,) = asked
    assert str(request.url) == "https://api.acme.example/v1/models"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    await fetched(answer, spec(auth_header="x-api-key", headers={"anthropic-version": "2023-06-01"}))
    assert (asked[1].headers["x-api-key"], asked[1].headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in asked[1].headers


async def test_a_source_of_nobody_is_read_without_a_key() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"content-type": "text/plain"}, content=PAGE)

    one = spec(url="https://lists.example/api.json")
    told = await fetch_source(one, transport_factory=lambda _: httpx.MockTransport(answer))
    assert (told, str(asked[0].url)) == (PAGE, "https://lists.example/api.json")
    assert "authorization" not in asked[0].headers


async def test_a_missing_key_is_told_unless_none_is_needed() -> None:
    with pytest.raises(KeyMissingError):
        await fetched(page(), key=None)
    assert await fetched(page(), spec(is_key_needed=False), key=None) == PAGE


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (page(content_type="text/html"), "expected JSON, got 'text/html'"),
        (page(content_type="application/octet-stream"), "got 'application/octet-stream'"),
        (page(content_type="application/json; charset=utf-16"), "expected UTF-8, got 'utf-16'"),
        (page(b"\n <!doctype html>"), "got a web page"),
        (page(status=404), "HTTP 404"),
        (page(status=401), "HTTP 401: is the key right?"),
        (page(status=204), "HTTP 204"),
        (page(b" " * 101), "at most 100 bytes"),
        (page(status=302, location="https://evil.example/models"), "another host ('evil.example')"),
        (page(status=302, location="http://api.acme.example/v1/models"), "another host"),
        (page(status=302, location="//evil.example/"), "another host"),
        (page(status=307, location="https://api.acme.example:444/v1"), "another host"),
        (page(status=301, location="/v1/models"), "at most 3 redirects"),
        (page(status=302, location="https://x:port/"), "no address"),
    ],
)
async def test_what_is_no_listing_of_that_host_is_refused(answer: Answer, told: str) -> None:
    assert told in await failure(answer, spec(max_bytes=100))


async def test_a_redirect_within_the_origin_is_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/models"):
            return httpx.Response(308, headers={"location": "/v1/models/"})
        return httpx.Response(200, headers=JSON, content=PAGE)

    assert await fetched(answer) == PAGE


@pytest.mark.parametrize("kind", ["", "application/json", "application/vnd.acme+json", "text/plain; charset=US-ASCII"])
async def test_json_under_its_names_is_taken(kind: str) -> None:
    assert await fetched(page(content_type=kind)) == PAGE


async def test_a_bomb_is_stopped_while_it_unfolds() -> None:
    taken: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        packed = gzip.compress(b" " * 50_000_000)
        for at in range(0, len(packed), 1000):
            taken.append(at)
            yield packed[at : at + 1000]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=JSON | {"content-encoding": "gzip"}, content=chunks())

    assert "at most 1000000 bytes" in await failure(answer, spec(max_bytes=1_000_000))
    assert len(taken) < 10


def faults(*first: Exception | int) -> tuple[Answer, list[int]]:
    """An answer that fails in these ways before it is right, and a list that counts."""
    left: Iterator[Exception | int] = iter(first)
    asked: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        fault = next(left, 200)
        if isinstance(fault, Exception):
            raise fault
        return httpx.Response(fault, headers=JSON, content=PAGE)

    return answer, asked


@pytest.mark.parametrize("fault", [429, 500, 503, httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
async def test_what_may_be_over_in_a_moment_is_asked_once_more(fault: Exception | int) -> None:
    answer, asked = faults(fault)
    assert await fetched(answer) == PAGE
    assert len(asked) == 2
    again, _ = faults(fault, fault)
    await failure(again)


async def test_what_will_not_pass_is_not_asked_again() -> None:
    for fault in (403, 404, httpx.ReadError("reply: too large")):
        answer, asked = faults(fault)
        await failure(answer)
        assert len(asked) == 1


async def test_no_message_and_no_payload_holds_the_key() -> None:
    answer, _ = faults(*[RuntimeError(f"bad header Bearer {KEY}")] * 2)
    assert HIDDEN in await failure(answer)
    assert await fetched(page(json.dumps({"data": [KEY]}).encode())) == b'{"data": ["***"]}'


async def test_all_pages_are_read_in_turn_from_the_same_address() -> None:
    asked: list[str] = []
    pages = [b'{"data": [1], "has_more": true, "last_id": "m-1"}', b'{"data": [2], "has_more": false}']

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, headers=JSON, content=pages[len(asked) - 1])

    told = await fetched(answer, spec(url="/models?limit=1000", paging="after_id"))
    assert told == joined(pages)
    assert asked[1] == "https://api.acme.example/v1/models?limit=1000&after_id=m-1"


@pytest.mark.parametrize("last_id", ["m-1", None])
async def test_pages_that_never_end_are_refused(last_id: str | None) -> None:
    asked: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        mark = last_id or f"m-{len(asked)}"
        return httpx.Response(200, headers=JSON, json={"has_more": True, "last_id": mark})

    assert "expected at most 20 pages, each once" in await failure(answer, spec(paging="after_id"))
    assert len(asked) <= 20


async def test_all_pages_together_have_a_limit() -> None:
    body = json.dumps({"has_more": True, "last_id": "x", "pad": "y" * 80}).encode()
    assert "at most 200 bytes" in await failure(
        lambda request: httpx.Response(
            200, headers=JSON, content=body.replace(b'"x"', str(len(str(request.url))).join('""').encode())
        ),
        spec(paging="after_id", max_bytes=200),
    )


async def test_a_page_that_cannot_be_read_is_the_last_one_for_its_reader_to_refuse() -> None:
    assert await fetched(page(b'{"data": ['), spec(paging="after_id")) == b'{"data": ['


async def test_foreign_words_are_one_short_line() -> None:
    answer, _ = faults(httpx.ReadError("bad\nnews " + "x" * 900))
    assert len(await failure(answer)) < 400


async def test_a_stream_that_does_not_end_is_cut_by_time() -> None:
    async def never() -> AsyncIterator[bytes]:
        while True:
            await FakeClock().sleep(0)
            yield b""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=JSON, content=never())

    limits = FetchLimits(request_s=0.02, whole_s=0.1)
    assert "no whole reply within 0.02 s" in await failure(answer, limits=limits)
    short = FetchLimits(request_s=5, whole_s=0.02)
    assert "not read within 0.02 s" in await failure(answer, limits=short)


async def test_an_address_that_cannot_be_asked_is_told() -> None:
    for url in ("ftp://x.example/a", "file:///etc/passwd", "/models", "https://user:word@x.example/a"):
        with pytest.raises(ModelsearchError):
            await fetch_source(spec(url=url))
