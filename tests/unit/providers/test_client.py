import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from modelsearch.core.errors import (
    AuthenticationError,
    CatalogError,
    InputError,
    KeyMissingError,
    QuotaError,
    StoppedError,
)
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.providers.client import ProviderClient
from modelsearch.providers.transport import MAX_REPLY_BYTES
from tests.unit.providers.doubles import ENDPOINT, KEY, WIRE, FakeClock, chat_body, make_market

Answer = httpx.Response | Exception
ACME = ProviderId("acme")


class Script(httpx.MockTransport):
    """Answers in turn, the last one for ever; keeps what it was asked."""

    def __init__(self, answers: Callable[[], Iterator[Answer]]) -> None:
        super().__init__(self._answer)
        self._answers = answers()
        self.asked: list[httpx.Request] = []
        self.is_closed = False

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.is_closed = True


def make_script(*answers: Callable[[], Answer]) -> Script:
    def endless() -> Iterator[Answer]:
        for answer in answers:
            yield answer()
        while True:
            yield answers[-1]()

    return Script(endless)


def ok() -> httpx.Response:
    return httpx.Response(200, content=chat_body(), headers={"X-Recorded-Latency-S": "1.5"})


def fault(status: int, error: object = "boom", **headers: str) -> Callable[[], httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: httpx.Response(status, json={"error": error}, headers=named)


def down() -> httpx.ConnectError:
    return httpx.ConnectError("refused")


def make_client(script: httpx.AsyncBaseTransport, *, max_attempts: int = 6) -> tuple[ProviderClient, FakeClock]:
    clock = FakeClock()
    client = ProviderClient(
        make_market(), {ACME: KEY}, clock=clock, transport_factory=lambda _: script, max_attempts=max_attempts
    )
    return client, clock


async def send(client: ProviderClient, wire: WireRequest = WIRE) -> RawReply:
    return await client.send(wire, ENDPOINT)


async def test_a_plain_call() -> None:
    script = make_script(ok)
    client, clock = make_client(script)
    async with client:
        raw = await send(client)
    assert (raw.http_status, raw.body, raw.n_attempts, raw.is_sent, raw.failure) == (200, chat_body(), 1, True, "")
    assert raw.headers["x-recorded-latency-s"] == "1.5"
    assert clock.slept == []
    assert script.is_closed
    request = script.asked[0]
    assert (request.method, str(request.url)) == ("POST", "https://api.acme.example/v1/chat/completions")
    assert request.content == WIRE.body
    assert dict(request.headers) == {
        "host": "api.acme.example",
        "user-agent": "modelsearch",
        "content-type": "application/json",
        "authorization": f"Bearer {KEY}",
        "content-length": str(len(WIRE.body)),
    }


@pytest.mark.parametrize(
    ("dialect", "header", "value"),
    [
        ("openai_chat", "authorization", f"Bearer {KEY}"),
        ("anthropic_messages", "x-api-key", KEY),
        ("google_generate", "x-goog-api-key", KEY),
    ],
)
async def test_the_key_goes_where_the_dialect_wants_it_and_never_into_the_url(
    dialect: str, header: str, value: str
) -> None:
    script = make_script(ok)
    client = ProviderClient(make_market(dialect=dialect), {ACME: f" {KEY}\n"}, transport_factory=lambda _: script)
    await send(client)
    assert script.asked[0].headers[header] == value
    assert sum(KEY in text for text in script.asked[0].headers.values()) == 1
    assert KEY not in str(script.asked[0].url)


async def test_a_local_provider_needs_no_key() -> None:
    script = make_script(ok)
    client = ProviderClient(make_market(key_env=None), {}, transport_factory=lambda _: script)
    assert (await send(client)).http_status == 200
    assert "authorization" not in script.asked[0].headers


@pytest.mark.parametrize("status", [408, 409, 429, 498, 500, 502, 503, 529])
async def test_what_was_surely_not_billed_is_repeated(status: int) -> None:
    script = make_script(fault(status), fault(status), ok)
    client, clock = make_client(script)
    raw = await send(client)
    assert (raw.http_status, raw.n_attempts, len(script.asked)) == (200, 3, 3)
    assert len(clock.slept) == 2


@pytest.mark.parametrize("status", [307, 400, 403, 404, 413, 422])
async def test_what_no_repeat_helps_comes_back_at_once(status: int) -> None:
    script = make_script(fault(status))
    client, clock = make_client(script)
    raw = await send(client)
    assert (raw.http_status, raw.n_attempts, clock.slept) == (status, 1, [])


@pytest.mark.parametrize("status", [504, 524])
async def test_a_gateways_timeout_is_not_repeated_for_it_may_have_been_billed(status: int) -> None:
    script = make_script(fault(status))
    client, clock = make_client(script)
    for _ in range(5):
        raw = await send(client)
        assert (raw.http_status, raw.is_unanswered, raw.n_attempts, clock.slept) == (status, True, 1, [])
    assert (await send(client)).failure.startswith("endpoint acme/m is down")


def inside(error: object, **parts: object) -> Callable[[], httpx.Response]:
    """An error inside a 200."""
    return lambda: httpx.Response(200, json={"error": error, **parts})


@pytest.mark.parametrize(
    "limited",
    [
        inside({"code": 429, "message": "slow down"}),
        lambda: httpx.Response(200, json={"choices": [{"error": {"code": 429}, "finish_reason": "error"}]}),
    ],
)
async def test_a_rate_limit_inside_a_200_is_waited_for_and_shrinks_what_is_in_flight(
    limited: Callable[[], httpx.Response],
) -> None:
    script = make_script(limited, limited, ok)
    client, clock = make_client(script)
    raw = await send(client)
    assert (raw.http_status, raw.n_attempts, len(clock.slept)) == (200, 3, 2)
    assert raw.body == chat_body()
    assert client.room(ENDPOINT) < 16


async def test_no_money_and_a_refused_key_inside_a_200_stop_and_may_have_been_billed() -> None:
    for error, kind in (({"code": 402, "message": "insufficient credits"}, QuotaError), ({"code": 401}, StoppedError)):
        client, clock = make_client(make_script(inside(error)))
        with pytest.raises(kind) as caught:
            await send(client)
        assert caught.value.is_perhaps_billed
        assert clock.slept == []
    client, _ = make_client(make_script(fault(402)))
    with pytest.raises(QuotaError) as refused:
        await send(client)
    assert not refused.value.is_perhaps_billed


@pytest.mark.parametrize(
    "answer",
    [
        inside({"message": "boom"}),
        inside({"code": 502, "message": "upstream"}),
        inside({"code": 429}, usage={"prompt_tokens": 3, "completion_tokens": 0}),
        lambda: httpx.Response(200, content=b'{"error"'),
    ],
)
async def test_another_error_inside_a_200_goes_to_the_caller_at_once(answer: Callable[[], httpx.Response]) -> None:
    script = make_script(answer)
    client, clock = make_client(script)
    raw = await send(client)
    assert (raw.http_status, raw.n_attempts, clock.slept) == (200, 1, [])


async def test_a_long_wait_sets_the_endpoint_aside_and_is_told() -> None:
    script = make_script(fault(429, retry_after="600"), ok, ok)
    client, clock = make_client(script)
    first = await send(client)
    assert (first.http_status, first.n_attempts, first.wait_s, clock.slept) == (429, 1, 600.0, [])
    clock.now += 200.0
    again = await send(client)
    assert (again.is_sent, again.n_attempts, again.wait_s, len(script.asked)) == (False, 0, 400.0, 1)
    assert again.failure == "endpoint acme/m asks for a long wait: not asked again for 600 s"
    other = await client.send(WIRE, replace(ENDPOINT, id=EndpointId("acme/other")))
    assert other.http_status == 200  # a day's limit is a model's own
    assert (await send(client)).wait_s == 400.0
    clock.now += 400.0
    assert (await send(client)).http_status == 200


async def test_who_waits_for_a_place_is_not_sent_into_a_pause() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        await asyncio.sleep(0)
        return fault(429, retry_after="600")()

    asked: list[httpx.Request] = []
    client = ProviderClient(
        make_market(max_concurrency=2),
        {ACME: KEY},
        clock=FakeClock(),
        transport_factory=lambda _: httpx.MockTransport(answer),
    )
    found = await asyncio.gather(*(send(client) for _ in range(10)))
    assert len(asked) == 2
    assert [raw.http_status for raw in found] == [429] * 2 + [0] * 8
    assert {raw.wait_s for raw in found} == {600.0}
    assert not any(raw.is_sent for raw in found[2:])
    assert vars(client)["_accounts"][ACME].limits.n_in_flight == 0


async def test_the_provider_says_how_long_to_wait() -> None:
    client, clock = make_client(make_script(fault(429, retry_after="7"), fault(503, retry_after_ms="250"), ok))
    assert (await send(client)).http_status == 200
    assert clock.slept == [7.0, 0.25]


async def test_the_last_answer_comes_back_when_attempts_are_used_up() -> None:
    script = make_script(fault(503))
    client, clock = make_client(script, max_attempts=4)
    raw = await send(client)
    assert (raw.http_status, raw.n_attempts, len(script.asked), len(clock.slept)) == (503, 4, 4, 3)


async def test_a_connection_that_never_stood_is_repeated() -> None:
    client, _ = make_client(make_script(down, down, ok))
    raw = await send(client)
    assert (raw.http_status, raw.n_attempts) == (200, 3)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("broken pipe"),
        httpx.RemoteProtocolError("closed"),
        OSError("whatever a transport raises"),
    ],
)
async def test_what_was_sent_and_not_answered_is_never_repeated(error: Exception) -> None:
    script = make_script(lambda: error)
    client, clock = make_client(script)
    raw = await send(client)
    assert (raw.http_status, raw.is_sent, raw.n_attempts, len(script.asked)) == (0, True, 1, 1)
    assert raw.failure == f"provider acme: {type(error).__name__}: {error}"
    assert clock.slept == []


