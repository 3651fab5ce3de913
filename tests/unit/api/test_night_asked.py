from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from modelsearch.api.night_asked import day_of, usd_of
from modelsearch.core.errors import BudgetError, OptionError


def test_days_and_amounts_as_typed() -> None:
    assert day_of("2026-11-24") == date(2026, 11, 24)
    assert day_of("") == datetime.now(UTC).date()
    assert usd_of("0.50") == Decimal("0.50")
    assert usd_of("") is None


@pytest.mark.parametrize("text", ["24.11.2026", "2026-13-01", "today"])
def test_no_day_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="--day"):
        day_of(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "much"])
def test_no_amount_is_refused_and_whose_it_is_is_said(text: str) -> None:
    with pytest.raises(BudgetError, match="--night-usd"):
        usd_of(text, "--night-usd")
