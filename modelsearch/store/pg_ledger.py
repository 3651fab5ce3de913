"""Money that several workers draw on, in PostgreSQL; a `core.ports.Ledger` and `NightBudget`.

Each movement is one message to the server, which does it under the lock of the budget's row: so the limit holds
whatever is done at once, to the last digit (`numeric` is as exact as `Decimal`).
"""

from decimal import Decimal
from secrets import token_hex

from modelsearch.core.budget import Spend
from modelsearch.core.errors import BudgetError, LedgerError, OverbilledError
from modelsearch.core.ids import CallId
from modelsearch.core.money import ZERO_USD
from modelsearch.store.pg import Database
from modelsearch.store.pg_workers import PgWorker

_OPEN = """
INSERT INTO modelsearch.budgets (id, limit_usd, max_calls) VALUES (%(id)s, %(limit)s, %(max_calls)s)
ON CONFLICT (id) DO NOTHING
"""
_READ = """
SELECT settled_usd, reserved_usd, unknown_usd, n_calls, limit_usd FROM modelsearch.budgets WHERE id = %s
"""


class PgLedger:
    """One budget, by its id: of a night, or of a task. A dead worker's open reservations count as unknown."""

    def __init__(
        self, database: Database, worker: PgWorker, budget_id: str, limit_usd: Decimal, *, max_calls: int | None = None
    ) -> None:
        """Open or begin a budget; who comes first sets its limit, and all others must mean the same.

        Args:
            database: with its tables.
            worker: whose reservations these are.
            budget_id: names it.
            limit_usd: the most that may be settled, reserved and unknown together, USD, >= 0.
            max_calls: the most calls; None = no limit.

        Raises:
            BudgetError: the limit is negative or no number, or another one is set.
        """
        if not limit_usd.is_finite() or limit_usd < 0:
            message = f"limit of budget {budget_id!r}: expected a finite amount >= 0, got {limit_usd}"
            raise BudgetError(message)
        self._database, self._worker, self._id = database, worker, budget_id
        database.ask(_OPEN, {"id": budget_id, "limit": limit_usd, "max_calls": max_calls})
        self._limit_usd: Decimal = database.ask(_READ, (budget_id,))[0][4]
        if self._limit_usd != limit_usd:
            message = (
                f"budget {budget_id!r}: is {self._limit_usd} USD for all workers, got {limit_usd}: give all of them "
                f"the same, or begin another budget"
            )
            raise BudgetError(message)

    @property
    def left_usd(self) -> Decimal:
        """What may still be reserved, USD."""
        return max(ZERO_USD, self._limit_usd - self.spend().committed_usd)

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        """Take `amount_usd` aside; False where that would pass the budget or the limit of calls.

        Raises:
            LedgerError: the call has a reservation already, or the amount is negative or no number.
        """
        _check_amount(call_id, "reserve", amount_usd)
        values = (self._id, call_id, self._worker.id, token_hex(8), amount_usd)
        ((told,),) = self._database.ask("SELECT modelsearch.reserve(%s, %s, %s, %s, %s)", values)
        if told not in ("ok", "full"):
            message = f"call {call_id!r}: cannot reserve, it is {told} already; each call needs its own id"
            raise LedgerError(message)
        return bool(told == "ok")

    def settle(self, call_id: CallId, amount_usd: Decimal) -> None:
        """Turn a reservation into spend.

        Raises:
            LedgerError: we have no such open reservation, or the amount is negative or no number.
            OverbilledError: more was billed than reserved. The truth is booked first.
        """
        _check_amount(call_id, "settle", amount_usd)
        self._finish(call_id, "settled", amount_usd, ZERO_USD)

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
        _check_amount(call_id, "settle", settled_usd)
        _check_amount(call_id, "hold", unknown_usd)
        self._finish(call_id, "settled", settled_usd, unknown_usd)

    def adopt(self, call_id: CallId) -> Decimal | None:
        """Go on with a reservation whose owner died, in USD; None = there is none."""
        values = (self._id, call_id, self._worker.id, token_hex(8))
        ((amount,),) = self._database.ask("SELECT modelsearch.adopt(%s, %s, %s, %s)", values)
        return None if amount is None else Decimal(amount)

    def spend(self) -> Spend:
        """What is gone now; open reservations of dead workers become unknown here."""
        self._database.ask("SELECT modelsearch.sweep(%s)", (self._id,))
        ((settled, reserved, unknown, n_calls, _),) = self._database.ask(_READ, (self._id,))
        return Spend(settled_usd=settled, reserved_usd=reserved, unknown_usd=unknown, n_calls=n_calls)

    def _finish(self, call_id: CallId, ending: str, settled_usd: Decimal, unknown_usd: Decimal) -> None:
        values = (self._id, call_id, self._worker.id, token_hex(8), ending, settled_usd, unknown_usd)
        asked = "SELECT told, bound FROM modelsearch.finish(%s, %s, %s, %s, %s, %s, %s)"
        ((told, bound_usd),) = self._database.ask(asked, values)
        if told != "ok":
            message = f"call {call_id!r}: expected an open reservation to be {ending}, but it is {told}"
            raise LedgerError(message)
        if settled_usd + unknown_usd > bound_usd:
            message = (
                f"call {call_id!r}: billed {settled_usd + unknown_usd} USD, at most {bound_usd} USD were reserved; the "
                f"price or the output limit in the catalogue is wrong for its endpoint: correct it, then resume"
            )
            raise OverbilledError(message)


def _check_amount(call_id: CallId, verb: str, amount_usd: Decimal) -> None:
    if not amount_usd.is_finite() or amount_usd < 0:
        message = f"call {call_id!r}: cannot {verb} {amount_usd} USD, expected a finite amount >= 0"
        raise LedgerError(message)
