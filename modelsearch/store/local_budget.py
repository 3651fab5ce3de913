"""Money that several processes of one machine draw on; a `core.ports.Ledger` and `NightBudget`.

For reservations by the job, of which a night has hundreds: each movement adds up what is booked, exactly.
"""

import sqlite3
from decimal import Decimal

from modelsearch.core.budget import Spend
from modelsearch.core.ids import CallId
from modelsearch.core.money import ZERO_USD
from modelsearch.store.booking import SharedBudget, check_amount, check_limit, check_same_limit, not_free, not_open
from modelsearch.store.local_workers import LocalWorkers

_OPEN = ("reserved", "lost")


class LocalBudget(SharedBudget):
    """One budget, by its id. Open reservations of a process that ended count as unknown."""

    def __init__(
        self, workers: LocalWorkers, budget_id: str, limit_usd: Decimal, *, max_calls: int | None = None
    ) -> None:
        """Open or begin a budget; who comes first sets its limit, and all others must mean the same.

        Raises:
            BudgetError: the limit is negative or no number, or another one is set.
        """
        check_limit(budget_id, limit_usd)
        self._workers, self._id, self._limit_usd, self._max_calls = workers, budget_id, limit_usd, max_calls
        with workers.changing() as db:
            db.execute("INSERT OR IGNORE INTO budgets (id, limit_usd) VALUES (?, ?)", (budget_id, str(limit_usd)))
            (known,) = db.execute("SELECT limit_usd FROM budgets WHERE id = ?", (budget_id,)).fetchone()
        check_same_limit(budget_id, Decimal(known), limit_usd)

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        """Take `amount_usd` aside; False where that would pass the budget or the limit of calls.

        Raises:
            LedgerError: the call has a reservation already, or the amount is negative or no number.
        """
        check_amount(call_id, "reserve", amount_usd)
        with self._workers.changing() as db:
            row = self._row(db, call_id)
            if row is not None and row[1] != "released":
                raise not_free(call_id, row[1])
            spend = self._spend(db)
            is_full = self._max_calls is not None and spend.n_calls >= self._max_calls
            if is_full or spend.committed_usd + amount_usd > self._limit_usd:
                return False
            db.execute(
                "INSERT OR REPLACE INTO reservations (budget_id, call_id, owner, amount_usd, state) "
                "VALUES (?, ?, ?, ?, 'reserved')",
                (self._id, call_id, self._workers.id, str(amount_usd)),
            )
        return True

    def adopt(self, call_id: CallId) -> Decimal | None:
        """Go on with a reservation whose owner ended, in USD; None = there is none."""
        with self._workers.changing() as db:
            row = self._row(db, call_id)
            if row is None or row[1] not in _OPEN or (row[0] != self._workers.id and self._workers.is_alive(row[0])):
                return None
            db.execute(
                "UPDATE reservations SET owner = ?, state = 'reserved' WHERE budget_id = ? AND call_id = ?",
                (self._workers.id, self._id, call_id),
            )
        return row[2]

    def spend(self) -> Spend:
        """What is gone now; open reservations of ended processes become unknown here."""
        with self._workers.changing() as db:
            asked = "SELECT DISTINCT owner FROM reservations WHERE budget_id = ? AND state = 'reserved'"
            for (owner,) in db.execute(asked, (self._id,)).fetchall():
                if not self._workers.is_alive(owner):
                    lost = "UPDATE reservations SET state = 'lost' WHERE owner = ? AND state = 'reserved'"
                    db.execute(lost, (owner,))
            return self._spend(db)

    def _spend(self, db: sqlite3.Connection) -> Spend:
        asked = "SELECT state, amount_usd, settled_usd, unknown_usd FROM reservations WHERE budget_id = ?"
        sums = {"settled": ZERO_USD, "reserved": ZERO_USD, "unknown": ZERO_USD}
        n_calls = 0
        for state, amount, settled, unknown in db.execute(asked, (self._id,)):
            n_calls += state != "released"
            sums["settled"] += Decimal(settled)
            sums["unknown"] += Decimal(unknown)
            if state in _OPEN:
                sums["reserved" if state == "reserved" else "unknown"] += Decimal(amount)
        return Spend(
            settled_usd=sums["settled"], reserved_usd=sums["reserved"], unknown_usd=sums["unknown"], n_calls=n_calls
        )

    def _row(self, db: sqlite3.Connection, call_id: CallId) -> tuple[str, str, Decimal] | None:
        """Owner, state and amount of a reservation."""
        asked = "SELECT owner, state, amount_usd FROM reservations WHERE budget_id = ? AND call_id = ?"
        row = db.execute(asked, (self._id, call_id)).fetchone()
        return None if row is None else (row[0], row[1], Decimal(row[2]))

    def _finish(self, call_id: CallId, ending: str, settled_usd: Decimal, unknown_usd: Decimal) -> Decimal:
        with self._workers.changing() as db:
            owner, state, bound_usd = self._row(db, call_id) or ("", "never reserved", ZERO_USD)
            if state in _OPEN and owner != self._workers.id:
                state = "another worker's"
            if state not in _OPEN:
                raise not_open(call_id, ending, state)
            unknown_usd = bound_usd if ending == "held" else unknown_usd
            db.execute(
                "UPDATE reservations SET state = ?, settled_usd = ?, unknown_usd = ? "
                "WHERE budget_id = ? AND call_id = ?",
                (ending, str(settled_usd), str(unknown_usd), self._id, call_id),
            )
        return bound_usd
