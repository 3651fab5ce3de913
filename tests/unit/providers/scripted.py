"""A client whose provider answers by a script, one answer after the other."""

from collections.abc import Callable, Iterator

import httpx

from modelsearch.core.ids import ProviderId
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.providers.client import ProviderClient
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
