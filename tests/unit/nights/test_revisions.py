from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.offering import Offering
from modelsearch.nights.revisions import is_same, joined, merged, revision_of, since

ENDPOINT = Endpoint(
    id=EndpointId("p/m"),
    model_id=ModelId("m"),
    provider_id=ProviderId("p"),
    wire_name="m-latest",
    rates=(Rate(kind="input", usd=Decimal(1)),),
)
OFFERING = Offering(
    endpoint_id=EndpointId("p/m"),
    model_id=ModelId("m"),
    provider_id=ProviderId("p"),
    wire_name="m-latest",
    source="s",
    quantization="fp8",
    revision="m-20260101",
)

parts = st.sampled_from(["", "a", "b"])
revisions = st.lists(parts, min_size=3, max_size=3).map("|".join)


def test_an_endpoint_is_its_name_its_quantisation_and_what_its_source_says() -> None:
    assert revision_of(ENDPOINT) == "m-latest||"
    assert revision_of(ENDPOINT, OFFERING) == "m-latest|fp8|m-20260101"
    assert revision_of(replace(ENDPOINT, quantization="bf16"), OFFERING) == "m-latest|bf16|m-20260101"
    assert revision_of(replace(ENDPOINT, wire_name="a|b")) == "a/b||"


@pytest.mark.parametrize(
    ("before", "now", "is_it"),
    [
        ("m|fp8|1", "m|fp8|1", True),
        ("m|fp8|1", "m|fp8|2", False),
        ("m|fp8|1", "m|fp4|1", False),
        ("m||1", "m|fp4|1", True),
        ("m|fp8|1", "m||", True),
        ("", "m|fp8|1", True),
        ("m|fp8|1", "m|fp8|1|since 2026-01-02", False),
        ("a||1 + b||1", "a||1 + b||2", False),
        ("a||1 + b||1", "a||1", False),
    ],
)
def test_only_a_part_that_both_know_is_a_change(before: str, now: str, is_it: bool) -> None:
    assert is_same(before, now) is is_it
    assert is_same(now, before) is is_it


def test_a_change_that_nobody_announced_makes_another_revision() -> None:
    assert since("m|fp8|1", None) == "m|fp8|1"
    assert not is_same("m|fp8|1", since("m|fp8|1", date(2026, 1, 2)))
    assert not is_same(since("m|fp8|1", date(2026, 1, 2)), since("m|fp8|1", date(2026, 2, 2)))


@given(revisions, revisions)
def test_what_was_told_once_is_kept(before: str, now: str) -> None:
    if is_same(before, now):
        both = merged(before, now)
        assert is_same(both, before)
        assert is_same(both, now)
        assert both.split("|") == [b or a for a, b in zip(before.split("|"), now.split("|"), strict=True)]


def test_a_composite_is_its_members() -> None:
    assert merged(joined(["a||", "b|q|1"]), joined(["a|q|", "b||1"])) == "a|q| + b|q|1"
    assert merged("", "a||1") == merged("a||1", "") == "a||1"
