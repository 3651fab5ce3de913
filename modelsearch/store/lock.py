"""One process per run directory, by a lock that dies with its process."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from modelsearch.core.errors import RunLockedError
from modelsearch.store.disk import writing

LOCK_NAME = "run.lock"


class RunLock:
    """An exclusive `flock` on `run.lock`; the kernel frees it when the process ends, killed or not."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            RunLockedError: another process (or another part of this one) holds it.
            FileWriteError: the folder cannot be written to.
        """
        path = folder / LOCK_NAME
        with writing(path):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._fd, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            message = (
                f"run {folder.name!r}: the process {holder} has it open and only one may write to a run; wait until "
                f"it ends, or stop it and resume the run"
            )
            raise RunLockedError(message) from None
        with suppress(OSError):  # for people; the lock holds without it, on a full disk too
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Give the lock back; twice is fine."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
