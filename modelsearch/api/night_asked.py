"""What people and schedules type for a night: a day, an amount."""

from datetime import UTC, date, datetime
from decimal import Decimal

from modelsearch.core.errors import BudgetError, OptionError


def day_of(text: str) -> date:
    """The day of a night; today in UTC where none is named.

    Raises:
        OptionError: no day as YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text) if text else datetime.now(UTC).date()
    except ValueError:
        message = f"--day: expected a day as YYYY-MM-DD, got {text!r}"
        raise OptionError(message) from None


def usd_of(text: str, whose: str = "--budget-usd") -> Decimal | None:
    """A limit of money; None where none is given.

    Raises:
        BudgetError: no positive amount; `whose` it is, is said.
    """
    try:
        amount = Decimal(text) if text else None
    except ArithmeticError:
        amount = Decimal(-1)
    if amount is not None and not (amount.is_finite() and amount > 0):
        message = f"{whose}: must be an amount in USD above 0, got {text!r}"
        raise BudgetError(message)
    return amount
