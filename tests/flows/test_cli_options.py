"""Options as typed become values, or one line that says what was expected."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli_options import PRICING_CLASSES, TaskOptions, amount, names_of, weights_of
from modelsearch.core.errors import OptionError
from modelsearch.taskfile.overrides import TaskOverrides

NOTHING = TaskOptions(
    margin=None, alpha=None, max_cost=None, max_latency_s=None, min_quality=None, target_quality=None, weights=None,
    min_context=None, providers=None, pricing=None, include=None, exclude=None, require=None, is_kind_strict=False,
)  # fmt: skip


def test_no_option_changes_nothing() -> None:
    assert TaskOverrides(**NOTHING.values()) == TaskOverrides()


@given(st.decimals(min_value="0.000001", max_value="1000000", places=6))
def test_an_amount_is_exact(value: Decimal) -> None:
    assert amount(str(value), "--max-cost-usd-per-1k") == value


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "", "1,5", "five"])
def test_no_amount_is_told(text: str) -> None:
    with pytest.raises(OptionError, match=r"--max-cost-usd-per-1k: expected an amount in USD above 0, got"):
        amount(text, "--max-cost-usd-per-1k")


@given(st.sets(st.text(alphabet="abcxyz-_=09", min_size=1), min_size=1))
def test_names_come_back_whatever_the_spaces(names: set[str]) -> None:
    assert names_of(" , ".join(sorted(names)), "--providers") == frozenset(names)


@pytest.mark.parametrize("text", ["", ",", " , ,"])
def test_no_names_are_told(text: str) -> None:
    with pytest.raises(OptionError, match="--require: expected names"):
        names_of(text, "--require")


def test_weights_are_read() -> None:
    assert weights_of("cost=0.4, quality=0.6") == {"cost": 0.4, "quality": 0.6}


@pytest.mark.parametrize("text", ["cost", "cost=", "cost=x", "cost=-1", "beauty=1", "cost=nan", ""])
def test_no_weights_are_told(text: str) -> None:
    with pytest.raises(OptionError, match="--weights: expected numbers >= 0 such as"):
        weights_of(text)


def test_a_pricing_class_is_checked() -> None:
    assert replace(NOTHING, pricing="budget,local").values()["pricing"] == {"budget", "local"}
    with pytest.raises(OptionError, match=f"--pricing: expected some of {', '.join(PRICING_CLASSES)}, got 'low'"):
        replace(NOTHING, pricing="low").values()
