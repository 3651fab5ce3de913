"""Frames of the journal: 12 bytes of head (length, checksum of the payload, checksum of those two), then the payload.

The head has its own checksum so that a broken length in the middle is seen as damage and is not taken for a torn
tail, which would cut off everything paid after it. All functions are pure.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from modelsearch.core.errors import JournalError

_HEAD = struct.Struct("<III")
_PAIR = struct.Struct("<II")
HEAD_BYTES = _HEAD.size


class Frame(NamedTuple):
    """A payload, and the offset of its frame in the file."""

    offset: int
    payload: memoryview


def frame_bytes(payload: bytes) -> bytes:
    """The payload with its head in front."""
    pair = _PAIR.pack(len(payload), crc32(payload))
    return b"".join((pair, crc32(pair).to_bytes(4, "little"), payload))


def frames_of(data: memoryview, start: int, name: str) -> Iterator[Frame]:
    """Each whole frame from `start` on; ends at the end or before a torn tail.

    A torn tail is what a kill or a power cut leaves: a frame shorter than its head says, a last frame whose bytes
    never reached the disk, or zeros.

    Args:
        data: the whole file.
        start: offset of the first frame in bytes.
        name: of the file, for messages.

    Raises:
        JournalError: a frame with others behind it is damaged.
    """
    offset = start
    while len(data) - offset >= HEAD_BYTES:
        n_bytes, payload_sum, head_sum = _HEAD.unpack_from(data, offset)
        if crc32(data[offset : offset + _PAIR.size]) != head_sum:
            if not any(data[offset:]):
                return
            raise JournalError(_damage(name, offset, "head"))
        end = offset + HEAD_BYTES + n_bytes
        if end > len(data):
            return
        payload = data[offset + HEAD_BYTES : end]
        if crc32(payload) != payload_sum:
            if end == len(data):
                return
            raise JournalError(_damage(name, offset, "content"))
        yield Frame(offset, payload)
        offset = end


def _damage(name: str, offset: int, part: str) -> str:
    return (
        f"journal {name}: the {part} of the record at byte {offset} does not match its checksum, and more records "
        f"follow it; restore the file from a copy, or start a new run (paid replies are kept apart from runs)"
    )
