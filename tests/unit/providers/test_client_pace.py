"""Requests and tokens a minute, through the client: time passes only in a fake clock."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from modelsearch.core.ids import ProviderId
from modelsearch.providers.client import BYTES_PER_TOKEN, ProviderClient
from modelsearch.providers.limits import BURST_S
from tests.unit.providers.doubles import ENDPOINT, KEY, WIRE, FakeClock, make_market


class Meter(httpx.MockTransport):
    """Notes when each request came."""

    def __init__(self, clock: FakeClock, body: bytes = b"") -> None:
        super().__init__(self._answer)
        self._clock, self._body = clock, body
        self.at_s: list[float] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        self.at_s.append(self._clock.now)
        return httpx.Response(200, content=self._body)

    def most_within(self, seconds: float) -> int:
        """The most requests in any stretch of that length that begins with a request."""
        return max(sum(start <= at < start + seconds for at in self.at_s) for start in self.at_s)


def make_client(meter: Meter, clock: FakeClock, **limits: int) -> ProviderClient:
    market = make_market(max_concurrency=4, **limits)
    return ProviderClient(market, {ProviderId("acme"): KEY}, clock=clock, transport_factory=lambda _: meter)


async def test_requests_a_minute_hold_for_many_calls_at_once() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    client = make_client(meter, clock, rpm=120)
    await asyncio.gather(*(client.send(WIRE, ENDPOINT) for _ in range(250)))
    assert len(meter.at_s) == 250
    assert meter.most_within(60.0) <= 120 + 120 * BURST_S / 60 + 1
    assert clock.now == pytest.approx((250 - 120 * BURST_S / 60) / 2)


async def test_tokens_a_minute_count_what_is_sent_and_what_comes_back() -> None:
    clock = FakeClock()
    meter = Meter(clock, body=b"x" * 2000)
    client = make_client(meter, clock, tpm=6000)
    wire = replace(WIRE, body=b"y" * 2000)
    for _ in range(20):
        await client.send(wire, ENDPOINT)
    n_tokens = 20 * 2000 / BYTES_PER_TOKEN + 19 * 2000 / BYTES_PER_TOKEN
    assert clock.now == pytest.approx((n_tokens - 6000 * BURST_S / 60) / 100)


async def test_an_account_without_limits_waits_for_nothing() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    client = make_client(meter, clock)
    await asyncio.gather(*(client.send(WIRE, ENDPOINT) for _ in range(250)))
    assert (clock.now, clock.slept) == (0.0, [])


async def test_a_repeat_pays_the_limit_again() -> None:
    clock = FakeClock()
    statuses = [503, 200]
    client = ProviderClient(
        make_market(rpm=1),
        {ProviderId("acme"): KEY},
        clock=clock,
        transport_factory=lambda _: httpx.MockTransport(lambda _: httpx.Response(statuses.pop(0))),
    )
    assert (await client.send(WIRE, ENDPOINT)).n_attempts == 2
    assert clock.now >= 60.0 - 1e-6
