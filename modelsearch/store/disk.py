"""What a disk refuses, in words that say whose file it is and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelsearch.core.errors import FileWriteError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around whatever makes or writes `path`.

    Raises:
        FileWriteError: the disk is full, failing or read-only, or the rights are missing.
    """
    try:
        yield
    except OSError as error:
        message = (
            f"file {path}: cannot be written: {error.strerror or error}; what was written before it is kept: "
            "free space or mend the rights, then start again (`modelsearch resume` for a search)"
        )
        raise FileWriteError(message) from error
