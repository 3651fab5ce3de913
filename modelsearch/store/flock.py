"""A lock on a file, for the length of a block; the kernel frees it when the process ends, killed or not."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelsearch.store.disk import writing


@contextmanager
def flocked(path: Path, *, is_waiting: bool = True) -> Iterator[None]:
    """An exclusive `flock` on a file of its own, for the length of the block.

    Args:
        path: made where it is missing, with its folder.
        is_waiting: wait for whoever holds it.

    Raises:
        BlockingIOError: another one holds it, and waiting is not wanted.
        FileWriteError: the folder cannot be written to.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX if is_waiting else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)
