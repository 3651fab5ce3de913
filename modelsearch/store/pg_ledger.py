"""Money that several workers draw on, in PostgreSQL; a `core.ports.Ledger` and `NightBudget`.

Each movement is one message to the server, which does it under the lock of the budget's row: so the limit holds
whatever is done at once, to the last digit (`numeric` is as exact as `Decimal`).
"""

from decimal import Decimal
from secrets import token_hex

from modelsearch.core.budget import Spend
from modelsearch.core.ids import CallId
from modelsearch.store.booking import SharedBudget, check_amount, check_limit, check_same_limit, not_free, not_open
from modelsearch.store.pg import Database
from modelsearch.store.pg_workers import PgWorker

_OPEN = """
INSERT INTO modelsearch.budgets (id, limit_usd, max_calls) VALUES (%(id)s, %(limit)s, %(max_calls)s)
ON CONFLICT (id) DO NOTHING
"""
_READ = """
SELECT settled_usd, reserved_usd, unknown_usd, n_calls, limit_usd FROM modelsearch.budgets WHERE id = %s
"""


class PgLedger(SharedBudget):
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
        check_limit(budget_id, limit_usd)
        self._database, self._worker, self._id = database, worker, budget_id
        database.ask(_OPEN, {"id": budget_id, "limit": limit_usd, "max_calls": max_calls})
        self._limit_usd: Decimal = database.ask(_READ, (budget_id,))[0][4]
        check_same_limit(budget_id, self._limit_usd, limit_usd)

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        """Take `amount_usd` aside; False where that would pass the budget or the limit of calls.

        Raises:
            LedgerError: the call has a reservation already, or the amount is negative or no number.
        """
        check_amount(call_id, "reserve", amount_usd)
        values = (self._id, call_id, self._worker.id, token_hex(8), amount_usd)
        ((told,),) = self._database.ask("SELECT modelsearch.reserve(%s, %s, %s, %s, %s)", values)
        if told not in ("ok", "full"):
            raise not_free(call_id, told)
        return bool(told == "ok")

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

    def _finish(self, call_id: CallId, ending: str, settled_usd: Decimal, unknown_usd: Decimal) -> Decimal:
        values = (self._id, call_id, self._worker.id, token_hex(8), ending, settled_usd, unknown_usd)
        asked = "SELECT told, bound FROM modelsearch.finish(%s, %s, %s, %s, %s, %s, %s)"
        ((told, bound_usd),) = self._database.ask(asked, values)
        if told != "ok":
            raise not_open(call_id, ending, told)
        return Decimal(bound_usd)
