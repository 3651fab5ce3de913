"""Raw payloads of sources by their sha256, compressed: evidence of where a price came from, for a month."""

import gzip
import hashlib
import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from modelsearch.core.errors import StoreError
from modelsearch.store.layout import write_whole

KEEP_DAYS = 30
_LEVEL = 6


def keep_payload(folder: Path, body: bytes) -> str:
    """Keep a payload; one that is there already only becomes young again.

    Args:
        folder: of all payloads.
        body: as received.

    Returns:
        Its sha256, 64 hex digits, by which `read_payload` finds it.

    Raises:
        FileWriteError: the disk does not take it.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    path = _path(folder, sha256)
    try:
        os.utime(path)
    except OSError:
        write_whole(path, gzip.compress(body, _LEVEL, mtime=0))
    return sha256


def read_payload(folder: Path, sha256: str) -> bytes:
    """The payload as it was received.

    Raises:
        StoreError: it is not kept (any more), or is not what it was.
    """
    path = _path(folder, sha256)
    try:
        body = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        message = f"payload {sha256}: {path} cannot be read ({error}); payloads are kept for {KEEP_DAYS} days"
        raise StoreError(message) from error
    if hashlib.sha256(body).hexdigest() != sha256:
        message = f"payload {sha256}: {path} was changed after it was kept"
        raise StoreError(message)
    return body


def forget_payloads(folder: Path, now: datetime) -> int:
    """Remove payloads that no source has given for `KEEP_DAYS` days, and what a kill left of one; how many files."""
    oldest = (now - timedelta(days=KEEP_DAYS)).timestamp()
    n_gone = 0
    for path in (*folder.glob("*/*.gz"), *folder.glob("*/.*.part")):
        with suppress(OSError):  # another sync may have removed it
            if path.stat().st_mtime < oldest:
                path.unlink()
                n_gone += 1
    return n_gone


def _path(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / f"{sha256}.gz"
