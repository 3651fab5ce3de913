from decimal import Decimal

import pytest

from modelsearch.catalog.sources.rows import MAX_PROBLEMS, MAX_ROWS, PriceReader, When, checked_rows, listing, unnamed
from modelsearch.core.errors import CatalogError
from tests.unit.catalog.sources.payloads import NOW


def reader(*, is_free: bool = False) -> PriceReader:
    return PriceReader(source="s", observed_on=NOW.date(), where="s: acme/one", is_free=is_free)


def test_zero_is_no_price_unless_the_row_is_free_and_no_billing_apart_elsewhere() -> None:
    paid = reader().rates({"input": 0, "output": 1, "cache_read": 0, "reasoning": None})
    assert [(rate.kind, rate.usd) for rate in paid] == [("input", None), ("output", Decimal(1))]
    free = reader(is_free=True).rates({"input": 0, "output": "0"})
    assert [rate.usd for rate in free] == [0, 0]


@pytest.mark.parametrize("value", [-1, "-0.5", "x", True, [], {}, 10**13, "Infinity"])
def test_what_is_no_price_is_unknown_and_told(value: object) -> None:
    read = reader()
    (rate,) = read.rates({"output": value})
    assert rate.usd is None
    assert read.problems[0].startswith("s: acme/one: output: expected a price >= 0, got ")


def test_conditions_come_onto_the_rates() -> None:
    (rate,) = reader().rates({"input": 2}, When(processing="batch", min_prompt_tokens=9, utc_window=("0100", "0400")))
    assert (rate.processing, rate.min_prompt_tokens, rate.utc_window) == ("batch", 9, ("0100", "0400"))
    assert (rate.source, rate.observed_at) == ("s", NOW.date())


def test_rows_are_a_list_that_a_catalogue_can_have() -> None:
    assert checked_rows([1], "s", "rows") == [1]
    others: tuple[object, ...] = (None, {}, "x", [0] * (MAX_ROWS + 1))
    for value in others:
        with pytest.raises(CatalogError, match="source s: expected rows of at most"):
            checked_rows(value, "s", "rows")


def test_problems_are_told_up_to_a_number() -> None:
    told = listing("s", b"{}", NOW, [unnamed("s", i) for i in range(80)], ["a note"])
    assert len(told.problems) == MAX_PROBLEMS + 1
    assert told.problems[-1] == "s: and 31 more problems"
    assert told.sha256 == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