async def test_exceptions_of_a_fork_of_httpx_count_by_name() -> None:
    fork = type("ConnectError", (Exception,), {})
    client, _ = make_client(make_script(lambda: fork("refused")), max_attempts=2)
    raw = await send(client)
    assert (raw.http_status, raw.is_sent, raw.n_attempts) == (0, False, 2)


@pytest.mark.parametrize(("status", "error"), [(402, "no credits"), (429, {"code": "insufficient_quota"})])
async def test_no_money_stops(status: int, error: object) -> None:
    client, _ = make_client(make_script(fault(status, error)))
    with pytest.raises(QuotaError, match="provider acme: no money or quota left"):
        await send(client)


async def test_no_money_that_names_a_wait_is_waited_for_and_then_stops() -> None:
    client, clock = make_client(make_script(fault(402, retry_after="2"), ok), max_attempts=2)
    assert (await send(client)).http_status == 200
    client, clock = make_client(make_script(fault(402, retry_after="2")), max_attempts=2)
    with pytest.raises(QuotaError, match="no money or quota left"):
        await send(client)
    assert clock.slept == [2.0]


async def test_a_refused_key_names_its_variable_and_not_itself() -> None:
    client, _ = make_client(make_script(fault(401, f"Incorrect API key {KEY}")))
    with pytest.raises(AuthenticationError, match="provider acme refuses the key in ACME_API_KEY") as caught:
        await send(client)
    assert KEY not in str(caught.value)


