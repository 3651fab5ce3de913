from decimal import Decimal

import pytest

from modelsearch.catalog.price_rows import condition_of
from modelsearch.catalog.rate_guards import MAX_JUMP, guarded
from tests.unit.catalog.offers import offer, plain, rate, usd_of

KNOWN = {condition_of(each): each for each in plain("1", "4")}


@pytest.mark.parametrize("usd", ["-1", "-0.000001", "NaN", "Infinity", "0"])
def test_what_no_price_can_be_is_unknown_and_told(usd: str) -> None:
    found = guarded(offer(rates=plain(usd)), {})
    assert usd_of(found.offering.rates) == {"input": None, "output": 4}
    assert not found.is_quarantined
    assert "acme/one: input: expected a price above 0" in found.problems[0]


def test_zero_is_a_price_of_free_variants_and_own_machines_only() -> None:
    for one in (offer("one:free", rates=plain("0", "0")), offer(provider="ollama", rates=plain("0", "0"))):
        assert set(usd_of(guarded(one, {}).offering.rates).values()) == {Decimal(0)}
    billed_with_input = guarded(offer(rates=(*plain(), rate("cache_read", "0"))), {})
    assert usd_of(billed_with_input.offering.rates) == {"input": 1, "output": 4}
    assert billed_with_input.problems == ()


@pytest.mark.parametrize("usd", ["1000.01", "1000000", "0.00009", str(MAX_JUMP), "0.01"])
def test_absurd_prices_and_jumps_keep_out_all_prices_and_the_old_ones_stay(usd: str) -> None:
    found = guarded(offer(rates=plain(usd)), KNOWN, kept=plain("1", "4"))
    assert found.is_quarantined
    assert usd_of(found.offering.rates) == {"input": 1, "output": 4}
    assert "quarantined" in found.problems[-1]


def test_a_jump_below_the_limit_is_a_price() -> None:
    for usd in ("99.9", "0.0101"):
        assert not guarded(offer(rates=plain(usd)), KNOWN).is_quarantined


def test_what_is_new_has_nothing_to_jump_from_but_is_not_absurd_either() -> None:
    assert not guarded(offer(rates=plain("900", "1000")), {}).is_quarantined
    assert guarded(offer(rates=plain("1000.1")), {}).offering.rates == ()


def test_reading_a_cache_costs_at_most_what_input_does() -> None:
    rates = (*plain("1"), rate("cache_read", "1.01"), rate("cache_write_5m", "1.25"))
    found = guarded(offer(rates=rates), {})
    assert usd_of(found.offering.rates) == {"input": 1, "output": 4, "cache_write_5m": Decimal("1.25")}
    assert "cache_read: expected at most 1, got 1.01" in found.problems[0]


def test_batch_costs_at_most_the_standard_and_needs_one() -> None:
    batch = (rate("input", "1.1", processing="batch"), rate("output", "2", processing="batch"))
    found = guarded(offer(rates=(*plain(), *batch)), {})
    assert usd_of(found.offering.rates) == {"input": 1, "output": 4, "output batch": 2}
    alone = guarded(offer(rates=batch), {})
    assert alone.offering.rates == ()
    assert len(alone.problems) == 2


def test_batch_of_longer_prompts_is_held_against_their_own_standard() -> None:
    rates = (
        *plain("1"),
        rate("input", "2", min_prompt_tokens=200_000),
        rate("input", "1.5", processing="batch", min_prompt_tokens=200_000),
        rate("cache_read", "0.9", processing="batch"),
    )
    found = guarded(offer(rates=rates), {})
    assert found.problems == ()
    assert found.offering.rates == rates


def test_a_price_that_is_lost_is_told() -> None:
    assert guarded(offer(rates=plain(None)), KNOWN).problems == ("acme: acme/one: input: was 1, is unknown now",)
    assert guarded(offer(rates=plain(None)), {}).problems == ()
