"""Endpoints and accounts set aside for a while, and what shrinks with rate limits."""

import asyncio
from dataclasses import replace

import httpx

from modelsearch.core.ids import EndpointId
from modelsearch.providers.client import ProviderClient
from tests.unit.providers.doubles import ENDPOINT, KEY, WIRE, FakeClock, make_market
from tests.unit.providers.scripted import ACME, down, fault, make_client, make_script, ok, send


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
