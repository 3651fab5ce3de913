"""The same weights in another block format: Q4_1 as Q5_1, value for value, for an engine that reads only the latter.

A block of 32 weights is a scale, an offset and 32 numbers: of four bits in Q4_1, of five in Q5_1, whose fifth bits come
first and are all 0 here. Source: the GGUF specification, version 3, and ggml's block layouts (github.com/ggml-org/ggml,
docs/gguf.md and src/ggml-common.h).
"""

import math
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

Q4_1, Q5_1 = 3, 7
BLOCK_WEIGHTS = 32
Q4_1_BYTES, SCALES_BYTES, FIFTH_BITS_BYTES = 20, 4, 4
ALIGNMENT = 32
_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """One entry of the list of tensors; `offset` counts from the start of the data."""

    name: bytes
    dims: tuple[int, ...]
    kind: int
    offset: int

    def packed(self) -> bytes:
        """As it stands in the file."""
        head = struct.pack("<Q", len(self.name)) + self.name + struct.pack("<I", len(self.dims))
        return head + struct.pack(f"<{len(self.dims)}QIQ", *self.dims, self.kind, self.offset)


def as_q5_1(source: Path, target: Path) -> Path:
    """Write `target`, whole or not at all, unless it is there.

    Raises:
        ValueError: `source` is no GGUF file of version 3.
    """
    if target.is_file():
        return target
    content = source.read_bytes()
    with source.open("rb") as file:
        n_tensors, n_pairs = _counts(file)
        for _ in range(n_pairs):
            _skip_text(file)
            _skip_value(file, _number(file, "<I"))
        head = content[: file.tell()]
        infos = [_info(file) for _ in range(n_tensors)]
        start = _aligned(file.tell())
    data = content[start:]
    ends = dict(zip(sorted(i.offset for i in infos), [*sorted(i.offset for i in infos)[1:], len(data)], strict=True))
    draft = target.with_name(target.name + ".part")
    draft.write_bytes(_file(head, infos, [data[i.offset : ends[i.offset]] for i in infos]))
    draft.replace(target)
    return target


def widened(blocks: bytes) -> bytes:
    """Q4_1 blocks as Q5_1 blocks of the same values."""
    old = np.frombuffer(blocks, dtype=np.uint8).reshape(-1, Q4_1_BYTES)
    fifth_bits = np.zeros((len(old), FIFTH_BITS_BYTES), dtype=np.uint8)
    return np.hstack([old[:, :SCALES_BYTES], fifth_bits, old[:, SCALES_BYTES:]]).tobytes()


def _file(head: bytes, infos: list[TensorInfo], pieces: list[bytes]) -> bytes:
    told, data = [], bytearray()
    for info, piece in zip(infos, pieces, strict=True):
        n_bytes = math.prod(info.dims) // BLOCK_WEIGHTS * Q4_1_BYTES
        is_old = info.kind == Q4_1
        told.append(replace(info, kind=Q5_1 if is_old else info.kind, offset=len(data)).packed())
        data += widened(piece[:n_bytes]) if is_old else piece
        data += bytes(_aligned(len(data)) - len(data))
    whole = head + b"".join(told)
    return whole + bytes(_aligned(len(whole)) - len(whole)) + bytes(data)


def _counts(file: BinaryIO) -> tuple[int, int]:
    magic, version, n_tensors, n_pairs = struct.unpack("<4sIQQ", file.read(24))
    if (magic, version) != (b"GGUF", 3):
        message = f"weights: expected a GGUF file of version 3, got {magic!r} of version {version}"
        raise ValueError(message)
    return n_tensors, n_pairs


def _number(file: BinaryIO, form: str) -> int:
    return int(struct.unpack(form, file.read(struct.calcsize(form)))[0])


def _skip_text(file: BinaryIO) -> None:
    file.seek(_number(file, "<Q"), 1)


def _skip_value(file: BinaryIO, kind: int) -> None:
    if kind == _STRING:
        _skip_text(file)
    elif kind == _ARRAY:
        inner, length = _number(file, "<I"), _number(file, "<Q")
        for _ in range(length):
            _skip_value(file, inner)
    else:
        file.seek(_SCALARS[kind], 1)


def _info(file: BinaryIO) -> TensorInfo:
    name = file.read(_number(file, "<Q"))
    dims = tuple(_number(file, "<Q") for _ in range(_number(file, "<I")))
    return TensorInfo(name=name, dims=dims, kind=_number(file, "<I"), offset=_number(file, "<Q"))


def _aligned(n_bytes: int) -> int:
    return -(-n_bytes // ALIGNMENT) * ALIGNMENT
