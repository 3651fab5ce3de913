from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.sources.host import Host, cheapest_host, with_host
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Rate

OLD = Rate(kind="input", usd=Decimal(9), source="catalogue")
ENDPOINT = Endpoint(
    id=EndpointId("openrouter/acme/m-1"),
    model_id=ModelId("m-1"),
    provider_id=ProviderId("openrouter"),
    wire_name="acme/m-1",
    rates=(OLD,),
    context_tokens=5,
    max_output_tokens=4,
    capabilities=frozenset({"logprobs", "no_system"}),
)


def host(tag: str, usd: str | None = "1", **changes: object) -> Host:
    price = None if usd is None else Decimal(usd)
    rates = (Rate(kind="input", usd=price), Rate(kind="output", usd=price))
    made = Host(wire_name="acme/m-1", tag=tag, is_live=True, rates=rates)
    return replace(made, **changes)  # type: ignore[arg-type]


def tag_of(*hosts: Host, needs: frozenset[str] = frozenset()) -> str | None:
    found = cheapest_host(hosts, needs)
    return None if found is None else found.tag


def test_the_cheapest_live_host_of_known_price() -> None:
    hosts = [host("dear", "2"), host("cheap"), host("dead", "0.1", is_live=False), host("unknown", None)]
    assert tag_of(*hosts) == "cheap"
    assert tag_of(*hosts[2:]) is None
    assert tag_of() is None


def test_three_parts_input_and_one_part_output() -> None:
    rates = (Rate(kind="input", usd=Decimal(1)), Rate(kind="output", usd=Decimal(3)))
    assert host("a", rates=rates).blended_usd_per_mtok == Decimal("1.5")


def test_a_price_of_some_hours_counts_at_its_dearest() -> None:
    peak = (*host("a").rates, Rate(kind="input", usd=Decimal(2), utc_window=("0100", "0400")))
    assert host("a", rates=peak).blended_usd_per_mtok == Decimal("1.75")


def test_fewer_bits_than_eight_only_where_there_is_no_other() -> None:
    assert tag_of(host("int4", "0.1", quantization="int4"), host("fp8", quantization="fp8")) == "fp8"
    assert tag_of(host("fp4", "0.2", quantization="nvfp4"), host("fp6", "0.1", quantization="fp6")) == "fp6"
    assert tag_of(host("untold", "0.1"), host("bf16", quantization="bf16")) == "untold"


def test_a_needed_capability_comes_before_the_price() -> None:
    able = host("able", "3", capabilities=frozenset({"tools", "seed"}))
    unable = host("unable", capabilities=frozenset({"seed"}))
    assert tag_of(able, unable) == "unable"
    assert tag_of(able, unable, needs=frozenset({"tools"})) == "able"
    assert tag_of(unable, needs=frozenset({"tools"})) == "unable"
    assert tag_of(unable, host("untold"), needs=frozenset({"tools"})) == "untold"


def test_a_host_that_takes_no_limit_of_output_comes_last() -> None:
    assert tag_of(host("none", "0.1", takes_limit=False), host("some")) == "some"


def test_equal_prices_are_decided_by_uptime_then_by_tag() -> None:
    assert tag_of(host("a"), host("c", uptime=0.9), host("b", uptime=0.99)) == "b"
    assert tag_of(host("b"), host("a")) == "a"


@given(st.permutations([host(str(n), str(1 + n % 3), quantization=("fp8", "int4")[n % 2]) for n in range(6)]))
def test_the_order_of_the_listing_does_not_matter(hosts: list[Host]) -> None:
    assert tag_of(*hosts) == "0"


def test_the_endpoint_as_its_host_serves_it() -> None:
    served = host(
        "acme/fp8", quantization="fp8", context_tokens=100, max_output_tokens=50, capabilities=frozenset({"tools"})
    )
    endpoint = with_host(ENDPOINT, served)
    assert (endpoint.host, endpoint.quantization, endpoint.context_tokens) == ("acme/fp8", "fp8", 100)
    assert (endpoint.rates, endpoint.max_output_tokens) == (served.rates, 50)
    assert endpoint.capabilities == {"tools", "no_system"}
    assert replace(endpoint, **{k: getattr(ENDPOINT, k) for k in CHANGED}) == ENDPOINT


def test_what_is_not_told_stays() -> None:
    endpoint = with_host(ENDPOINT, host("acme"))
    assert (endpoint.context_tokens, endpoint.max_output_tokens) == (5, 4)
    assert (endpoint.capabilities, endpoint.quantization) == (ENDPOINT.capabilities, None)


CHANGED = ("host", "quantization", "rates", "context_tokens", "max_output_tokens", "capabilities")
