"""The truth while a run is open: every event in order, one `write` each, never changed afterwards.

A record is handed to the kernel before `append` returns, so that kill -9 loses nothing acknowledged. A power cut may
cost what the kernel had not yet written, or with `sync_s` no more than that long of it. Ledger, trajectory and tables
are recomputed from here and so cannot disagree with it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from modelsearch.core.errors import JournalError, JournalWriteError
from modelsearch.core.events import Event
from modelsearch.core.ids import Json, canonical_json
from modelsearch.store.disk import writing
from modelsearch.store.event_codec import event_bytes, event_of
from modelsearch.store.frames import HEAD_BYTES, frame_bytes, frames_of
from modelsearch.store.lock import RunLock
from modelsearch.store.syncing import Syncing

MAGIC = b"modelsearch journal 1\n"


class Journal:
    """The open journal of one run; a `core.ports.Recorder`. Use `Journal.open`."""

    def __init__(self, path: Path, fd: int, size: int, lock: RunLock) -> None:
        self._path = path
        self._fd = fd
        self._size = size
        self._lock = lock
        self._syncing: Syncing | None = None

    @classmethod
    def open(cls, path: Path, *, header: Mapping[str, Json], sync_s: float | None = None) -> Self:
        """Open or create the journal and lock its folder; a torn tail of a killed run is cut off.

        Args:
            path: the journal; its folder is made where missing.
            header: `run_id`, `fingerprint` (a hash of task, plan, market, seed, budget, ...) and anything else worth
                keeping, as JSON.
            sync_s: how much of the newest records a power cut may cost, in s; None = what the kernel keeps back.

        Raises:
            RunLockedError: another process has the run open.
            JournalError: damaged in the middle, no journal, or begun with another run id or fingerprint.
            FileWriteError: the disk does not take it.
        """
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        lock = RunLock(path.parent)
        try:
            with writing(path):
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            try:
                journal = cls(path, fd, _ready_size(path, fd, header), lock)
            except BaseException:
                os.close(fd)
                raise
        except BaseException:
            lock.release()
            raise
        if sync_s:
            journal._syncing = Syncing(fd, sync_s)
        return journal

    @staticmethod
    def read(path: Path) -> tuple[dict[str, Json], list[Event]]:
        """Header and events so far; needs no lock, and leaves a torn tail alone.

        Raises:
            JournalError: there is no journal, or it is damaged.
        """
        header, events, _ = _contents(path)
        return header, events

    @staticmethod
    def is_begun(path: Path) -> bool:
        """Whether there is a journal with its header.

        Raises:
            JournalError: the file is no journal.
        """
        return path.is_file() and not _is_unbegun(path)

    def append(self, event: Event) -> None:
        """Write one event; when this returns, kill -9 does not lose it.

        Raises:
            JournalWriteError: the disk is full or failing, or the journal is closed. Nothing of the event stays.
        """
        frame = frame_bytes(event_bytes(event))
        try:
            n_written = os.write(self._fd, frame)
        except OSError as error:
            raise JournalWriteError(self._failure(str(error))) from error
        if n_written != len(frame):
            os.ftruncate(self._fd, self._size)
            raise JournalWriteError(self._failure(f"{n_written} of {len(frame)} bytes written, is the disk full?"))
        self._size += n_written
        if self._syncing is not None:
            self._note_growth(self._syncing)

    def sync(self) -> None:
        """Wait until all records are on the disk itself, against a power cut."""
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Sync, close and unlock; twice is fine."""
        if self._fd < 0:
            return
        if self._syncing is not None:
            self._syncing.close()
        os.fdatasync(self._fd)
        os.close(self._fd)
        self._fd = -1
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _note_growth(self, syncing: Syncing) -> None:
        try:
            syncing.note()
        except OSError as error:
            raise JournalWriteError(self._failure(f"an earlier sync failed: {error}")) from error

    def _failure(self, what: str) -> str:
        return f"journal {self._path}: cannot append: {what}; everything before is kept, resume once that is mended"


def _ready_size(path: Path, fd: int, header: Mapping[str, Json]) -> int:
    """Size in bytes of the journal, made ready to append to."""
    missing = [key for key in ("run_id", "fingerprint") if key not in header]
    if missing:
        message = f"journal {path}: the header needs run_id and fingerprint, and lacks {', '.join(missing)}"
        raise JournalError(message)
    if _is_unbegun(path):
        return _begin(path, fd, header)
    found, _, end = _contents(path)
    _check_same_run(path, found, header)
    if end < os.fstat(fd).st_size:
        os.ftruncate(fd, end)
    return end


def _begin(path: Path, fd: int, header: Mapping[str, Json]) -> int:
    start = MAGIC + frame_bytes(canonical_json(dict(header)))
    with writing(path):
        os.ftruncate(fd, 0)
        n_written = os.write(fd, start)
    if n_written != len(start):
        message = f"journal {path}: cannot write its header, is the disk full?"
        raise JournalError(message)
    return len(start)


def _is_unbegun(path: Path) -> bool:
    """True for a new file, and for one that a kill stopped within its first write: it holds nothing yet."""
    data = memoryview(path.read_bytes())
    if len(data) < len(MAGIC) and MAGIC.startswith(data):
        return True
    _check_magic(path, data)
    return next(frames_of(data, len(MAGIC), str(path)), None) is None


def _contents(path: Path) -> tuple[dict[str, Json], list[Event], int]:
    """Header, events, and the offset behind the last whole record in bytes."""
    try:
        data = memoryview(path.read_bytes())
    except OSError as error:
        message = f"journal {path}: cannot be read: {error.strerror}"
        raise JournalError(message) from error
    _check_magic(path, data)
    frames = frames_of(data, len(MAGIC), str(path))
    first = next(frames, None)
    if first is None:
        message = f"journal {path}: the run was stopped before it began; there is nothing in it"
        raise JournalError(message)
    end = first.offset + HEAD_BYTES + len(first.payload)
    events: list[Event] = []
    for offset, payload in frames:
        try:
            events.append(event_of(payload))
        except ValueError as error:
            message = f"journal {path}: the record at byte {offset} is no event: {error}"
            raise JournalError(message) from error
        end = offset + HEAD_BYTES + len(payload)
    return json.loads(bytes(first.payload)), events, end


def _check_magic(path: Path, data: memoryview) -> None:
    begin = bytes(data[: len(MAGIC)])
    if begin != MAGIC:
        message = f"journal {path}: expected a file that begins with {MAGIC!r}, got {begin!r}; is it another version's?"
        raise JournalError(message)


def _check_same_run(path: Path, found: Mapping[str, Json], header: Mapping[str, Json]) -> None:
    for key in ("run_id", "fingerprint"):
        if found.get(key) != header[key]:
            message = (
                f"journal {path}: {key} is {found.get(key)!r} and the search to go on with has {header[key]!r}; "
                f"task, plan, catalogue, seed or budget changed: resume with the old ones, or start a new run"
            )
            raise JournalError(message)
