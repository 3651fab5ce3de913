"""Doubles of the providers' tests: a clock that needs no time, and a market of one endpoint."""

import asyncio
import json
from datetime import date
from typing import Any

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Market, Provider
from modelsearch.core.wire import WireRequest

KEY = "sk-canary-0123456789"
WIRE = WireRequest(path="/chat/completions", body=b'{"model":"m"}', headers={"content-type": "application/json"})
ENDPOINT = Endpoint(
    id=EndpointId("acme/m"), model_id=ModelId("m"), provider_id=ProviderId("acme"), wire_name="m", rates=()
)


class FakeClock:
    """Time that passes only when someone sleeps; sleepers wake in the order of their time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def now_s(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.now = max(self.now, until)


def make_provider(**changes: Any) -> Provider:
    fields: dict[str, Any] = {
        "id": ProviderId("acme"),
        "name": "Acme",
        "dialect": "openai_chat",
        "base_url": "https://api.acme.example/v1",
        "key_env": "ACME_API_KEY",
        "pricing_class": "budget",
    }
    return Provider(**(fields | changes))


def make_market(**changes: Any) -> Market:
    provider = make_provider(**changes)
    return Market(
        as_of=date(2026, 11, 1), models={}, providers={provider.id: provider}, endpoints={ENDPOINT.id: ENDPOINT}
    )


def chat_body(text: str = "yes") -> bytes:
    body = {
        "model": "m-1",
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
    }
    return json.dumps(body).encode()
