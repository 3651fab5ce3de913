"""Workers on one machine: a worker is alive as long as its process holds its lock, which no clock has a say in.

One SQLite file holds what they share. Every change is one immediate transaction, so each process sees it whole.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from threading import Lock

from modelsearch.core.errors import StoreError
from modelsearch.store.disk import writing

BUSY_S = 60.0
"""Longer than any transaction of another process takes."""
_VERSION = 1
_CREATE = """
CREATE TABLE IF NOT EXISTS claims (
    night TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, token TEXT NOT NULL, note TEXT NOT NULL, result TEXT,
    PRIMARY KEY (night, key)
);
CREATE TABLE IF NOT EXISTS budgets (id TEXT PRIMARY KEY, limit_usd TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reservations (
    budget_id TEXT NOT NULL, call_id TEXT NOT NULL, owner TEXT NOT NULL, amount_usd TEXT NOT NULL, state TEXT NOT NULL,
    settled_usd TEXT NOT NULL DEFAULT '0', unknown_usd TEXT NOT NULL DEFAULT '0', PRIMARY KEY (budget_id, call_id)
);
CREATE TABLE IF NOT EXISTS leases (
    account TEXT NOT NULL, holder TEXT NOT NULL, owner TEXT NOT NULL, n_wanted INTEGER NOT NULL,
    n_slots INTEGER NOT NULL, PRIMARY KEY (account, holder)
);
"""


class LocalWorkers:
    """This process among the workers of one home. File locks of a network's file system are not to be relied on."""

    def __init__(self, folder: Path) -> None:
        """Begin to live.

        Args:
            folder: the same for all workers of the machine.

        Raises:
            FileWriteError: it cannot be written to.
            StoreError: a newer version wrote it, or it is damaged.
        """
        self._folder = folder
        self.id = f"{os.getpid()}-{token_hex(4)}"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._fd = _locked(folder, self.id)
        self._lock = Lock()
        try:
            self._db = _opened(folder / "workers.sqlite")
        except sqlite3.Error as error:
            os.close(self._fd)
            message = f"workers' file in {folder}: cannot be used: {error}; move it away to begin anew"
            raise StoreError(message) from error

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other process is in the midst of.

        Raises:
            StoreError: the file cannot be written to.
        """
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                message = f"workers' file in {self._folder}: cannot be used: {error}; see to the disk, then resume"
                raise StoreError(message) from error

    def is_alive(self, worker_id: str) -> bool:
        """Whether the process of a worker still runs."""
        if worker_id == self.id:
            return True
        path = self._folder / f"{worker_id}.lock"
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(fd)

    def close(self) -> None:
        """End; what is still owned can be taken over at once."""
        if self._fd >= 0:
            self._db.close()
            (self._folder / f"{self.id}.lock").unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1


def _locked(folder: Path, worker_id: str) -> int:
    """A lock under its name only once it is held: nobody sees one that is free because it is too new."""
    made, path = folder / f".{worker_id}.new", folder / f"{worker_id}.lock"
    fd = os.open(made, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    made.rename(path)
    return fd


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _check_version(path, db)
        db.executescript(_CREATE)
        db.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        db.close()
        raise
    return db


def _check_version(path: Path, db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version not in (0, _VERSION):
        message = f"workers' file {path}: expected version {_VERSION}, got {version}; a newer modelsearch wrote it"
        raise StoreError(message)
