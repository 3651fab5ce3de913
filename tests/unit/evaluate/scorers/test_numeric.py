from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.numeric import Numeric


def _item(target: Json = 5) -> Item:
    return Item(id=ItemId("i"), input="q", target=target)


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("42", "42"),
        ("It is 3 + 4 = 7.", "7"),
        ("$1,234,567.50 in all", "1234567.5"),
        ("1'000", "1000"),
        ("-5", "-5"),
        ("\u22125 degrees", "-5"),
        ("between 3-5", "5"),
        ("x = +7", "7"),
        ("0.50", "0.5"),
        (".5", "0.5"),
        ("45 %", "45"),
        ("1e3", "1000"),
        ("2.50E-2", "0.025"),
        ("-0.0", "0"),
        ("\\boxed{12}", "12"),
        ("**18**.", "18"),
        ("3, 4, 5", "5"),
        ("1,23", "23"),
        ("H2O", None),
        ("none at all", None),
        ("1" * 100, None),
    ],
)
def test_the_last_number_as_a_plain_decimal(reply: str, number: str | None) -> None:
    assert Numeric().canonical(reply, _item()) == number


@given(value=st.decimals(-(10**9), 10**9, places=4))
def test_any_decimal_comes_back_by_value_and_equal_values_are_equal_text(value: Decimal) -> None:
    plain = Numeric().canonical(f"so: {value}", _item())
    assert plain is not None
    assert Decimal(plain) == value
    assert Numeric().canonical(f"{value:,}", _item()) == plain
    assert Numeric().canonical(f"{value}00", _item()) == plain


@pytest.mark.parametrize(
    ("scorer", "answer", "score"),
    [
        (Numeric(), "5", 1.0),
        (Numeric(), "5.1", 0.0),
        (Numeric(tolerance=0.1), "5.1", 1.0),
        (Numeric(tolerance=0.1), "5.11", 0.0),
        (Numeric(relative_tolerance=0.02), "4.9", 1.0),
        (Numeric(relative_tolerance=0.02), "4.89", 0.0),
        (Numeric(scale=4.0), "6", 0.75),
        (Numeric(scale=4.0), "1", 0.0),
        (Numeric(scale=4.0), "-900", 0.0),
        (Numeric(scale=4.0, tolerance=1.0), "6", 1.0),
    ],
)
def test_tolerance_and_graded_score(scorer: Numeric, answer: str, score: float) -> None:
    assert scorer.score(answer, _item(5)) == pytest.approx(score)


@pytest.mark.parametrize("target", ["many", True, None, [1], "3 of 4"])
def test_a_target_that_is_no_number_is_told(target: Json) -> None:
    assert "expected a number as target" in Numeric().target_problem(_item(target))


@pytest.mark.parametrize("target", [5, 2.5, "1,200", "-3", 1e-7, "$4"])
def test_a_target_that_is_a_number_scores_one_as_reply(target: Json) -> None:
    assert Numeric().target_problem(_item(target)) == ""
    answer = Numeric(tolerance=0.0).canonical(str(target), _item(target))
    assert answer is not None
    assert Numeric(tolerance=0.0).score(answer, _item(target)) == 1.0


def test_parameters_out_of_range_are_refused() -> None:
    for params in ({"tolerance": -1.0}, {"relative_tolerance": float("nan")}, {"scale": 0.0}):
        with pytest.raises(PlanError, match=next(iter(params))):
            Numeric(**params)
