import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from modelsearch.api.hosts import NOT_PINNED, pinned
from modelsearch.core.errors import KeyMissingError
from modelsearch.core.events import Warned
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Market, Provider, Rate
from modelsearch.providers.router import ROUTER_ID
from tests.unit.catalog.sources.listings import entry, flat_listing, listing, priced

KEY = "sk-or-canary-0123456789"
KEYS = {ROUTER_ID: KEY}
Bodies = Mapping[str, bytes | int]


def endpoint(wire_name: str, provider: str = ROUTER_ID, **changes: object) -> Endpoint:
    made = Endpoint(
        id=EndpointId(f"{provider}/{wire_name}"),
        model_id=ModelId(wire_name),
        provider_id=ProviderId(provider),
        wire_name=wire_name,
        rates=(Rate(kind="input", usd=Decimal(9)), Rate(kind="output", usd=Decimal(9))),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def market_of(*endpoints: Endpoint) -> Market:
    provider = Provider(
        id=ROUTER_ID,
        name="OpenRouter",
        dialect="openai_chat",
        base_url="https://router.example/api/v1",
        key_env="OPENROUTER_API_KEY",
        pricing_class="variable",
    )
    return Market(
        as_of=date(2026, 11, 1),
        models={},
        providers={ROUTER_ID: provider},
        endpoints={each.id: each for each in endpoints},
    )


class Router(httpx.MockTransport):
    """Serves listings by path; keeps what it was asked."""

    def __init__(self, bodies: Bodies) -> None:
        super().__init__(self._answer)
        self._bodies = bodies
        self.asked: list[str] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        path = request.url.path.removeprefix("/api/v1")
        self.asked.append(path)
        body = self._bodies.get(path, 404)
        return httpx.Response(body) if isinstance(body, int) else httpx.Response(200, content=body)


async def pin(
    market: Market, bodies: Bodies, needs: tuple[str, ...] = ()
) -> tuple[Market, tuple[Warned, ...], list[str]]:
    router = Router(bodies)
    found, warnings = await pinned(market, market.endpoints, KEYS, needs=needs, transport_factory=lambda _: router)
    return found, warnings, router.asked


def hosts(market: Market) -> list[str | None]:
    return [each.host for each in market.endpoints.values()]


HOSTS = listing(
    priced("dear/fp16", "0.000004", "0.000004", quantization="fp16"),
    priced("cheap/fp8", "0.000001", "0.000003", context_length=8192),
    priced("coarse/int4", "0.0000001", "0.0000001", quantization="int4"),
    priced("down/fp8", "0.0000002", "0.0000002", status=-2),
)
ONE: Bodies = {"/models/acme/m-1/endpoints": HOSTS}


async def test_the_cheapest_host_is_pinned_with_its_own_prices_of_today() -> None:
    before = market_of(endpoint("acme/m-1"))
    market, warnings, _ = await pin(before, ONE)
    (found,) = market.endpoints.values()
    assert (found.host, found.quantization, found.context_tokens) == ("cheap/fp8", "fp8", 8192)
    assert [(rate.kind, rate.usd) for rate in found.rates] == [("input", Decimal(1)), ("output", Decimal(3))]
    today = datetime.now(UTC).date()
    assert {(rate.source, (today - rate.observed_at).days <= 1) for rate in found.rates} == {
        ("OpenRouter endpoints listing", True)
    }
    assert found.capabilities == {"tools", "json_schema"}
    assert warnings == ()
    assert hosts(before) == [None]


async def test_only_open_routes_of_the_router_that_may_be_called_are_asked_for() -> None:
    market = market_of(
        endpoint("acme/m-1"),
        endpoint("openai/gpt", provider="azure", host="openai"),
        endpoint("acme/m-1", provider="together"),
        endpoint("acme/unwanted"),
    )
    router = Router(ONE)
    ids = [i for i in market.endpoints if not i.endswith("unwanted")]
    found, warnings = await pinned(market, [*ids, EndpointId("gone/x")], KEYS, transport_factory=lambda _: router)
    assert hosts(found) == ["cheap/fp8", "openai", None, None]
    assert router.asked == ["/models/acme/m-1/endpoints"]
    assert warnings == ()


async def test_a_host_that_the_catalogue_names_is_kept_and_gets_its_prices() -> None:
    named = [endpoint("acme/m-1", host=name) for name in ("dear", "dear/fp16", "chea", "down")]
    for before in named:
        market, warnings, _ = await pin(market_of(before), ONE)
        (found,) = market.endpoints.values()
        is_found = str(before.host).startswith("dear")
        assert warnings == ()
        assert found.host == ("dear/fp16" if is_found else before.host)
        assert (found.rates[0].usd == 4) == is_found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (404, "HTTP 404"),
        (403, "HTTP 403"),
        (b"<html>", "the listing cannot be read"),
        (listing(), "no live host with a known price is listed"),
        (listing(entry(status=-1)), "no live host with a known price is listed"),
        (listing(priced("a", "-1", "-1")), "no live host with a known price is listed"),
    ],
)
async def test_what_cannot_be_known_stays_as_it_is_with_one_warning(body: bytes | int, reason: str) -> None:
    before = market_of(endpoint("acme/m-2"), endpoint("acme/m-1"), endpoint("plain"))
    market, (warning,), _ = await pin(before, {**ONE, "/models/acme/m-2/endpoints": body})
    assert hosts(market) == [None, "cheap/fp8", None]
    assert market.endpoints[EndpointId("openrouter/acme/m-2")] == endpoint("acme/m-2")
    assert (warning.code, warning.subject) == (NOT_PINNED, "openrouter")
    assert warning.message.startswith("2 of 3 OpenRouter endpoints stay without a pinned host (openrouter/acme/m-2, ")
    assert reason in warning.message
    assert KEY not in warning.message


