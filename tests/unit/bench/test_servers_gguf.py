import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bench.servers_gguf import Q4_1, Q4_1_BYTES, Q5_1, TensorInfo, as_q5_1, widened

Floats = npt.NDArray[np.float32]


def values_of_q4_1(blocks: bytes) -> Floats:
    """As ggml reads them: weight i from the low half of byte i, weight i + 16 from its high half."""
    rows = np.frombuffer(blocks, dtype=np.uint8).reshape(-1, Q4_1_BYTES)
    scale, low = (rows[:, i : i + 2].copy().view(np.float16).astype(np.float32) for i in (0, 2))
    return scale * np.hstack([rows[:, 4:] & 15, rows[:, 4:] >> 4]) + low


def values_of_q5_1(blocks: bytes) -> Floats:
    """The fifth bit of weight i is bit i of the four bytes before the halves."""
    rows = np.frombuffer(blocks, dtype=np.uint8).reshape(-1, 24)
    scale, low = (rows[:, i : i + 2].copy().view(np.float16).astype(np.float32) for i in (0, 2))
    fifth = np.unpackbits(rows[:, 4:8], axis=1, bitorder="little")
    values: Floats = (scale * (np.hstack([rows[:, 8:] & 15, rows[:, 8:] >> 4]) + 16 * fifth) + low).astype(np.float32)
    return values


def blocks(n_blocks: int) -> bytes:
    rng = np.random.default_rng(0)
    scales = rng.normal(size=(n_blocks, 2)).astype(np.float16).view(np.uint8)
    return np.hstack([scales, rng.integers(0, 256, size=(n_blocks, 16), dtype=np.uint8)]).tobytes()


def test_every_value_stays_as_it_is() -> None:
    old = blocks(50)
    assert np.array_equal(values_of_q4_1(old), values_of_q5_1(widened(old)))


def test_a_file_keeps_its_pairs_and_its_other_tensors(tmp_path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    quantised, plain = blocks(3), struct.pack("<8f", *range(8))
    pairs = text("a.number") + struct.pack("<II", 4, 7) + text("a.list") + struct.pack("<IIQ", 9, 8, 2)
    head = struct.pack("<4sIQQ", b"GGUF", 3, 2, 2) + pairs + text("one") + text("two")
    told = TensorInfo(name=b"w", dims=(32, 3), kind=Q4_1, offset=0).packed()
    told += TensorInfo(name=b"norm", dims=(8,), kind=0, offset=64).packed()
    source, target = tmp_path / "old.gguf", tmp_path / "new.gguf"
    start = -(-len(head + told) // 32) * 32
    source.write_bytes((head + told).ljust(start, b"\0") + quantised.ljust(64, b"\0") + plain)
    written = as_q5_1(source, target).read_bytes()
    assert written.startswith(head)
    assert TensorInfo(name=b"w", dims=(32, 3), kind=Q5_1, offset=0).packed() in written
    assert TensorInfo(name=b"norm", dims=(8,), kind=0, offset=96).packed() in written
    data = written[start:]
    assert np.array_equal(values_of_q5_1(data[:72]), values_of_q4_1(quantised))
    assert data[96:128] == plain
    assert as_q5_1(tmp_path / "gone.gguf", target) == target


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "x.gguf"
    source.write_bytes(b"GGML" + bytes(40))
    with pytest.raises(ValueError, match="version 3"):
        as_q5_1(source, tmp_path / "y.gguf")
