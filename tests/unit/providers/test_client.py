import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from modelsearch.core.errors import (
    QuotaError,
    StoppedError,
)
from modelsearch.core.wire import WireRequest
from modelsearch.providers.client import ProviderClient
from modelsearch.providers.transport import MAX_REPLY_BYTES
from tests.unit.providers.doubles import ENDPOINT, KEY, WIRE, chat_body, make_market
from tests.unit.providers.scripted import ACME, down, fault, make_client, make_script, ok, send


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