async def test_without_a_key_or_a_router_nothing_is_asked() -> None:
    market, router = market_of(endpoint("acme/m-1")), Router(ONE)
    assert await pinned(market, market.endpoints, {}, transport_factory=lambda _: router) == (market, ())
    bare = replace(market, providers={})
    assert await pinned(bare, market.endpoints, KEYS, transport_factory=lambda _: router) == (bare, ())
    assert router.asked == []


async def test_a_key_that_cannot_be_one_is_the_users_to_correct() -> None:
    market = market_of(endpoint("acme/m-1"))
    with pytest.raises(KeyMissingError, match="OPENROUTER_API_KEY"):
        await pinned(market, market.endpoints, {ROUTER_ID: "two\nlines"})


async def test_a_needed_capability_comes_before_the_price() -> None:
    plain = priced("plain", "0.000001", "0.000001", supported_parameters=["max_tokens", "temperature"])
    bodies = {"/models/acme/m-1/endpoints": listing(plain, priced("able", "0.000002", "0.000002"))}
    market = market_of(endpoint("acme/m-1"))
    assert hosts((await pin(market, bodies))[0]) == ["plain"]
    assert hosts((await pin(market, bodies, ("json_schema", "open-weights", "region=eu")))[0]) == ["able"]


async def test_zero_retention_chooses_among_hosts_that_keep_nothing() -> None:
    zdr = flat_listing(entry("dear/fp16"), entry("cheap/fp8", model_id="acme/other"))
    market, warnings, asked = await pin(market_of(endpoint("acme/m-1")), {**ONE, "/endpoints/zdr": zdr}, ("zdr",))
    assert (hosts(market), warnings) == (["dear/fp16"], ())
    assert sorted(asked) == ["/endpoints/zdr", "/models/acme/m-1/endpoints"]


@pytest.mark.parametrize(
    ("zdr", "reason"), [(404, "cannot be had"), (b"{", "cannot be had"), (json.dumps({"data": []}).encode(), "no live")]
)
async def test_zero_retention_that_cannot_be_shown_pins_nobody(zdr: bytes | int, reason: str) -> None:
    market, (warning,), _ = await pin(market_of(endpoint("acme/m-1")), {**ONE, "/endpoints/zdr": zdr}, ("zdr",))
    assert hosts(market) == [None]
    assert reason in warning.message
