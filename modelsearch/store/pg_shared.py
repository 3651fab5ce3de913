"""A worker's whole side of the shared database, opened and closed in the right order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from modelsearch.store.pg import Database
from modelsearch.store.pg_claims import PgClaims
from modelsearch.store.pg_leases import PgLeases
from modelsearch.store.pg_ledger import PgLedger
from modelsearch.store.pg_replies import PgReplies
from modelsearch.store.pg_schema import prepare
from modelsearch.store.pg_workers import LEASE_S, PgWorker


@dataclass(frozen=True, kw_only=True)
class PgShared:
    """What a worker does in the database."""

    database: Database
    worker: PgWorker

    def claims(self) -> PgClaims:
        """Whose a piece of work is."""
        return PgClaims(self.database, self.worker)

    def ledger(self, budget_id: str, limit_usd: Decimal) -> PgLedger:
        """A budget that all workers draw on."""
        return PgLedger(self.database, self.worker, budget_id, limit_usd)

    def leases(self) -> PgLeases:
        """Parts of providers' limits, of a new holder."""
        return PgLeases(self.database)

    def replies(self, scope: str = "") -> PgReplies:
        """Paid replies; to be closed before the database is."""
        return PgReplies(self.database, self.worker, scope=scope)


@contextmanager
def open_pg(url: str, *, lease_s: float = LEASE_S) -> Iterator[PgShared]:
    """Connect, see to the tables, and live as a worker.

    Args:
        url: `postgresql://user:password@host:port/name`.
        lease_s: others take over after so many seconds of silence.

    Raises:
        OptionError, DatabaseDownError, StoreError: as `Database` and `prepare`.
    """
    with Database(url) as database:
        prepare(database)
        worker = PgWorker(database, lease_s=lease_s)
        try:
            yield PgShared(database=database, worker=worker)
        finally:
            worker.close()
