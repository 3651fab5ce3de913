"""Parts of providers' limits, in PostgreSQL; a `core.ports.Leases`.

Nobody takes from another what it still holds: a new holder gets what is free, and the others give way at their next
renewal. So the parts never exceed the whole, and are fair after one period.
"""

from secrets import token_hex

from modelsearch.core.claims import Share, part_of
from modelsearch.store.pg import Connection, Database

SHARE_S = 10.0
"""For which a part holds; it is renewed three times as often."""
_HELD = """
SELECT holder, n_wanted, n_slots FROM modelsearch.leases
WHERE account = %s AND holder <> %s AND until > clock_timestamp()
"""
_WRITE = """
INSERT INTO modelsearch.leases (account, holder, n_wanted, n_slots, until)
VALUES (%(account)s, %(holder)s, %(n_wanted)s, %(n_slots)s, clock_timestamp() + make_interval(secs => %(share_s)s))
ON CONFLICT (account, holder)
DO UPDATE SET n_wanted = EXCLUDED.n_wanted, n_slots = EXCLUDED.n_slots, until = EXCLUDED.until
"""


class PgLeases:
    """The parts of one holder: a search with its client. Each renewal is one short transaction an account."""

    def __init__(self, database: Database, *, share_s: float = SHARE_S) -> None:
        self._database = database
        self._share_s = share_s
        self._holder = token_hex(8)

    def renew(self, account: str, n_total: int, n_wanted: int) -> Share:
        """Our part of an account with `n_total` slots."""

        def work(connection: Connection) -> int:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7233514881))", (account,))
                held = connection.execute(_HELD, (account, self._holder)).fetchall()
                n_slots = part_of(n_total, n_wanted, [(str(row[0]), int(row[1]), int(row[2])) for row in held])
                values = {"account": account, "holder": self._holder, "n_wanted": n_wanted, "n_slots": n_slots}
                connection.execute(_WRITE, {**values, "share_s": self._share_s})
            return n_slots

        return Share(n_slots=self._database.run(work), n_total=n_total, for_s=self._share_s)

    def give_back(self, account: str) -> None:
        """End our part; those that ended long ago without a word go with it."""
        gone = "DELETE FROM modelsearch.leases WHERE account = %s AND (holder = %s OR until < now() - interval '1 day')"
        self._database.ask(gone, (account, self._holder))
