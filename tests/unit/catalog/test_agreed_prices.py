from decimal import Decimal

from modelsearch.catalog.agreed_prices import Claim, agreed, claim_of
from modelsearch.catalog.price_rows import condition_of
from modelsearch.core.market import Rate
from tests.unit.catalog.offers import plain, rate, usd_of


def own(*rates: Rate) -> Claim:
    return claim_of("acme", rates, is_own=True)


def heard(*rates: Rate, source: str = "models.dev") -> Claim:
    return claim_of(source, rates, is_own=False)


def opinion(*rates: Rate) -> Claim:
    return heard(*rates, source="genai-prices")


def test_the_first_source_has_the_word_as_long_as_others_are_within_two_percent() -> None:
    rates, problems = agreed([own(*plain("1", "4")), heard(*plain("1.02", "3.93"))], {})
    assert usd_of(rates) == {"input": 1, "output": 4}
    assert {each.source for each in rates} == {"acme"}
    assert problems == ()


def test_a_dispute_keeps_the_higher_price_whoever_tells_it() -> None:
    for claims in (
        [heard(*plain("2", "6")), opinion(*plain("0.5", "6"))],
        [heard(*plain("0.5", "6")), opinion(*plain("2", "6"))],
    ):
        rates, problems = agreed(claims, {})
        assert usd_of(rates) == {"input": 2, "output": 6}
        assert [each.is_disputed for each in rates] == [True, False]
        assert rates[0].source == "models.dev+genai-prices"
        assert len(problems) == 1
        assert problems[0].endswith("the higher is used")


def test_who_says_what_the_provider_said_before_is_late() -> None:
    former = {condition_of(each): each for each in plain("2", "4")}
    claims = [own(*plain("1", "4")), heard(*plain("2", "4"))]
    late, _ = agreed(claims, former)
    assert usd_of(late) == {"input": 1, "output": 4}
    assert not any(each.is_disputed for each in late)
    assert usd_of(agreed([claims[0], heard(*plain("3", "4"))], former)[0])["input"] == 3


def test_the_second_opinion_is_one_on_what_others_say_only() -> None:
    rates, problems = agreed([own(*plain("1", "4")), opinion(*plain("3", "4"))], {})
    assert usd_of(rates) == {"input": 1, "output": 4}
    assert problems == ()


def test_an_unknown_price_of_the_provider_is_unknown_and_of_others_is_filled() -> None:
    assert usd_of(agreed([own(*plain(None)), heard(*plain("1"))], {})[0]) == {"input": None, "output": 4}
    assert usd_of(agreed([heard(*plain(None)), opinion(*plain("1"))], {})[0]) == {"input": 1, "output": 4}


def test_what_the_provider_tells_is_whole() -> None:
    more = (
        rate("cache_read", "0.1"),
        rate("input", "2", min_prompt_tokens=9),
        rate("output", "9", utc_window=("01", "04")),
    )
    assert usd_of(agreed([own(*plain()), heard(*plain(), *more)], {})[0]) == {"input": 1, "output": 4}


def test_other_sources_fill_each_other_up_but_never_with_what_is_cheaper_by_the_hour() -> None:
    more = (
        rate("cache_read", "0.1"),
        rate("input", "2", utc_window=("0100", "0400")),
        rate("input", "0.5", utc_window=("1600", "2000")),
        rate("output", "8", min_prompt_tokens=200_000),
    )
    rates, _ = agreed([heard(*plain()), opinion(*plain(), *more)], {})
    assert usd_of(rates) == {
        "input": 1,
        "output": 4,
        "cache_read": Decimal("0.1"),
        "output 200000": 8,
        "input 0100-0400": 2,
    }


def batch(usd_in: str, usd_out: str) -> tuple[Rate, ...]:
    return rate("input", usd_in, processing="batch"), rate("output", usd_out, processing="batch")


def test_batch_comes_from_whoever_tells_it_also_for_what_the_provider_tells() -> None:
    rates, _ = agreed([own(*plain()), opinion(*plain(), *batch("0.5", "2"))], {})
    assert usd_of(rates) == {"input": 1, "output": 4, "input batch": Decimal("0.5"), "output batch": 2}


def test_batch_rises_with_the_standard_price_and_is_left_out_above_it() -> None:
    raised, _ = agreed([own(*plain("2", "4")), opinion(*plain("1", "4"), *batch("0.5", "2"))], {})
    assert usd_of(raised)["input batch"] == 1
    late = {condition_of(each): each for each in plain("8", "40")}
    over, _ = agreed([own(*plain("1", "4")), opinion(*plain("8", "40"), *batch("4", "20"))], late)
    assert usd_of(over) == {"input": 1, "output": 4}


def test_batch_of_one_way_only_is_none() -> None:
    half, _ = agreed([heard(*plain()), opinion(*plain(), batch("0.5", "2")[0])], {})
    assert usd_of(half) == {"input": 1, "output": 4}


def test_no_claim_is_no_price() -> None:
    assert agreed([], {}) == ((), ())
    assert usd_of(agreed([own(*plain(None, None))], {})[0]) == {"input": None, "output": None}
