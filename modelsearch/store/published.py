"""A local folder and its copy in a store: claimed by one machine at a time, pushed piece by piece, manifest last.

What is appended (a run's journal) is pushed in pieces that end with a whole record, everything else as whole files. A
machine that takes the folder over first brings its own copy up to what was published; whatever it had beyond that
goes aside, and is not lost.
"""

import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from modelsearch.core.errors import ObjectChangedError, ObjectMissingError, RunLockedError, StorageError
from modelsearch.store.filesystem import Folder
from modelsearch.store.frames import HEAD_BYTES, frames_of
from modelsearch.store.journal import MAGIC
from modelsearch.store.layout import write_whole
from modelsearch.store.publication import (
    MANIFEST,
    OBJECTS,
    Found,
    Mark,
    Piece,
    Publication,
    piece_of,
    read_piece,
    read_publication,
    swapped,
)

JOURNAL, COPY = "journal.bin", "copy.id"
_LOCAL_ONLY = (JOURNAL, COPY, MANIFEST)
_N_READS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder on this disk, and where it is published."""

    local: Path
    folder: Folder
    prefix: str


class Published:
    """A folder that this machine may write to, in the store as on its disk. Use `claimed`."""

    def __init__(self, place: Place, found: Found) -> None:
        self._place = place
        self._found = found
        self._known: dict[str, tuple[tuple[int, int], Piece]] = {}

    def push(self, *, is_over: bool = False) -> None:
        """Publish whatever has changed on the disk, and say that this machine is still there.

        Args:
            is_over: nothing more will come; the folder is given back, for any machine to take.

        Raises:
            RunLockedError: another machine has taken the folder over.
            StorageError: the store does not answer or refuses; push again later.
        """
        before = self._found.publication
        for _ in range(_N_READS):
            try:
                self._found = swapped(self._place.folder, self._place.prefix, self._next(is_over), self._found.version)
            except ObjectChangedError as error:
                self._found = self._still_ours(error)
            else:
                self._forget(self._orphans() if is_over else before.objects - self._found.publication.objects)
                return
        raise StorageError(f"{self._place.prefix}: published by several processes of this machine at once: try again")

    def _next(self, is_over: bool) -> Publication:
        """Everything that is on the disk now, its objects uploaded."""
        now = self._found.publication
        files = {name: self._piece(name) for name in names_of(self._place.local)}
        journal = (*now.journal, *self._journal_tail(now.journal_bytes))
        mark = replace(now.mark, is_open=not is_over, at_s=time.time())
        return replace(now, number=now.number + 1, mark=mark, files=files, journal=journal)

    def _still_ours(self, error: ObjectChangedError) -> Found:
        """The manifest as it is now, where it was another process of this machine that has replaced it."""
        found = read_publication(self._place.folder, self._place.prefix)
        if found is not None and found.publication.mark.copy == self._found.publication.mark.copy:
            return found
        holder = "somebody" if found is None else found.publication.mark.machine
        message = (
            f"{self._place.prefix}: {holder} has taken it over in {self._place.folder.url}: nothing more is done here; "
            "what was paid since then is kept on this disk"
        )
        raise RunLockedError(message) from error

    def _piece(self, name: str) -> Piece:
        """A file's content in the store, put there if it is new."""
        path = self._place.local / name
        stat = path.stat()
        state = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(name)
        if known is not None and known[0] == state:
            return known[1]
        piece = self._put(name, path.read_bytes())
        self._known[name] = (state, piece)
        return piece

    def _journal_tail(self, start: int) -> list[Piece]:
        path = self._place.local / JOURNAL
        if not path.is_file():
            return []
        with path.open("rb") as file:
            file.seek(start)
            tail = file.read()
        tail = tail[: _whole_end(tail, is_first=start == 0)]
        return [self._put(f"journal-{start:012d}", tail)] if tail else []

    def _put(self, name: str, content: bytes) -> Piece:
        piece = piece_of(name, content)
        if piece.object not in self._found.publication.objects:
            self._place.folder.write_whole(f"{self._place.prefix}/{piece.object}", content)
        return piece

    def _orphans(self) -> set[str]:
        """Objects that no manifest names, of uploads that were killed."""
        prefix = f"{self._place.prefix}/"
        stored = self._place.folder.names(f"{self._place.prefix}/{OBJECTS}")
        return {name.removeprefix(prefix) for name in stored} - self._found.publication.objects

    def _forget(self, objects: set[str]) -> None:
        for name in objects:
            with suppress(StorageError):  # an object too many does no harm
                self._place.folder.remove(f"{self._place.prefix}/{name}")


