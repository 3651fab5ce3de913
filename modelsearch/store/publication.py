"""What a published folder holds, as its manifest says: the one object of it that ever changes.

<prefix>/published.json                  the manifest; replaced last, and only if nobody else has replaced it
<prefix>/objects/<sha256, 16>-<name>     every content under its own hash: never changed, so a retry or a second writer
                                         cannot damage what a reader has been told of

Readers trust the manifest alone. An upload that was killed leaves objects that no manifest names; the next one that
ends well removes them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from modelsearch.core.errors import StorageError
from modelsearch.store.filesystem import Folder, checked_name

MANIFEST, OBJECTS = "published.json", "objects"
VERSION = 1
MAX_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A content in the store: the object that holds it, its length in bytes, its sha256."""

    object: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who has the folder.

    Attributes:
        copy: names the local copy it is worked on from; no two machines have the same one.
        machine: for people.
        is_open: somebody may be writing; False = given back.
        at_s: epoch seconds of the machine's clock at its last word.
    """

    copy: str = ""
    machine: str = ""
    is_open: bool = False
    at_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A manifest.

    Attributes:
        number: of the publication, from 1.
        files: by name within the folder.
        journal: the pieces of the append-only file in order; none where there is no such file.
    """

    version: int = VERSION
    number: int = 0
    mark: Mark = field(default_factory=Mark)
    files: Mapping[str, Piece] = field(default_factory=dict)
    journal: tuple[Piece, ...] = ()

    @property
    def journal_bytes(self) -> int:
        """How much of the journal is published."""
        return sum(piece.n_bytes for piece in self.journal)

    @property
    def objects(self) -> set[str]:
        """Everything that it names."""
        return {piece.object for piece in (*self.files.values(), *self.journal)}


class Found(NamedTuple):
    """A manifest as read, with what it is known by in the store; None = it is not there yet."""

    publication: Publication
    version: str | None


def piece_of(name: str, content: bytes) -> Piece:
    """What a content is called in the store."""
    digest = hashlib.sha256(content).hexdigest()
    return Piece(object=f"{OBJECTS}/{digest[:16]}-{name.rsplit('/', 1)[-1]}", n_bytes=len(content), sha256=digest)


def read_publication(folder: Folder, prefix: str) -> Found | None:
    """The manifest of a published folder; None where nothing was published.

    Raises:
        StorageError: the store does not answer, or the manifest is none of ours.
    """
    found = folder.read_versioned(f"{prefix}/{MANIFEST}")
    if found is None:
        return None
    try:
        publication = msgspec.json.decode(found.content, type=Publication)
    except msgspec.MsgspecError as error:
        raise StorageError(f"{folder.url}/{prefix}/{MANIFEST}: no manifest of ours: {error}") from error
    if publication.version != VERSION or len(publication.files) > MAX_FILES:
        message = f"{folder.url}/{prefix}/{MANIFEST}: written by another version, or no manifest: {publication.version}"
        raise StorageError(message)
    for name in (*publication.files, *publication.objects):
        checked_name(name)
    return Found(publication, found.version)


def read_piece(folder: Folder, prefix: str, piece: Piece) -> bytes:
    """A content, which is what the manifest says.

    Raises:
        ObjectMissingError: it is gone; a newer manifest tells what took its place.
        StorageError: the store does not answer, or holds another content.
    """
    content = folder.read_bytes(f"{prefix}/{piece.object}")
    if hashlib.sha256(content).hexdigest() != piece.sha256:
        message = f"{folder.url}/{prefix}/{piece.object}: its content is not what was published; restore the bucket"
        raise StorageError(message)
    return content


def swapped(folder: Folder, prefix: str, publication: Publication, expected: str | None) -> Found:
    """Replace the manifest.

    Raises:
        ObjectChangedError: another machine was first.
    """
    content = msgspec.json.format(msgspec.json.encode(publication), indent=1)
    return Found(publication, folder.compare_and_swap(f"{prefix}/{MANIFEST}", content, expected=expected))
