"""The real client against each fault: what it makes of it, and what the emulator's books say."""

import pytest

from modelsearch.core.errors import AuthenticationError, QuotaError
from modelsearch.core.ids import ProviderId
from modelsearch.core.ports import Dialect
from modelsearch.core.registry import lookup
from modelsearch.core.wire import Message, ModelRequest, RawReply
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.bill import Bill
from modelsearch.emulator.faults import Faults
from modelsearch.emulator.server import emulated_market, emulator_server
from modelsearch.providers.client import ProviderClient
from tests.unit.emulator.small import KEY, endpoint_of, prompts, world

PROMPT = next(iter(prompts(world().task)))


async def called(faults: Faults, name: str = "openai_chat", key: str = KEY) -> tuple[RawReply, Bill]:
    small = world()
    endpoint = endpoint_of(small.market, name)
    app = EmulatorApp(small.behaviour(prompts(small.task)), small.market, EmulatorOptions(key=KEY, faults=faults))
    dialect: Dialect = lookup("dialect", name).cls()
    wire = dialect.encode(
        ModelRequest(messages=(Message(role="user", content=PROMPT),), max_output_tokens=512), endpoint
    )
    with emulator_server(app) as url:
        market = emulated_market(small.market, url, "EMULATOR_KEY")
        keys = {ProviderId(provider_id): key for provider_id in market.providers}
        async with ProviderClient(market, keys, max_attempts=2) as client:
            raw = await client.send(wire, endpoint)
    return raw, app.bill


async def test_a_good_call_is_billed_once() -> None:
    raw, bill = await called(Faults())
    assert raw.http_status == 200
    assert [line.status for line in bill.lines] == [200]


async def test_a_connection_cut_after_the_work_is_not_asked_again() -> None:
    raw, bill = await called(Faults(p_reset_after=1.0))
    assert (raw.http_status, raw.is_sent) == (0, True)
    assert len(bill.lines) == 1
    assert bill.total_usd > 0


async def test_a_connection_cut_before_the_work_may_have_been_billed_for_all_the_client_knows() -> None:
    raw, bill = await called(Faults(p_reset_before=1.0))
    assert (raw.http_status, raw.is_sent) == (0, True)
    assert len(bill.lines) == 1
    assert bill.total_usd == 0


@pytest.mark.parametrize("faults", [Faults(p_server_error=1.0), Faults(p_rate_limit=1.0, retry_after_s=0.05)])
async def test_what_was_surely_not_billed_is_asked_again(faults: Faults) -> None:
    raw, bill = await called(faults)
    assert raw.http_status in (429, 500)
    assert [line.attempt for line in bill.lines] == [0, 1]
    assert bill.total_usd == 0


@pytest.mark.parametrize("name", ["openai_chat", "anthropic_messages", "google_generate"])
async def test_no_money_and_a_wrong_key_stop_the_run(name: str) -> None:
    with pytest.raises(QuotaError):
        await called(Faults(quota_calls=0), name)
    with pytest.raises(AuthenticationError):
        await called(Faults(), name, key="another")
