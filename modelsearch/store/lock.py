"""One process per run directory, and per task's night, by locks that die with their process."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from modelsearch.core.errors import NightLockedError, RunLockedError
from modelsearch.store.disk import writing

LOCK_NAME = "run.lock"
NIGHT_LOCK_NAME = "night.lock"


class _FileLock:
    """An exclusive `flock`; the kernel frees it when the process ends, killed or not."""

    def __init__(self, path: Path, *, is_shared: bool = False) -> None:
        """Open the file and try; `holder` is whoever has it, "" = it is ours, alone or with all who share it."""
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.holder = ""
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            self.holder = os.pread(self._fd, 32, 0).decode(errors="replace").strip() or "unknown"
            self.release()
            return
        with suppress(OSError):  # for people; the lock holds without it, on a full disk too
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Give the lock back; twice is fine."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class RunLock(_FileLock):
    """An exclusive lock on `run.lock`."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            RunLockedError: another process (or another part of this one) holds it.
            FileWriteError: the folder cannot be written to.
        """
        super().__init__(folder / LOCK_NAME)
        if self.holder:
            message = (
                f"run {folder.name!r}: the process {self.holder} has it open and only one may write to a run; wait "
                f"until it ends, or stop it and resume the run"
            )
            raise RunLockedError(message)


class NightLock(_FileLock):
    """A lock on `night.lock`: a manual night and a scheduled one never both work on a task; workers that share do."""

    def __init__(self, folder: Path, *, is_shared: bool = False) -> None:
        """Take the lock: alone, or with others who take it shared.

        Raises:
            NightLockedError: another process (or another part of this one) holds it.
            FileWriteError: the folder cannot be written to.
        """
        super().__init__(folder / NIGHT_LOCK_NAME, is_shared=is_shared)
        if self.holder:
            message = (
                f"task {folder.name!r}: the process {self.holder} works on a night of it, and only one may; "
                "wait until it ends: what it leaves undone, the next night does"
            )
            raise NightLockedError(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
