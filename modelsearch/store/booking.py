"""What every book of money says alike, whoever keeps it: amounts, limits, ends that cannot be, bills above a bound."""

from abc import ABC, abstractmethod
from decimal import Decimal

from modelsearch.core.budget import Spend
from modelsearch.core.errors import BudgetError, LedgerError, OverbilledError
from modelsearch.core.ids import CallId
from modelsearch.core.money import ZERO_USD


class SharedBudget(ABC):
    """A budget that several workers draw on: the ends of its reservations, each one movement; a `NightBudget`."""

    _limit_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        """What may still be reserved, USD."""
        return max(ZERO_USD, self._limit_usd - self.spend().committed_usd)

    @abstractmethod
    def spend(self) -> Spend:
        """What is gone now; open reservations of workers that ended become unknown here."""

    @abstractmethod
    def _finish(self, call_id: CallId, ending: str, settled_usd: Decimal, unknown_usd: Decimal) -> Decimal:
        """End an open reservation of ours and return its amount; one that is `held` is unknown in full.

        Raises:
            LedgerError: we have no such open reservation.
        """

    def settle(self, call_id: CallId, amount_usd: Decimal) -> None:
        """Turn a reservation into spend.

        Raises:
            LedgerError: we have no such open reservation, or the amount is negative or no number.
            OverbilledError: more was billed than reserved. The truth is booked first.
        """
        self.close(call_id, settled_usd=amount_usd, unknown_usd=ZERO_USD)

    def release(self, call_id: CallId) -> None:
        """Give a reservation back: the call was surely not billed.

        Raises:
            LedgerError: we have no such open reservation.
        """
        self._finish(call_id, "released", ZERO_USD, ZERO_USD)

    def hold(self, call_id: CallId) -> None:
        """Keep a reservation for good: the call may have been billed.

        Raises:
            LedgerError: we have no such open reservation.
        """
        self._finish(call_id, "held", ZERO_USD, ZERO_USD)

    def close(self, call_id: CallId, *, settled_usd: Decimal, unknown_usd: Decimal) -> None:
        """End a reservation at once in what was paid and what may have been; the rest is free again.

        Raises:
            LedgerError: we have no such open reservation, or an amount is negative or no number.
            OverbilledError: both together are more than was reserved. The truth is booked first.
        """
        check_amount(call_id, "settle", settled_usd)
        check_amount(call_id, "hold", unknown_usd)
        check_bill(call_id, settled_usd + unknown_usd, self._finish(call_id, "settled", settled_usd, unknown_usd))


def check_amount(call_id: CallId, verb: str, amount_usd: Decimal) -> None:
    """Refuse what is no amount.

    Raises:
        LedgerError: it is negative, or no number.
    """
    if not amount_usd.is_finite() or amount_usd < 0:
        message = f"call {call_id!r}: cannot {verb} {amount_usd} USD, expected a finite amount >= 0"
        raise LedgerError(message)


def check_bill(call_id: CallId, billed_usd: Decimal, bound_usd: Decimal) -> None:
    """Stop at a bill above what was reserved for it.

    Raises:
        OverbilledError: saying what to correct.
    """
    if billed_usd > bound_usd:
        message = (
            f"call {call_id!r}: billed {billed_usd} USD, at most {bound_usd} USD were reserved; the price or the "
            f"output limit in the catalogue is wrong for its endpoint: correct it, then resume"
        )
        raise OverbilledError(message)


def check_limit(budget_id: str, limit_usd: Decimal) -> None:
    """Refuse what is no limit.

    Raises:
        BudgetError: it is negative, or no number.
    """
    if not limit_usd.is_finite() or limit_usd < 0:
        message = f"limit of budget {budget_id!r}: expected a finite amount >= 0, got {limit_usd}"
        raise BudgetError(message)


def check_same_limit(budget_id: str, known_usd: Decimal, limit_usd: Decimal) -> None:
    """All workers mean the same limit.

    Raises:
        BudgetError: this one does not.
    """
    if known_usd != limit_usd:
        message = (
            f"budget {budget_id!r}: is {known_usd} USD for all workers, got {limit_usd}: give all of them the same, "
            f"or begin another budget"
        )
        raise BudgetError(message)


def not_free(call_id: CallId, state: str) -> LedgerError:
    """A reservation for a call that has one, or had one that was billed."""
    return LedgerError(f"call {call_id!r}: cannot reserve, it is {state} already; each call needs its own id")


def not_open(call_id: CallId, ending: str, state: str) -> LedgerError:
    """An end of a reservation that is not open, or not ours."""
    return LedgerError(f"call {call_id!r}: expected an open reservation to be {ending}, but it is {state}")
