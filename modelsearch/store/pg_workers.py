"""A worker in the shared database: it says that it is alive, by the server's clock, and is dead when it was silent."""

import logging
import os
import socket
from secrets import token_hex
from threading import Event, Thread

from modelsearch.core.errors import ModelsearchError
from modelsearch.store.pg import Database

_LOG = logging.getLogger(__name__)
LEASE_S = 30.0
"""So long after its last word a worker counts as dead."""
BEATS = 4
"""Words within a lease: three may be lost."""
_BEAT = """
INSERT INTO modelsearch.workers (id, told, until)
VALUES (%(id)s, %(told)s, clock_timestamp() + make_interval(secs => %(lease_s)s))
ON CONFLICT (id) DO UPDATE SET until = EXCLUDED.until
"""
_FORGET = "DELETE FROM modelsearch.workers WHERE id = %s OR until < clock_timestamp() - interval '30 days'"


class PgWorker:
    """One process, alive until `close`; a thread says so. All that it owns is free for others once it is dead."""

    def __init__(self, database: Database, *, lease_s: float = LEASE_S) -> None:
        """Begin to live.

        Args:
            database: with its tables.
            lease_s: > 0: how long others wait before they take over.
        """
        self.id = f"{socket.gethostname()}-{os.getpid()}-{token_hex(4)}"
        self.lease_s = lease_s
        self._database = database
        self._ended = Event()
        self.beat()
        self._thread = Thread(target=self._live, name="modelsearch-beat", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """Say that we are alive.

        Raises:
            DatabaseDownError: nobody heard.
        """
        self._database.ask(_BEAT, {"id": self.id, "told": f"pid {os.getpid()}", "lease_s": self.lease_s})

    def close(self) -> None:
        """End; what is still owned can be taken over at once."""
        self._ended.set()
        self._thread.join(self.lease_s)
        self._database.ask(_FORGET, (self.id,))

    def _live(self) -> None:
        while not self._ended.wait(self.lease_s / BEATS):
            try:
                self.beat()
            except ModelsearchError as error:
                _LOG.warning("worker %s: %s", self.id, error)