async def test_a_dummy_key_of_a_local_server_hides_no_word_of_a_reply() -> None:
    client = ProviderClient(make_market(), {ACME: "yes"}, transport_factory=lambda _: make_script(ok))
    assert (await send(client)).body == chat_body("yes")


async def test_a_missing_key_is_named() -> None:
    client = ProviderClient(make_market(), {}, transport_factory=lambda _: make_script(ok))
    with pytest.raises(KeyMissingError, match="export ACME_API_KEY"):
        await send(client)


@pytest.mark.parametrize("key", ["sk-a\nsk-b", "sk-ключ", "sk-\x00"])
async def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    client = ProviderClient(make_market(), {ACME: key}, transport_factory=lambda _: make_script(ok))
    with pytest.raises(KeyMissingError, match="ACME_API_KEY must be one line") as caught:
        await send(client)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.acme.example",
        "ftp://acme.example",
        "https://",
        "https://u:p@acme.example",
        "https://a:99999999/",
        "https://a/?key=1",
    ],
)
async def test_a_base_url_that_cannot_be_called_is_refused(url: str) -> None:
    client = ProviderClient(make_market(base_url=url), {ACME: KEY})
    with pytest.raises(CatalogError, match="provider acme: base_url must be") as caught:
        await send(client)
    assert "u:p" not in str(caught.value)


async def test_an_unknown_provider_is_named_with_the_known_ones() -> None:
    client = ProviderClient(make_market(id=ProviderId("other")), {})
    with pytest.raises(InputError, match="expected one of other, got 'acme'"):
        await send(client)


async def test_an_account_that_is_down_is_set_aside_and_tried_again_later() -> None:
    script = make_script(*[down] * 10, ok)
    client, clock = make_client(script, max_attempts=2)
    for _ in range(5):
        assert (await send(client)).is_sent is False
    raw = await send(client)
    assert (raw.http_status, raw.is_sent, raw.n_attempts, len(script.asked)) == (0, False, 0, 10)
    assert raw.failure.startswith("provider acme is down: 5 calls in a row came to nothing")
    assert raw.wait_s is not None
    assert 0 < raw.wait_s <= 30
    clock.now += 30.0
    assert (await send(client)).http_status == 200
    assert (await send(client)).http_status == 200


