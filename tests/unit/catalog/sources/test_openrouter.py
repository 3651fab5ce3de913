from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.sources.host import Host
from modelsearch.catalog.sources.openrouter import hosts_of, listing_path
from tests.unit.catalog.sources.listings import entry, flat_listing, listing

TODAY = date(2026, 11, 23)


def one(**changes: Any) -> Host:
    (host,) = hosts_of(listing(entry(**changes)), observed_at=TODAY)
    return host


def test_a_whole_entry() -> None:
    host = one(max_completion_tokens=16384)
    assert (host.wire_name, host.tag, host.quantization, host.is_live) == ("acme/m-1", "acme/fp8", "fp8", True)
    assert (host.context_tokens, host.max_output_tokens, host.uptime) == (131072, 16384, 0.995)
    assert host.capabilities == frozenset({"tools", "json_schema"})
    assert host.blended_usd_per_mtok == Decimal("0.3")
    assert {rate.observed_at for rate in host.rates} == {TODAY}


def test_unknown_fields_are_passed_over_and_absent_ones_are_unknown() -> None:
    bare = {"tag": "acme", "brand_new": {"deep": [1]}}
    (host,) = hosts_of(listing(bare), observed_at=TODAY, wire_name="acme/m-1")
    assert (host.wire_name, host.is_live, host.capabilities, host.context_tokens) == ("acme/m-1", True, None, None)
    assert (host.blended_usd_per_mtok, host.quantization, host.takes_limit) == (None, None, True)
    assert {(rate.kind, rate.usd) for rate in host.rates} == {("input", None), ("output", None)}


def test_entries_that_cannot_be_pinned_are_left_out() -> None:
    spoiled = [7, None, {}, {"tag": 3}, {"tag": ""}, entry(service_tier="flex")]
    hosts = hosts_of(listing(*spoiled, entry("good", service_tier="default")), observed_at=TODAY)
    assert [host.tag for host in hosts] == ["good"]


@pytest.mark.parametrize(("status", "is_live"), [(0, True), (None, True), (-1, False), (-10, False), ("0", False)])
def test_only_status_zero_is_live(status: object, is_live: bool) -> None:
    assert one(status=status).is_live is is_live


@pytest.mark.parametrize(
    ("named", "flags"),
    [
        (["max_tokens"], {"no_temperature"}),
        (["max_completion_tokens", "temperature"], {"max_completion_tokens"}),
        (["max_tokens", "max_completion_tokens", "temperature"], set()),
        (["temperature", "reasoning", "seed", "logprobs", "response_format"], {"reasoning", "seed", "logprobs"}),
    ],
)
def test_parameters_become_capabilities(named: list[str], flags: set[str]) -> None:
    assert one(supported_parameters=named).capabilities == frozenset(flags)


def test_parameters_that_are_not_told_are_no_lack() -> None:
    assert one(supported_parameters=[]).capabilities is None
    assert one(supported_parameters="tools").takes_limit is True
    assert one(supported_parameters=["temperature"]).takes_limit is False


def test_a_cache_is_known_by_its_price_or_its_flag() -> None:
    assert "prompt_cache" in (one(supports_implicit_caching=True).capabilities or ())
    assert "prompt_cache" in (one(pricing={"input_cache_read": "0.00000001"}).capabilities or ())


@pytest.mark.parametrize("count", [0, -5, 1e30, "many", True, None, 10**12])
def test_absurd_sizes_are_unknown(count: object) -> None:
    assert one(context_length=count).context_tokens is None


def test_the_list_of_hosts_that_keep_nothing_has_entries_of_many_models() -> None:
    body = flat_listing(entry("a"), entry("b", model_id="acme/m-2"))
    hosts = hosts_of(body, observed_at=TODAY)
    assert [(host.wire_name, host.tag) for host in hosts] == [("acme/m-1", "a"), ("acme/m-2", "b")]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"data": 3}', b'{"data": {}}', b"\xff", b"[" * 100_000, b'{"data": null}']
)
def test_what_is_no_listing_raises(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        hosts_of(body, observed_at=TODAY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted({*entry(), "service_tier"})), JSON))
def test_no_value_of_a_field_breaks_the_reading(changes: dict[str, Any]) -> None:
    for host in hosts_of(listing(entry() | changes), observed_at=TODAY):
        assert all(rate.usd is None or 0 < rate.usd <= 1000 for rate in host.rates)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("acme/m-1", "/models/acme/m-1/endpoints"),
        ("acme/m-1:thinking", "/models/acme/m-1:thinking/endpoints"),
        ("m-1", None),
        ("a/b/c", None),
        ("acme/", None),
        ("../keys", None),
        ("acme/..", None),
        ("acme/m?x=1", None),
        ("acme/m 1", None),
        ("acme/m\n", None),
    ],
)
def test_only_author_and_slug_make_a_path(name: str, path: str | None) -> None:
    assert listing_path(name) == path
