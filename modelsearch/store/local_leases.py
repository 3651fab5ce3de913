"""Parts of providers' limits, shared by the processes of one machine; a `core.ports.Leases`."""

from secrets import token_hex

from modelsearch.core.claims import Share, part_of
from modelsearch.store.local_workers import LocalWorkers

SHARE_S = 10.0
"""After which a part is renewed, so that others' wishes are heard; a process that ends gives its parts back at once."""


class LocalLeases:
    """The parts of one holder: a search with its client."""

    def __init__(self, workers: LocalWorkers, *, share_s: float = SHARE_S) -> None:
        self._workers = workers
        self._share_s = share_s
        self._holder = token_hex(8)

    def renew(self, account: str, n_total: int, n_wanted: int) -> Share:
        """Our part of an account with `n_total` slots."""
        with self._workers.changing() as db:
            asked = "SELECT owner, holder, n_wanted, n_slots FROM leases WHERE account = ? AND holder <> ?"
            rows = db.execute(asked, (account, self._holder)).fetchall()
            others = [row[1:] for row in rows if self._workers.is_alive(row[0])]
            n_slots = part_of(n_total, n_wanted, others)
            db.execute(
                "INSERT OR REPLACE INTO leases (account, holder, owner, n_wanted, n_slots) VALUES (?, ?, ?, ?, ?)",
                (account, self._holder, self._workers.id, n_wanted, n_slots),
            )
        return Share(n_slots=n_slots, n_total=n_total, for_s=self._share_s)

    def give_back(self, account: str) -> None:
        """End our part."""
        with self._workers.changing() as db:
            db.execute("DELETE FROM leases WHERE account = ? AND holder = ?", (account, self._holder))
