from dataclasses import dataclass

import pytest

from modelsearch.core.errors import PlanError
from modelsearch.search.parameters import require_count, require_flag, require_one_of, require_range


@dataclass
class Owner:
    value: object


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "0.5", None, True])
def test_a_range_is_kept(value: object) -> None:
    with pytest.raises(PlanError, match=r"value of Owner: expected a number in \[0, 1\], got"):
        require_range(Owner(value), "value", 0.0, 1.0)


@pytest.mark.parametrize("value", [0, 2.5, "3", None, True])
def test_a_count_is_an_integer(value: object) -> None:
    with pytest.raises(PlanError, match=r"value of Owner: expected an integer in 1\.\.9, got"):
        require_count(Owner(value), "value", 1, 9)


def test_words_are_named() -> None:
    with pytest.raises(PlanError, match="expected one of a, b, got 'c': correct it in the plan"):
        require_one_of(Owner("c"), "value", ("a", "b"))


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_a_flag_is_true_or_false(value: object) -> None:
    with pytest.raises(PlanError, match="value of Owner: expected true or false, got"):
        require_flag(Owner(value), "value")


def test_good_values_pass() -> None:
    require_range(Owner(1), "value", 0.0, 1.0)
    require_count(Owner(9), "value", 1, 9)
    require_one_of(Owner("a"), "value", ("a", "b"))
    require_flag(Owner(value=False), "value")
