"""Money of a run: reserve before a call, settle after it; never over budget, whatever happens at once."""

from collections.abc import Container, Iterable
from decimal import Decimal
from typing import Self

from modelsearch.core.budget import Spend
from modelsearch.core.errors import BudgetError
from modelsearch.core.events import CallReleased, CallReserved, CallSettled, CallUnknown, Event
from modelsearch.core.ids import CallId
from modelsearch.store.booking import check_amount, check_bill, not_free, not_open
from modelsearch.store.call_states import CallStates

_ZERO = Decimal(0)


class Ledger:
    """Reservations and spend against one limit; a `core.ports.Ledger`.

    Nothing in it waits, so on one event loop each method is atomic. It is not made for several threads.
    """

    def __init__(self, budget_usd: Decimal, *, max_calls: int | None = None) -> None:
        """An empty ledger.

        Args:
            budget_usd: the most that may be settled, reserved and unknown together, USD, >= 0 (0 buys free calls).
            max_calls: the most calls that may be settled, reserved and unknown together; None = no limit.

        Raises:
            BudgetError: the budget is negative or no number.
        """
        if not budget_usd.is_finite() or budget_usd < 0:
            message = f"budget_usd of the ledger: expected a finite amount >= 0, got {budget_usd}"
            raise BudgetError(message)
        self._budget_usd = budget_usd
        self._max_calls = max_calls
        self._open: dict[CallId, Decimal] = {}
        self._closed = CallStates()
        self._settled_usd = _ZERO
        self._reserved_usd = _ZERO
        self._unknown_usd = _ZERO
        self._n_kept = 0

    @classmethod
    def from_events(
        cls,
        budget_usd: Decimal,
        events: Iterable[Event],
        *,
        max_calls: int | None = None,
        still_open: Container[CallId] = (),
    ) -> Self:
        """The ledger as the journal tells it; what was in flight at a kill is held as unknown at its bound.

        Calls of batches that a provider still works on (`still_open`) stay reserved.

        Raises:
            LedgerError: the events contradict each other (settled twice, never reserved).
        """
        ledger = cls(budget_usd, max_calls=max_calls)
        for event in events:
            ledger._replay(event)
        for call_id in list(ledger._open):
            if call_id not in still_open:
                ledger.hold(call_id)
        return ledger

    @property
    def budget_usd(self) -> Decimal:
        """The limit in USD."""
        return self._budget_usd

    @property
    def left_usd(self) -> Decimal:
        """What may still be reserved, USD; 0 after an overbilled call."""
        return max(_ZERO, self._budget_usd - self._committed_usd)

    @property
    def open_calls(self) -> tuple[CallId, ...]:
        """Calls reserved and not yet settled, released or held."""
        return tuple(self._open)

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        """Take `amount_usd` aside; False where that would pass the budget or the limit of calls.

        Raises:
            LedgerError: the call has a reservation already, or the amount is negative or no number.
        """
        check_amount(call_id, "reserve", amount_usd)
        self._check_new(call_id)
        is_full = self._max_calls is not None and self._n_kept + len(self._open) >= self._max_calls
        if is_full or self._committed_usd + amount_usd > self._budget_usd:
            return False
        self._take(call_id, amount_usd)
        return True

    def settle(self, call_id: CallId, amount_usd: Decimal) -> None:
        """Turn a reservation into spend; what was reserved and not needed is free again.

        Raises:
            LedgerError: the call has no open reservation, or the amount is negative or no number.
            OverbilledError: more was billed than reserved. The truth is booked first.
        """
        check_amount(call_id, "settle", amount_usd)
        bound_usd = self._close(call_id, "settled")
        self._settled_usd += amount_usd
        check_bill(call_id, amount_usd, bound_usd)

    def release(self, call_id: CallId) -> None:
        """Give a reservation back: the call was surely not billed.

        Raises:
            LedgerError: the call has no open reservation.
        """
        self._close(call_id, "released")

    def hold(self, call_id: CallId) -> None:
        """Keep a reservation for good: the call may have been billed.

        Raises:
            LedgerError: the call has no open reservation.
        """
        self._unknown_usd += self._close(call_id, "held")

    def spend(self) -> Spend:
        """What is gone now; `n_calls` counts the settled, reserved and unknown ones."""
        return Spend(
            settled_usd=self._settled_usd,
            reserved_usd=self._reserved_usd,
            unknown_usd=self._unknown_usd,
            n_calls=self._n_kept + len(self._open),
        )

    @property
    def _committed_usd(self) -> Decimal:
        return self._settled_usd + self._reserved_usd + self._unknown_usd

    def _take(self, call_id: CallId, amount_usd: Decimal) -> None:
        self._open[call_id] = amount_usd
        self._reserved_usd += amount_usd

    def _close(self, call_id: CallId, state: str) -> Decimal:
        """Take the reservation away and return its amount in USD."""
        if call_id not in self._open:
            known = self._closed.get(call_id) or "never reserved"
            raise not_open(call_id, state, known)
        amount_usd = self._open.pop(call_id)
        self._reserved_usd -= amount_usd
        self._closed.put(call_id, state)
        self._n_kept += state != "released"
        return amount_usd

    def _check_new(self, call_id: CallId) -> None:
        """A released call may be reserved again: nothing is booked under its id."""
        state = "reserved" if call_id in self._open else self._closed.get(call_id) or "released"
        if state != "released":
            raise not_free(call_id, state)

    def _replay(self, event: Event) -> None:
        """Book what happened, without asking whether it was allowed: the money is gone either way."""
        if isinstance(event, CallReserved):
            self._check_new(event.call_id)
            self._take(event.call_id, event.amount_usd)
        elif isinstance(event, CallSettled):
            self._close(event.call.id, "settled")
            self._settled_usd += event.call.cost_usd
        elif isinstance(event, CallReleased):
            self.release(event.call_id)
        elif isinstance(event, CallUnknown):
            self.hold(event.call_id)
