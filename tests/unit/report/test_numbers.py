import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.result import Interval
from modelsearch.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal(5), "5.00"),
        (Decimal("11.801419150000"), "11.8014"),
        (Decimal("0E-12"), "0.00"),
        (27.228918714319125, "27.2289"),
        (27228.918714319125, "27,228.92"),
        (0.0003308001038, "0.0003308"),
        (Decimal("0.000000000001"), "0.000000000001"),
        (1e-5, "0.00001"),
        (0.65, "0.65"),
        (-3.5, "-3.50"),
        (None, "unknown"),
        (math.nan, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_amounts_as_people_read_them(value: float | Decimal | None, text: str) -> None:
    assert numbers.amount(value) == text


@given(st.floats(min_value=1e-12, max_value=1e9))
def test_an_amount_is_within_a_thousandth_of_what_it_says_and_never_rounded_to_nothing(value: float) -> None:
    said = float(numbers.amount(value).replace(",", ""))
    assert said > 0
    assert said == pytest.approx(value, rel=1e-3)


@given(st.floats(min_value=0, max_value=1))
def test_only_certainty_is_called_certain(p: float) -> None:
    said = numbers.probability(p)
    assert (said == "100.0 %") == (p == 1)
    assert (said == "0.0 %") == (p == 0)


def test_unknown_is_said_and_never_zero() -> None:
    said = [numbers.usd(None), numbers.percent(None), numbers.probability(None), numbers.points(None)]
    said += [numbers.seconds(None), numbers.interval_points(None), numbers.usd_per_1k(None), numbers.percent(math.nan)]
    assert set(said) == {"unknown"}


def test_scores_are_points_of_a_hundred_and_costs_per_thousand_items() -> None:
    interval = Interval(mean=-0.0001, low=-0.0534, high=0.0391)
    assert numbers.interval_points(interval) == "0.0 (-5.3 to 3.9)"
    assert numbers.usd_per_1k(Interval(mean=0.002, low=0.001, high=0.003)) == "2.00"
    assert numbers.share_points(0.02) == "2"
    assert numbers.share_points(0.0125) == "1.25"
    assert numbers.percent(0.9266) == "92.7 %"
    assert numbers.seconds(0.69841) == "0.698 s"


def test_evidence_names_its_numbers() -> None:
    assert numbers.evidence({"gap": -0.29166, "n_pairs": 24.0}) == "gap -0.2917, n_pairs 24"
    assert numbers.evidence({"x\x1b": math.inf, "y": math.nan}) == "x inf, y unknown"
    assert numbers.evidence({}) == ""


def test_one_call_is_not_calls() -> None:
    assert numbers.counted(1, "call") == "1 call"
    assert numbers.counted(8521, "call") == "8,521 calls"
    assert numbers.counted(0, "call") == "0 calls"
