"""Limits as providers keep them, and what the real client makes of them."""

import asyncio
from email.utils import formatdate

import httpx
import pytest

from modelsearch.core.ids import ProviderId
from modelsearch.emulator.app import EmulatorOptions
from modelsearch.emulator.faults import Faults
from modelsearch.emulator.rate_limits import RateLimiter, rate_headers
from modelsearch.emulator.wire import WireFormat
from modelsearch.emulator.wire_anthropic import AnthropicWire
from modelsearch.emulator.wire_google import GoogleWire
from modelsearch.emulator.wire_openai import OpenAiWire
from modelsearch.providers.client import ProviderClient
from modelsearch.providers.rate_headers import told_limits
from tests.unit.emulator.small import KEY as EMULATOR_KEY
from tests.unit.emulator.small import endpoint_of, prompts, running_world, world
from tests.unit.providers.doubles import ENDPOINT, KEY, WIRE, FakeClock, chat_body, make_market

PROMPT = next(iter(prompts(world().task)))


def test_a_bucket_lets_its_limit_in_and_fills_all_the_time() -> None:
    clock = FakeClock()
    limiter = RateLimiter(limit=3, period_s=6.0, clock_s=clock.now_s)
    assert [limiter.take("m").wait_s for _ in range(4)] == pytest.approx([0.0, 0.0, 0.0, 2.0])
    assert limiter.take("other").wait_s == 0.0
    clock.now = 2.0
    assert list(limiter.take("m")) == pytest.approx([3, 0, 6.0, 0.0])


@pytest.mark.parametrize(("wire", "n_told"), [(OpenAiWire(), 1), (AnthropicWire(), 1), (GoogleWire(), 0)])
@pytest.mark.parametrize("reset_s", [0.4, 7.0, 75.5])
def test_each_format_tells_it_in_its_own_words_which_are_understood(
    wire: WireFormat, n_told: int, reset_s: float
) -> None:
    limiter = RateLimiter(limit=10, period_s=reset_s * 10)
    headers = [*rate_headers(wire, limiter.take("m")), (b"date", formatdate(usegmt=True).encode())]
    told = told_limits(headers)
    assert len(told) == n_told
    for each in told:
        assert (each.limit, each.remaining) == (10.0, 9.0)
        assert each.reset_s == pytest.approx(reset_s, abs=1.01)


@pytest.mark.parametrize("name", ["openai_chat", "anthropic_messages", "google_generate"])
def test_the_emulator_refuses_what_is_beyond_the_limit_and_says_when_to_come_back(name: str) -> None:
    endpoint = endpoint_of(world().market, name)
    with running_world(EmulatorOptions(key=EMULATOR_KEY, faults=Faults(rate_limit=2, rate_period_s=600.0))) as asker:
        replies = [asker.ask(endpoint, PROMPT) for _ in range(3)]
        assert [line.fault for line in asker.app.bill.lines] == ["", "", "rate_limit"]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    told = [[each.remaining for each in told_limits(reply.headers.raw)] for reply in replies]
    assert told == ([[]] * 3 if name == "google_generate" else [[1.0], [0.0], [0.0]])
    if name != "google_generate":
        assert 290 < float(replies[2].headers["retry-after"]) <= 300


async def test_the_client_uses_a_limit_to_the_full_and_is_hardly_ever_refused() -> None:
    clock, n_calls, n_refused = FakeClock(), 600, 0
    limiter = RateLimiter(limit=60, period_s=60.0, clock_s=clock.now_s)

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal n_refused
        assert request.method == "POST"
        standing = limiter.take("m")
        await clock.sleep(0.3)
        n_refused += standing.wait_s > 0
        headers = [(name.decode(), value.decode()) for name, value in rate_headers(OpenAiWire(), standing)]
        if standing.wait_s:
            return httpx.Response(429, headers=[*headers, ("retry-after", f"{standing.wait_s:g}")])
        return httpx.Response(200, headers=headers, content=chat_body())

    client = ProviderClient(
        make_market(max_concurrency=16), {ProviderId("acme"): KEY}, clock=clock,
        transport_factory=lambda _: httpx.MockTransport(answer),
    )  # fmt: skip
    found = await asyncio.gather(*(client.send(WIRE, ENDPOINT) for _ in range(n_calls)))
    assert {raw.http_status for raw in found} == {200}
    assert n_refused <= 0.02 * n_calls
    assert clock.now <= 1.1 * (n_calls - 60) * 60.0 / 60.0
