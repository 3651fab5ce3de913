"""The emulator's batches, met by our own client and dialects in one process: they answer as calls do, at half price."""

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from modelsearch.core.batch import BatchLine, BatchStatus, HttpCall, LineResult, Submission
from modelsearch.core.ids import ProviderId
from modelsearch.core.wire import Message, ModelRequest, RawReply, WireRequest
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.batch import BatchHabits
from modelsearch.emulator.server import emulated_market
from modelsearch.evaluate.batch_desk import batch_dialect_of
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.prices import PriceBook
from modelsearch.providers.batch.client import HttpBatchClient
from tests.unit.emulator.small import KEY, prompts, task, world
from tests.unit.providers.doubles import FakeClock

PROVIDERS = ("tessellar", "pennyroute", "quillonworks")
N_LINES = 12


class Met:
    """An emulator, and an endpoint of one of its providers."""

    def __init__(self, provider_id: str, habits: BatchHabits | None = None, key: str = KEY) -> None:
        options = EmulatorOptions(key=KEY, batch=habits or BatchHabits())
        self.app = EmulatorApp(world().behaviour(prompts(task())), world().market, options)
        self.market = emulated_market(world().market, "http://emulator", "SMALL_KEY")
        self.endpoint = next(e for e in self.market.endpoints.values() if e.provider_id == provider_id)
        self.provider = self.market.providers[ProviderId(provider_id)]
        self.dialect, self.live = batch_dialect_of(str(self.provider.batch)), dialect_of(self.provider.dialect)
        self.client = HttpBatchClient(
            self.market, dict.fromkeys(self.market.providers, key), clock=FakeClock(),
            transport_factory=lambda _: httpx.ASGITransport(app=self.app),
        )  # fmt: skip

    async def send(self, call: HttpCall | None) -> RawReply:
        assert call is not None
        return await self.client.exchange(self.provider.id, call)

    def wire(self, column: int) -> WireRequest:
        messages = (Message(role="user", content=list(prompts(task()))[column]),)
        return self.live.encode(ModelRequest(messages=messages, max_output_tokens=500), self.endpoint)

    async def submitted(self, n_lines: int = N_LINES) -> RawReply:
        lines = [BatchLine(custom_id=f"ms-1-{n}", wire=self.wire(n)) for n in range(n_lines)]
        submission = Submission(name="ms-1", model=self.endpoint.wire_name, lines=lines)
        upload = self.dialect.upload(submission)
        file_id = "" if upload is None else self.dialect.file_id(await self.send(upload))
        return await self.send(self.dialect.create(submission, file_id))

    async def status(self, batch_id: str) -> BatchStatus:
        return self.dialect.status(await self.send(self.dialect.status_call(batch_id)))

    async def results(self, status: BatchStatus) -> list[LineResult]:
        asked = self.dialect.status_call(status.id)
        replies = [await self.send(replace(asked, path=path)) for path in status.result_paths]
        return [result for reply in replies for result in self.dialect.results(reply)]


@pytest.fixture(params=PROVIDERS)
def provider_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_batch_answers_as_calls_do_at_half_the_price_in_another_order(provider_id: str) -> None:
    met = Met(provider_id)
    status = await met.status(met.dialect.status(await met.submitted()).id)
    results = await met.results(status)
    names = [f"ms-1-{n}" for n in range(N_LINES)]
    assert sorted(r.custom_id for r in results) == sorted(names)
    assert [r.custom_id for r in results] != names
    live, batch = PriceBook(market=met.market), PriceBook(market=met.market, processing="batch")
    billed = Decimal(0)
    for result in results:
        reply = met.live.decode(result.raw)
        usage = replace(reply.usage, reported_usd=None)
        assert batch.cost(met.endpoint, usage) * 2 == pytest.approx(
            live.cost(met.endpoint, usage), abs=Decimal("2e-12")
        )
        assert reply.usage.reported_usd in (None, batch.cost(met.endpoint, usage))
        billed += batch.cost(met.endpoint, usage)
    assert met.app.bill.total_usd == billed > 0
    assert {line.fault for line in met.app.bill.lines} == {"batch"}


async def test_it_is_listed_and_takes_its_time_unless_it_is_stopped(provider_id: str) -> None:
    met = Met(provider_id, BatchHabits(delay_s=600.0))
    batch_id = met.dialect.status(await met.submitted()).id
    assert not (await met.status(batch_id)).is_ended
    (listed,) = met.dialect.listed(await met.send(met.dialect.list_call()))
    assert (listed.id, listed.n_calls, listed.is_ended) == (batch_id, N_LINES, False)
    assert listed.created_s is not None
    stop = met.dialect.cancel_call(batch_id)
    if stop is not None:
        await met.send(stop)
        assert (await met.status(batch_id)).is_ended


async def test_items_that_fail_or_expire_are_free_and_do_better_the_second_time(provider_id: str) -> None:
    met = Met(provider_id, BatchHabits(p_error=0.5, p_expired=0.5))
    first = await met.results(await met.status(met.dialect.status(await met.submitted()).id))
    assert {r.kind for r in first} == {"failed", "expired"}
    assert met.app.bill.total_usd == 0
    second = await met.results(await met.status(met.dialect.status(await met.submitted()).id))
    assert {r.kind for r in second} == {"replied"}


async def test_a_wrong_key_strange_batches_and_other_providers_are_refused(provider_id: str) -> None:
    met = Met(provider_id)
    assert (await met.send(met.dialect.status_call("nothing"))).http_status == 404
    wrong = Met(provider_id, key="wrong-key-of-the-test")
    assert (await wrong.send(wrong.dialect.list_call())).http_status == 401
    plain = HttpCall(method="POST", path=wrong.dialect.status_call("").path.rstrip("/"), body=b"{}")
    assert (await met.send(plain)).http_status == 400
    assert met.app.bill.lines == []
