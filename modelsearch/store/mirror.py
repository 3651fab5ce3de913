"""A folder of files that people put into a bucket (task specs with their items), copied to this disk to be read."""

from pathlib import Path

from modelsearch.core.errors import StorageError
from modelsearch.store.filesystem import Folder, checked_name
from modelsearch.store.layout import write_whole

MAX_FILES, MAX_BYTES = 10_000, 2_000_000_000


def mirrored(folder: Folder, into: Path) -> int:
    """Make a local folder, which is ours alone, hold what the other one holds; how many files that is.

    Files that are gone there go here too; one whose content is the same is not touched.

    Raises:
        StorageError: the store does not answer, or holds more than is read, or a name that climbs out.
    """
    names = folder.names()
    if len(names) > MAX_FILES:
        raise StorageError(f"{folder.url}: {len(names)} files, at most {MAX_FILES} are read: is it the right folder?")
    n_bytes = 0
    for name in names:
        content = folder.read_bytes(checked_name(name))
        n_bytes += len(content)
        if n_bytes > MAX_BYTES:
            raise StorageError(f"{folder.url}: more than {MAX_BYTES} bytes: is it the right folder?")
        path = into / name
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
    kept = {into / name for name in names}
    for path in into.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
    return len(names)
