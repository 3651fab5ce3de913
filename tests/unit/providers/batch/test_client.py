"""HTTP to batch APIs: the key, the right method, and repeats that cannot bill twice."""

from collections.abc import Callable

import httpx
import pytest

from modelsearch.core.batch import HttpCall
from modelsearch.core.errors import InputError, KeyMissingError
from modelsearch.core.ids import ProviderId
from modelsearch.core.wire import RawReply
from modelsearch.providers.batch.client import HttpBatchClient
from modelsearch.testing.factories import make_market
from tests.unit.providers.doubles import FakeClock, make_provider

KEY = "sk-canary-0123456789"
ACME = ProviderId("acme")
GET = HttpCall(method="GET", path="/batches/b")
CREATE = HttpCall(method="POST", path="/batches", body=b"{}", is_billed=True)
UPLOAD = HttpCall(method="POST", path="/files", body=b"x", headers={"content-type": "multipart/form-data"})
Answer = Callable[[int, httpx.Request], httpx.Response]


class Api:
    """Answers by the number of the request, from 0."""

    def __init__(self, answer: Answer, key: str | None = KEY) -> None:
        self.requests: list[httpx.Request] = []
        market = make_market(1)
        provider = make_provider(id=ACME, key_env="ACME_KEY", base_url="http://acme.test/v1")

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return answer(len(self.requests) - 1, request)

        providers = {ACME: provider}
        object.__setattr__(market, "providers", providers)
        self.client = HttpBatchClient(
            market, {} if key is None else {ACME: key}, clock=FakeClock(),
            transport_factory=lambda _: httpx.MockTransport(handle),
        )  # fmt: skip

    async def send(self, call: HttpCall) -> RawReply:
        async with self.client as client:
            return await client.exchange(ACME, call)


def statuses(*found: int) -> Answer:
    return lambda number, _request: httpx.Response(found[min(number, len(found) - 1)], json={"ok": number})


async def test_method_address_and_key() -> None:
    api = Api(statuses(200))
    raw = await api.send(GET)
    assert (raw.http_status, raw.body) == (200, b'{"ok":0}')
    assert (api.requests[0].method, str(api.requests[0].url)) == ("GET", "http://acme.test/v1/batches/b")
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    await Api(statuses(200)).send(UPLOAD)


@pytest.mark.parametrize(("call", "n_requests"), [(GET, 3), (UPLOAD, 3), (CREATE, 1)])
async def test_server_errors_are_repeated_unless_they_may_have_begun_a_bill(call: HttpCall, n_requests: int) -> None:
    api = Api(statuses(503, 500, 200))
    raw = await api.send(call)
    assert len(api.requests) == n_requests
    assert raw.http_status == (503 if call.is_billed else 200)


async def test_a_rate_limit_is_waited_out_by_all() -> None:
    for call in (GET, CREATE):
        api = Api(statuses(429, 429, 200))
        assert (await api.send(call)).http_status == 200
        assert len(api.requests) == 3


async def test_silence_is_repeated_only_where_nothing_was_sent_or_billed() -> None:
    def fails(error: type[httpx.TransportError]) -> Answer:
        def answer(number: int, _request: httpx.Request) -> httpx.Response:
            if number == 0:
                message = f"no luck with {KEY}"
                raise error(message)
            return httpx.Response(200)

        return answer

    assert (await Api(fails(httpx.ConnectError)).send(CREATE)).http_status == 200
    assert (await Api(fails(httpx.ReadTimeout)).send(GET)).http_status == 200
    lost = await Api(fails(httpx.ReadTimeout)).send(CREATE)
    assert (lost.http_status, lost.is_sent) == (0, True)
    assert KEY not in lost.failure


async def test_a_key_that_is_told_back_is_hidden() -> None:
    raw = await Api(lambda _n, _r: httpx.Response(400, text=f"bad key {KEY}", headers={"x-key": KEY})).send(GET)
    assert KEY.encode() not in raw.body
    assert KEY not in str(raw.headers)


async def test_no_key_and_no_such_provider() -> None:
    with pytest.raises(KeyMissingError, match="ACME_KEY"):
        await Api(statuses(200), key=None).send(GET)
    with pytest.raises(InputError, match="stranger"):
        await Api(statuses(200)).client.exchange(ProviderId("stranger"), GET)
