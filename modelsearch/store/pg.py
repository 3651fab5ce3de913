"""A PostgreSQL that several workers share: its connections, what is tried again, and errors without passwords.

Why the synchronous driver: money and claims are moved by the job, not by the call, and what is needed for each call
goes out in groups from a thread (`pg_replies`). A statement costs about 0.1 ms of CPU that way, a third of what it
costs on the event loop.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from modelsearch.core.errors import DatabaseDownError, OptionError, StoreError

_LOG = logging.getLogger(__name__)
Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"
_T = TypeVar("_T")
SETTING = "MODELSEARCH_DATABASE_URL"
MAX_CONNECTIONS = 4
"""Of a process: the beat, what goes out for calls, and whoever asks besides."""
CONNECT_S = 10
PATIENCE_S = 60.0
"""A server that is restarted is back by then."""
_PAUSE_S = 0.2
_HOST = re.compile(r"[A-Za-z0-9_.:,%\[\]-]*|/[^@]*")


class Database:
    """Connections to the server. Every statement may be run twice: what is not harmless twice carries a step's name."""

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S) -> None:
        """Connect.

        Args:
            url: `postgresql://user:password@host:port/name`.
            patience_s: for how long a server that does not answer is asked again.

        Raises:
            OptionError: no such URL.
            DatabaseDownError: the server does not let us in.
        """
        parts = _checked(url)
        self._patience_s = patience_s
        self._password = str(parts.get("password") or "")
        self.place = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"
        known: dict[str, Any] = {"autocommit": True, "application_name": "modelsearch"}
        known.setdefault("connect_timeout", CONNECT_S)
        try:
            psycopg.connect(url, **known).close()
        except psycopg.Error as error:
            raise self._down(error) from None
        self._pool = ConnectionPool(
            url, min_size=1, max_size=MAX_CONNECTIONS, kwargs=known, open=True, num_workers=1, name="modelsearch"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def ask(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement, which is a transaction of its own; [] of one that gives none.

        Raises:
            DatabaseDownError: the server did not answer for `patience_s`.
            StoreError: it refuses the statement.
        """

        def work(connection: Connection) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description is not None else []

        return self.run(work)

    def run(self, work: Callable[[Connection], _T]) -> _T:
        """Do something with a connection, again where the server went away meanwhile.

        Raises:
            DatabaseDownError: the server did not answer for `patience_s`.
            StoreError: it refuses a statement.
        """
        until_s = time.monotonic() + self._patience_s
        while True:
            try:
                with self._pool.connection(timeout=max(1.0, until_s - time.monotonic())) as connection:
                    return work(connection)
            except psycopg.OperationalError as error:
                if time.monotonic() >= until_s:
                    raise self._down(error) from None
                _LOG.warning("database %s: %s; trying again", self.place, type(error).__name__)
                time.sleep(_PAUSE_S)
            except psycopg.Error as error:
                message = f"database {self.place}: {self._told(error)}; see to its rights and tables"
                raise StoreError(message) from None

    def _down(self, error: psycopg.Error) -> DatabaseDownError:
        message = (
            f"database {self.place} ({SETTING}): {self._told(error)}; everything paid is kept: see that it runs and "
            f"lets us in, then `modelsearch resume`"
        )
        return DatabaseDownError(message)

    def _told(self, error: psycopg.Error) -> str:
        """Why, in one line, without the password."""
        words = error.diag.message_primary or str(error) or type(error).__name__
        line = " ".join(words.split())
        return line.replace(self._password, "***") if self._password else line


def _checked(url: str) -> dict[str, Any]:
    """The parts of a URL.

    Raises:
        OptionError: it cannot be read. Its text is not shown: a piece of the password may be anywhere in it.
    """
    parts: dict[str, Any] = {}
    if url.startswith(("postgresql://", "postgres://")):
        try:
            parts = dict(conninfo_to_dict(url))
        except psycopg.Error:
            parts = {}
    is_plain = bool(parts) and _HOST.fullmatch(str(parts.get("host") or "")) is not None
    is_plain = is_plain and not set("@/:") & set(str(parts.get("dbname") or ""))
    if not is_plain or not str(parts.get("port") or "1").isdecimal():
        message = (
            f"{SETTING}: expected postgresql://user:password@host:port/name, with %-codes for characters of the "
            f"password that have a meaning in URLs (%40 for @, %2F for /); got something else, which is not shown here"
        )
        raise OptionError(message)
    return parts
