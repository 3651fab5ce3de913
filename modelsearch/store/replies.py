"""Paid replies over runs, by content: the key is a hash of all that shapes the answer, so an equal call is free.

Why SQLite and not the journals: a reply is looked for in all earlier runs at once. Why a rowid table with an index
and not the key as primary key: five times quicker to fill with replies of 1 KB. Nothing is pickled.
"""

import logging
import math
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock

import msgspec

from modelsearch.core.errors import StoreError
from modelsearch.core.events import CallReplied, CallReserved, Event
from modelsearch.core.ids import CallId
from modelsearch.core.wire import BATCH_PROCESSING, PROCESSING_HEADER, RawReply
from modelsearch.store.disk import writing

_LOG = logging.getLogger(__name__)
_VERSION = 1
_BATCH = 256
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(dict[str, str]).decode
_KEPT_HEADERS = ("content-type", "request-id", "x-request-id", PROCESSING_HEADER)
_CREATE = """
CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, http_status INTEGER NOT NULL, body BLOB NOT NULL,
    headers TEXT NOT NULL, latency_s REAL NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS replies_key ON replies (key);
"""
_INSERT = "INSERT OR IGNORE INTO replies (key, http_status, body, headers, latency_s) VALUES (?, ?, ?, ?, ?)"
_SELECT = "SELECT http_status, body, headers, latency_s FROM replies WHERE key = ?"


class MemoryReplies:
    """Replies of this process alone; a `core.ports.ReplyStore`."""

    def __init__(self) -> None:
        self._replies: dict[str, RawReply] = {}

    def get(self, key: str) -> RawReply | None:
        """The stored reply of a key."""
        return self._replies.get(key)

    def put(self, key: str, raw: RawReply) -> None:
        """Keep a reply; the first one stays."""
        self._replies.setdefault(key, raw)


class SqliteReplies:
    """Replies of all runs in one SQLite file; a `core.ports.ReplyStore`.

    New replies are written 256 at a time. A kill loses at most those not yet written, and the journal of the killed
    run still holds them. Several processes may share the file.
    """

    def __init__(self, path: Path) -> None:
        """Open or create; a damaged file is set aside, with a warning in the log, and a new one begun.

        Raises:
            StoreError: the file cannot be opened, or a newer version wrote it.
        """
        self._path = path
        self._lock = Lock()
        self._pending: dict[bytes, RawReply] = {}
        self._n_next_flush = _BATCH
        self.set_aside: Path | None = None
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = _opened(path)
        except sqlite3.OperationalError as error:
            message = f"reply store {path}: cannot be opened: {error}; name another folder or mend its permissions"
            raise StoreError(message) from error
        except sqlite3.DatabaseError as error:
            self.set_aside = _set_aside(path, str(error))
            self._db = _opened(path)

    def get(self, key: str) -> RawReply | None:
        """The stored reply of a key (64 hex digits), its headers reduced to those that the store keeps."""
        name = key_bytes(key)
        with self._lock:
            if name in self._pending:
                return self._pending[name]
            try:
                row = self._db.execute(_SELECT, (name,)).fetchone()
            except sqlite3.OperationalError as error:
                _LOG.warning("reply store %s: cannot look up a reply: %s; it will be bought", self._path, error)
                return None
            except sqlite3.DatabaseError as error:
                self._begin_anew(error)
                return None
        return None if row is None else reply_of(row)

    def put(self, key: str, raw: RawReply) -> None:
        """Keep a reply; the first one stays."""
        with self._lock:
            self._pending.setdefault(key_bytes(key), raw)
            if len(self._pending) >= self._n_next_flush:
                self._write()

    def flush(self) -> None:
        """Write all replies put so far. What another process keeps from being written stays for the next time."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Flush and close; the store cannot be used afterwards."""
        self.flush()
        self._db.close()

    def __len__(self) -> int:
        """Number of replies, those not yet written included."""
        self.flush()
        return int(self._db.execute("SELECT count(*) FROM replies").fetchone()[0]) + len(self._pending)

    def _write(self) -> None:
        rows = [row_of(name, raw) for name, raw in self._pending.items()]
        if not rows:
            return
        try:
            with self._db:
                self._db.executemany(_INSERT, rows)
        except sqlite3.OperationalError as error:
            # locked or full: nothing paid is lost, the journal has it; do not ask again at each of the next calls
            self._n_next_flush = len(self._pending) + _BATCH
            _LOG.warning("reply store %s: %d replies wait to be written: %s", self._path, len(rows), error)
            return
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
            return
        self._pending.clear()
        self._n_next_flush = _BATCH

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        self._db.close()
        self.set_aside = _set_aside(self._path, str(error))
        self._db = _opened(self._path)


def replies_of(events: Iterable[Event]) -> Iterator[tuple[str, RawReply]]:
    """Key and reply of each call that the journal holds a reply of, without the headers of the wire.

    A resumed run puts those worth keeping into its store: a kill may have lost the last batch.
    """
    reserved: dict[CallId, CallReserved] = {}
    for event in events:
        if isinstance(event, CallReserved):
            reserved[event.call_id] = event
        elif isinstance(event, CallReplied) and event.call_id in reserved:
            call = reserved[event.call_id]
            headers = {PROCESSING_HEADER: BATCH_PROCESSING} if call.batch_id else {}
            yield (
                call.key,
                RawReply(http_status=event.http_status, body=event.body, headers=headers, latency_s=event.latency_s),
            )


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=1.0, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        is_new = _is_new(path, db)
        db.executescript(_CREATE)
        if is_new:
            db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute(_SELECT, (b"",))
    except BaseException:
        db.close()
        raise
    return db


def _is_new(path: Path, db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version not in (0, _VERSION):
        message = f"reply store {path}: expected version {_VERSION}, got {version}; a newer modelsearch wrote it"
        raise StoreError(message)
    return bool(version == 0)


def _set_aside(path: Path, why: str) -> Path:
    """Rename the damaged file and its companions; returns the new name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    _LOG.warning(
        "reply store %s is damaged (%s): set aside as %s and begun anew; replies of earlier runs will be bought again "
        "(what finished runs paid for is in their own tables)",
        path,
        why,
        aside.name,
    )
    return aside


def key_bytes(key: str) -> bytes:
    """A key (64 hex digits) as the bytes that stores keep.

    Raises:
        StoreError: it is no such key.
    """
    try:
        name = bytes.fromhex(key)
    except ValueError:
        name = b""
    if len(name) != 32:
        message = f"reply store: expected a key of 64 hex digits (a sha256), got {key!r}"
        raise StoreError(message)
    return name


def row_of(name: bytes, raw: RawReply) -> tuple[bytes, int, bytes, str, float]:
    """What a store keeps of a reply: key, status, body, headers as JSON, latency in s."""
    headers = {header: raw.headers[header] for header in _KEPT_HEADERS if header in raw.headers}
    latency_s = 0.0 if math.isnan(raw.latency_s) else raw.latency_s  # NaN is NULL to SQLite; batches have none
    return name, raw.http_status, raw.body, _ENCODE(headers).decode(), latency_s


def reply_of(row: tuple[int, bytes, str, float]) -> RawReply:
    """The reply of a row without its key."""
    http_status, body, headers, latency_s = row
    return RawReply(http_status=http_status, body=body, headers=_DECODE(headers), latency_s=latency_s)
