from datetime import date
from decimal import Decimal

import pytest

from modelsearch.catalog.sources.openrouter_models import listing_of
from modelsearch.catalog.sources.payload import joined
from modelsearch.core.errors import CatalogError
from tests.unit.catalog.sources.payloads import NOW, openrouter, openrouter_row


def test_a_row_is_an_offering() -> None:
    told = listing_of(
        openrouter(openrouter_row(expiration_date="2026-12-31", hugging_face_id="acme/One")), observed_at=NOW
    )
    (one,) = told.offerings
    assert (one.endpoint_id, one.provider_id, one.wire_name) == ("openrouter/acme/one-2", "openrouter", "acme/one-2")
    assert (one.model_id, one.revision) == ("one-2", "acme/one-2-20260901")
    assert (one.context_tokens, one.max_output_tokens) == (65536, 8192)
    assert one.capabilities == frozenset({"tools", "json_schema"})
    assert one.deprecated_on == date(2026, 12, 31)
    assert one.is_open_weights is True
    assert {rate.kind: rate.usd for rate in one.rates} == {"input": Decimal("0.5"), "output": Decimal("1.5")}
    assert {rate.source for rate in one.rates} == {"openrouter"}
    assert told.problems == ()


def test_overrides_and_discounts_are_read() -> None:
    row = openrouter_row(
        pricing={
            "prompt": "0.000002",
            "completion": "0.000004",
            "discount": 0.5,
            "overrides": [{"min_prompt_tokens": 200000, "prompt": "0.000008", "completion": "0.00001"}],
        }
    )
    (one,) = listing_of(openrouter(row), observed_at=NOW).offerings
    told = {(rate.kind, rate.min_prompt_tokens): rate.usd for rate in one.rates}
    assert told == {("input", 0): 1, ("output", 0): 2, ("input", 200000): 4, ("output", 200000): 5}


def test_routers_are_no_models_and_sentinels_are_unknown() -> None:
    minus = {"prompt": "-1", "completion": "-1"}
    told = listing_of(
        openrouter(openrouter_row("openrouter/auto", pricing=minus), openrouter_row("acme/dyn", pricing=minus)),
        observed_at=NOW,
    )
    (one,) = told.offerings
    assert one.wire_name == "acme/dyn"
    assert {rate.usd for rate in one.rates} == {None}
    assert len(told.problems) == 2


def test_free_variants_cost_nothing_and_nothing_else_does() -> None:
    zero = {"prompt": "0", "completion": "0"}
    told = listing_of(
        openrouter(openrouter_row("acme/one-2:free", pricing=zero), openrouter_row(pricing=zero)), observed_at=NOW
    )
    free, paid = told.offerings
    assert ({rate.usd for rate in free.rates}, {rate.usd for rate in paid.rates}) == ({Decimal(0)}, {None})
    assert free.model_id == paid.model_id


def test_an_alias_has_its_target_as_its_revision() -> None:
    row = openrouter_row("~acme/one-latest", alias_target={"slug": "acme/one-3", "name": "One 3"})
    (one,) = listing_of(openrouter(row), observed_at=NOW).offerings
    assert (one.revision, one.model_id) == ("acme/one-3", "one-latest")


def test_what_makes_images_is_left_out() -> None:
    row = openrouter_row(architecture={"output_modalities": ["text", "image"]})
    assert listing_of(openrouter(row), observed_at=NOW).offerings == ()


def test_bad_rows_are_told_and_good_ones_kept() -> None:
    told = listing_of(openrouter(openrouter_row(), {"id": None}, {"id": "two words"}), observed_at=NOW)
    assert len(told.offerings) == 1
    assert len(told.problems) == 2


def test_pages_are_joined() -> None:
    body = joined([openrouter(openrouter_row("a/b")), openrouter(openrouter_row("a/c"))])
    assert [one.wire_name for one in listing_of(body, observed_at=NOW).offerings] == ["a/b", "a/c"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data": {}}', b'{"error": {"message": "no"}}', b"null", b"7"])
def test_another_payload_is_refused(body: bytes) -> None:
    with pytest.raises(CatalogError, match="source openrouter: expected"):
        listing_of(body, observed_at=NOW)
