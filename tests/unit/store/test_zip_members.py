"""Zip files of strangers: stored, deflated and zstd members, and everything that a zip can lie about."""

import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from modelsearch.core.errors import LogFileError
from modelsearch.store import zip_members as room
from modelsearch.store.zip_members import zip_members

CONTENT = b"a log of some length " * 500


def with_zstd(path: Path, packed: bytes, content: bytes) -> Path:
    """A zip with one zstd member `m`, told to hold `content`."""
    with zipfile.ZipFile(path, "w") as target:
        target.writestr(zipfile.ZipInfo("m"), packed)
    with zipfile.ZipFile(path) as source:
        start = source.start_dir
    raw = bytearray(path.read_bytes())
    for at, method, crc, size in ((0, 8, 14, 22), (start, 10, 16, 24)):
        raw[at + method : at + method + 2] = (93).to_bytes(2, "little")
        raw[at + crc : at + crc + 4] = zlib.crc32(content).to_bytes(4, "little")
        raw[at + size : at + size + 4] = len(content).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    return path


def packed(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_plain_members_are_read(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.eval"
    with zipfile.ZipFile(path, "w", method) as target:
        target.writestr("m", CONTENT)
    with zip_members(path) as members:
        assert members.names == ["m"]
        assert members.read("m") == CONTENT


@pytest.mark.parametrize("n_frames", [1, 3])
def test_zstd_members_are_read_in_one_frame_or_several(tmp_path: Path, n_frames: int) -> None:
    path = with_zstd(tmp_path / "a.eval", packed(CONTENT) * n_frames, CONTENT * n_frames)
    with zip_members(path) as members:
        assert members.read("m") == CONTENT * n_frames


@pytest.mark.parametrize("is_zstd", [True, False])
def test_a_bomb_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_zstd: bool
) -> None:
    monkeypatch.setattr(room, "MAX_MEMBER_BYTES", 1_000_000)
    bomb, path = b"\0" * 50_000_000, tmp_path / "a.eval"
    if is_zstd:
        with_zstd(path, packed(bomb), b"small")  # and it lies about its size
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr("m", bomb)
    with zip_members(path) as members, pytest.raises(LogFileError, match="larger than 1000000 bytes"):
        members.read("m")


def test_all_members_together_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_TOTAL_BYTES", 15_000)
    path = tmp_path / "a.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("one", CONTENT)
        target.writestr("two", CONTENT)
    with zip_members(path) as members:
        members.read("one")
        with pytest.raises(LogFileError, match="the log as a whole"):
            members.read("two")


def test_damage_is_told_with_the_member(tmp_path: Path) -> None:
    wrong_sum = with_zstd(tmp_path / "a.eval", packed(CONTENT), b"other content")
    with zip_members(wrong_sum) as members, pytest.raises(LogFileError, match="m: cannot be unpacked: its checksum"):
        members.read("m")
    garbage = with_zstd(tmp_path / "b.eval", b"no zstd at all", CONTENT)
    with zip_members(garbage) as members, pytest.raises(LogFileError, match="m: cannot be unpacked"):
        members.read("m")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip" * 100])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.eval"
    path.write_bytes(content)
    with pytest.raises(LogFileError, match="expected a zip file"), zip_members(path):
        pass


def test_a_member_that_is_not_there_and_a_missing_file(tmp_path: Path) -> None:
    path = with_zstd(tmp_path / "a.eval", packed(CONTENT), CONTENT)
    with zip_members(path) as members, pytest.raises(LogFileError, match="no such member"):
        members.read("header.json")
    with pytest.raises(LogFileError, match="cannot be read"), zip_members(tmp_path / "none"):
        pass