def claimed(
    place: Place, *, is_taken_over: bool = False, stale_s: float | None = None, is_exact: bool = False
) -> Published:
    """Take a folder for this machine, and bring the local copy up to what was published.

    Args:
        place: what and where.
        is_taken_over: also where another machine has it open and may never come back; it is stopped at its next word.
        stale_s: likewise, where nothing was heard of the other one for so long.
        is_exact: what is not published goes, where another machine had the folder meanwhile.

    Raises:
        RunLockedError: another machine has it open, or was quicker.
        StorageError: the store does not answer.
    """
    copy = _copy_id(place.local)
    found = read_publication(place.folder, place.prefix)
    before = Publication() if found is None else found.publication
    _check_free(place, before.mark, copy, is_taken_over=is_taken_over, stale_s=stale_s)
    mark = Mark(copy=copy, machine=platform.node(), is_open=True, at_s=time.time())
    after = replace(before, number=before.number + 1, mark=mark)
    if found is None:  # the first push makes it, with all that it names: nobody finds an empty one
        return Published(place, Found(after, None))
    try:
        taken = swapped(place.folder, place.prefix, after, found.version)
    except ObjectChangedError as error:
        raise RunLockedError(f"{place.prefix}: another machine was quicker to open it: wait until it ends") from error
    if before.mark.copy != copy or _local_bytes(place) < before.journal_bytes:
        _bring_up(place, before, is_exact=is_exact)
    return Published(place, taken)


def pushed(place: Place) -> None:
    """Publish a folder as it is on this disk, and give it back at once; nothing is put over another machine's work.

    Raises:
        RunLockedError: another machine has had it since this one took it.
        StorageError: the store does not answer.
    """
    found = read_publication(place.folder, place.prefix)
    if found is not None and found.publication.mark.copy != _known_copy(place.local):
        message = (
            f"{place.prefix}: {found.publication.mark.machine or 'another machine'} has published it in "
            f"{place.folder.url} meanwhile; what was done here is kept on this disk, and is not put over it"
        )
        raise RunLockedError(message)
    claimed(place).push(is_over=True)


def fetched(place: Place, *, is_exact: bool = False) -> bool:
    """Bring what was published to a local folder that is only read; whether there is anything.

    A folder that this machine was the last to write is left as it is.
    """
    for _ in range(_N_READS):
        found = read_publication(place.folder, place.prefix)
        if found is None:
            return False
        if _known_copy(place.local) == found.publication.mark.copy:
            return True
        with suppress(ObjectMissingError):  # a newer manifest has replaced it meanwhile
            _bring_up(place, found.publication, is_exact=is_exact)
            return True
    raise StorageError(f"{place.folder.url}/{place.prefix}: changes faster than it can be read: try again")


def names_of(local: Path) -> list[str]:
    """The files of a folder that are published whole: no journal, no locks, nothing half written."""
    found = (Path(at) / name for at, _, names in os.walk(local) for name in names)
    return sorted(path.relative_to(local).as_posix() for path in found if _is_published(path.name))


def _is_published(name: str) -> bool:
    return name not in _LOCAL_ONLY and not name.startswith((".", f"{JOURNAL}.")) and not name.endswith(".lock")


def _check_free(place: Place, mark: Mark, copy: str, *, is_taken_over: bool, stale_s: float | None) -> None:
    if not mark.is_open or mark.copy == copy or is_taken_over:
        return
    silent_s = time.time() - mark.at_s
    if stale_s is not None and silent_s > stale_s:
        return
    message = (
        f"{place.prefix}: {mark.machine or 'another machine'} has it open in {place.folder.url}, last heard of "
        f"{max(silent_s, 0):.0f} s ago; wait until it ends, or, if that machine is gone for good, take it over "
        "(`modelsearch resume RUN --take-over`)"
    )
    raise RunLockedError(message)


def _bring_up(place: Place, publication: Publication, *, is_exact: bool = False) -> None:
    """Local files as published; a local journal that is not its beginning goes aside."""
    if is_exact:
        for name in set(names_of(place.local)) - set(publication.files):
            (place.local / name).unlink()
    for name, piece in publication.files.items():
        path = place.local / name
        if not path.is_file() or piece_of(name, path.read_bytes()).sha256 != piece.sha256:
            write_whole(path, read_piece(place.folder, place.prefix, piece))
    if publication.journal:
        content = b"".join(read_piece(place.folder, place.prefix, piece) for piece in publication.journal)
        path = place.local / JOURNAL
        if path.is_file() and not content.startswith(path.read_bytes()):
            path.replace(path.with_name(f"{JOURNAL}.{time.time_ns()}"))
        write_whole(path, content)
        os.utime(path, (publication.mark.at_s, publication.mark.at_s))  # how long a life was is told by it


def _whole_end(tail: bytes, *, is_first: bool) -> int:
    """Bytes up to the end of the last whole record: what follows may be half written."""
    end = 0
    for frame in frames_of(memoryview(tail), len(MAGIC) if is_first else 0, JOURNAL):
        end = frame.offset + HEAD_BYTES + len(frame.payload)
    return end


def _local_bytes(place: Place) -> int:
    path = place.local / JOURNAL
    return path.stat().st_size if path.is_file() else 0


def _known_copy(local: Path) -> str | None:
    with suppress(OSError):
        return (local / COPY).read_text(encoding="ascii")
    return None


def _copy_id(local: Path) -> str:
    """Names this copy of the folder, for good."""
    known = _known_copy(local)
    if known is None:
        known = uuid4().hex
        write_whole(local / COPY, known.encode())
    return known