async def test_one_failure_after_the_pause_is_enough_for_the_next() -> None:
    script = make_script(down)
    client, clock = make_client(script, max_attempts=1)
    for _ in range(5):
        await send(client)
    clock.now += 30.0
    await send(client)
    assert (await send(client)).n_attempts == 0
    assert len(script.asked) == 6


async def test_after_a_pause_one_attempt_shows_whether_it_answers() -> None:
    script = make_script(*[down] * 11, ok)
    client, clock = make_client(script, max_attempts=2)
    for _ in range(5):
        await send(client)
    for n_asked in (11, 12, 13):
        clock.now += 30.0
        await send(client)
        assert len(script.asked) == n_asked


async def test_a_dead_endpoint_does_not_take_its_provider_along() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return fault(503)() if request.url.path.endswith("completions") else ok()

    client, clock = make_client(httpx.MockTransport(answer), max_attempts=1)
    other = replace(ENDPOINT, id=EndpointId("acme/other"))
    for _ in range(5):
        assert (await send(client)).http_status == 503
    raw = await send(client)
    assert raw.failure.startswith("endpoint acme/m is down: 5 calls in a row came to nothing")
    assert (await client.send(replace(WIRE, path="/other"), other)).http_status == 200
    clock.now += 30.0
    assert (await send(client)).http_status == 503


async def test_an_answer_in_between_ends_the_row() -> None:
    script = make_script(*[down] * 4, fault(400), *[down] * 4, ok)
    client, _ = make_client(script, max_attempts=1)
    for _ in range(10):
        await send(client)
    assert len(script.asked) == 10


async def test_rate_limits_shrink_what_is_in_flight() -> None:
    in_flight, most = 0, 0
    n_refused = 8

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal in_flight, most, n_refused
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0)
        in_flight -= 1
        if n_refused:
            n_refused -= 1
            return fault(429, retry_after="1")()
        return ok()

    client = ProviderClient(
        make_market(max_concurrency=8),
        {ACME: KEY},
        clock=FakeClock(),
        transport_factory=lambda _: httpx.MockTransport(answer),
    )
    first = await asyncio.gather(*(send(client) for _ in range(8)))
    assert (most, {raw.http_status for raw in first}) == (8, {200})
    most = 0
    await asyncio.gather(*(send(client) for _ in range(20)))
    assert 4 <= most <= 7


async def test_a_transport_without_time_limits_of_its_own_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    async def hang(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        await asyncio.Event().wait()
        return ok()

    monkeypatch.setattr("modelsearch.providers.client.BACKSTOP_S", 0.01)
    client = ProviderClient(
        make_market(timeout_s=0.01), {ACME: KEY}, transport_factory=lambda _: httpx.MockTransport(hang)
    )
    raw = await send(client)
    assert (raw.http_status, raw.is_sent, raw.failure) == (0, True, "provider acme: TimeoutError: ")
    assert asked[0].extensions["timeout"] == {"connect": 0.01, "read": 0.01, "write": 0.01, "pool": 0.01}


async def test_a_cancelled_call_gives_its_place_back() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        if len(request.content) == 3:
            await asyncio.Event().wait()
        return ok()

    client = ProviderClient(
        make_market(max_concurrency=1), {ACME: KEY}, transport_factory=lambda _: httpx.MockTransport(hang)
    )
    task = asyncio.create_task(send(client, WireRequest(path="/x", body=b"...")))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await send(client)).http_status == 200


async def test_a_streamed_and_compressed_reply_is_read_whole() -> None:
    def packed() -> httpx.Response:
        stream = httpx.ByteStream(gzip.compress(chat_body()))
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=stream)

    client, _ = make_client(make_script(packed))
    assert (await send(client)).body == chat_body()


async def test_a_reply_without_end_is_cut_off() -> None:
    class Endless(httpx.AsyncByteStream):
        is_closed = False

        async def aclose(self) -> None:
            self.is_closed = True

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b"x" * (MAX_REPLY_BYTES // 4)

    endless = Endless()
    client, _ = make_client(make_script(lambda: httpx.Response(200, stream=endless)))
    raw = await send(client)
    assert endless.is_closed
    assert (raw.http_status, raw.is_sent) == (0, True)
    assert "expected at most 10000000 bytes" in raw.failure


async def test_no_message_log_or_reply_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = make_script(
        lambda: httpx.Response(400, json={"error": f"you sent {KEY}"}, headers={"x-echo": KEY}),
        lambda: httpx.ReadError(f"Bearer {KEY}"),
    )
    client, _ = make_client(echo)
    seen = [repr(await send(client)), repr(await send(client)), repr(client), repr(vars(client)["_accounts"])]
    assert not [text for text in (*seen, caplog.text) if KEY in text]
