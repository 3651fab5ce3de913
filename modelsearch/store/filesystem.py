"""Whole files in a folder, wherever it is: on this disk, or at s3:// and other fsspec addresses.

Four verbs are all that unattended life needs of a store: read a file, write it whole, list, and replace a file only if
nobody else has done so meanwhile. An object store can do these and cannot append; so what must be appended durably (a
run's journal) stays on the local disk and is copied in pieces (`published`).
"""

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from modelsearch.core.errors import ObjectChangedError, ObjectMissingError, StorageError
from modelsearch.store.flock import flocked
from modelsearch.store.layout import write_whole

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_TEMPORARY = re.compile(r"\..*\.(?:part|swap)")


class Versioned(NamedTuple):
    """A file's content, and what it is known by until somebody replaces it."""

    content: bytes
    version: str


class Folder(Protocol):
    """Names are relative, with "/" between their parts; `url` is for people, and holds no secret."""

    url: str

    def read_bytes(self, name: str) -> bytes:
        """The content.

        Raises:
            ObjectMissingError: there is no such file.
            StorageError: the store does not answer, or refuses.
        """

    def read_versioned(self, name: str) -> Versioned | None:
        """The content with its version; None where there is no such file."""

    def write_whole(self, name: str, content: bytes) -> None:
        """Write whole or not at all, over whatever is there."""

    def compare_and_swap(self, name: str, content: bytes, *, expected: str | None) -> str:
        """Replace a file of the version `expected` (None = there must be none); its new version.

        The content should tell whose it is: in a store, one that is there already counts as written, for the answer to
        an earlier try of the same call may have been lost.

        Raises:
            ObjectChangedError: another writer was first; nothing was written.
        """

    def names(self, under: str = "") -> list[str]:
        """All files in a folder and the folders below, sorted."""

    def folders(self, under: str) -> list[str]:
        """Names of the folders directly in a folder, sorted; none where there is no such folder."""

    def remove(self, name: str) -> None:
        """Remove a file; none is fine."""


def is_remote(where: str | Path) -> bool:
    """Whether an address is no path of this machine's."""
    found = _SCHEME.match(str(where))
    return found is not None and found[1].lower() != "file"


def open_folder(where: str | Path) -> Folder:
    """The folder at a path, or at a URL such as s3://bucket/prefix.

    Raises:
        StorageError: the library for such URLs is missing, or there are none such.
    """
    if is_remote(where):
        from modelsearch.store.object_folder import ObjectFolder  # noqa: PLC0415 - fsspec takes 0.3 s, and few need it

        return ObjectFolder(str(where))
    return LocalFolder(Path(str(where).removeprefix("file://")))


def checked_name(name: str) -> str:
    """The name itself, where it stays inside its folder.

    Raises:
        StorageError: it is absolute, climbs out, or is no plain name.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or "//" in name:
        message = (
            f"stored file {name!r}: expected a relative name without '..'; was the store's manifest tampered with?"
        )
        raise StorageError(message)
    return name


class LocalFolder:
    """A folder on this disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def read_bytes(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise ObjectMissingError(f"stored file {name!r}: there is none in {self.url}") from None
        except OSError as error:
            raise StorageError(f"stored file {name!r} in {self.url}: cannot be read: {error.strerror}") from error

    def read_versioned(self, name: str) -> Versioned | None:
        try:
            content = self.read_bytes(name)
        except ObjectMissingError:
            return None
        return Versioned(content, hashlib.sha256(content).hexdigest())

    def write_whole(self, name: str, content: bytes) -> None:
        write_whole(self._path(name), content)

    def compare_and_swap(self, name: str, content: bytes, *, expected: str | None) -> str:
        path = self._path(name)
        with flocked(path.with_name(f".{path.name}.swap")):
            found = self.read_versioned(name)
            if (None if found is None else found.version) != expected:
                raise ObjectChangedError(changed(name, self.url))
            write_whole(path, content)
        return hashlib.sha256(content).hexdigest()

    def names(self, under: str = "") -> list[str]:
        start = self._path(under) if under else self.root
        found = (Path(folder) / name for folder, _, names in os.walk(start) for name in names)
        return sorted(path.relative_to(self.root).as_posix() for path in found if not _TEMPORARY.fullmatch(path.name))

    def folders(self, under: str) -> list[str]:
        start = self._path(under)
        return sorted(each.name for each in start.iterdir() if each.is_dir()) if start.is_dir() else []

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.root / checked_name(name)


def changed(name: str, url: str) -> str:
    """What is told where another writer was first."""
    return f"stored file {name!r} in {url}: another machine has replaced it since it was read; read it again first"
