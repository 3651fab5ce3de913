from datetime import date
from decimal import Decimal

import pytest

from modelsearch.catalog.sources.models_dev import PROVIDERS, listing_of
from modelsearch.core.errors import CatalogError
from tests.unit.catalog.sources.payloads import NOW, models_dev, models_dev_row, packed, providers_of_the_catalogue


def test_a_model_is_an_offering_at_our_provider() -> None:
    body = models_dev(togetherai={"acme/one-2": models_dev_row()}, somebody_else={"x": models_dev_row()})
    (one,) = listing_of(body, observed_at=NOW).offerings
    assert (one.endpoint_id, one.provider_id, one.wire_name) == ("together/acme/one-2", "together", "acme/one-2")
    assert (one.context_tokens, one.max_output_tokens, one.released) == (200000, 32000, date(2026, 9, 1))
    assert one.capabilities == frozenset({"tools", "json_schema", "prompt_cache"})
    assert one.is_open_weights is False
    told = {rate.kind: rate.usd for rate in one.rates}
    assert told == {"input": Decimal(2), "output": Decimal(6), "cache_read": Decimal("0.2")}


def test_longer_prompts_have_rows_and_the_explicit_tier_wins() -> None:
    cost = {
        "input": 1,
        "output": 2,
        "context_over_200k": {"input": 3, "output": 4},
        "tiers": [
            {"tier": {"type": "context", "size": 200000}, "input": 5, "output": 6},
            {"tier": {"type": "speed", "size": 9}, "input": 7},
        ],
    }
    (one,) = listing_of(models_dev(openai={"one": models_dev_row(cost=cost)}), observed_at=NOW).offerings
    told = {(rate.kind, rate.min_prompt_tokens): rate.usd for rate in one.rates}
    assert told == {("input", 0): 1, ("output", 0): 2, ("input", 200000): 5, ("output", 200000): 6}


@pytest.mark.parametrize("cost", [{}, None, {"input": 0, "output": 0}, {"input": None}, {"input": -2, "output": "x"}])
def test_no_price_and_zero_are_unknown(cost: object) -> None:
    (one,) = listing_of(models_dev(openai={"one": models_dev_row(cost=cost)}), observed_at=NOW).offerings
    assert {rate.usd for rate in one.rates} <= {None}


def test_a_model_that_refuses_temperature_says_so_and_silence_is_unknown() -> None:
    (one,) = listing_of(models_dev(xai={"one": models_dev_row(temperature=False)}), observed_at=NOW).offerings
    assert one.capabilities is not None
    assert "no_temperature" in one.capabilities
    (bare,) = listing_of(models_dev(xai={"one": {"id": "one"}}), observed_at=NOW).offerings
    assert (bare.capabilities, bare.context_tokens, bare.is_open_weights, bare.rates) == (None, None, None, ())


def test_what_makes_no_text_and_rows_without_content_are_left_out() -> None:
    rows = {"paint": models_dev_row(modalities={"output": ["image"]}), "empty": {}, "two words": models_dev_row()}
    told = listing_of(models_dev(openai=rows), observed_at=NOW)
    assert told.offerings == ()
    assert len(told.problems) == 2


@pytest.mark.parametrize("value", [[], {}, {"openai": []}, {"openai": {"names": 1}}, "x", None])
def test_another_payload_is_refused(value: object) -> None:
    with pytest.raises(CatalogError, match=r"source models\.dev: expected"):
        listing_of(packed(value), observed_at=NOW)


def test_every_provider_named_is_one_of_the_catalogue() -> None:
    known = providers_of_the_catalogue()
    assert set(PROVIDERS.values()) <= known
