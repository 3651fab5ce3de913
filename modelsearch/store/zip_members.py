"""Members of a zip file of a stranger's, read one by one, deflated or zstd, never more than was allowed."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from modelsearch.core.errors import LogFileError

MAX_MEMBERS = 500_000
MAX_MEMBER_BYTES = 256_000_000
MAX_TOTAL_BYTES = 8_000_000_000
_ZSTD = 93
_HEADER = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 1
_STEP_BYTES = 1 << 20


class ZipMembers:
    """The members of a zip file. zstd is read here, for Python's own `zipfile` only learns it in 3.14."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise LogFileError(f"{path}: expected a zip file: {error}") from error
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise LogFileError(f"{path}: {len(infos)} members: at most {MAX_MEMBERS} are read")
        self._infos = {info.filename: info for info in infos}
        self._left_bytes = MAX_TOTAL_BYTES

    @property
    def names(self) -> list[str]:
        """In the file's order."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            LogFileError: no such member, broken, of an unknown kind, or larger than is allowed; what it says of its
                size is not believed.
        """
        where = f"{self._path}: {name}"
        info = self._infos.get(name)
        if info is None:
            raise LogFileError(f"{where}: no such member: is the log complete?")
        try:
            content = self._unpacked(info, min(MAX_MEMBER_BYTES, self._left_bytes))
        except (
            OSError,
            ValueError,
            EOFError,
            struct.error,
            zlib.error,
            zipfile.BadZipFile,
            pa.ArrowException,
        ) as error:
            raise LogFileError(f"{where}: cannot be unpacked: {error}") from error
        except NotImplementedError as error:
            raise LogFileError(f"{where}: {error}: expected a member stored, deflated or in zstd") from error
        if content is None:
            raise LogFileError(
                f"{where}: larger than {MAX_MEMBER_BYTES} bytes, or the log as a whole than {MAX_TOTAL_BYTES}, unpacked"
            )
        self._left_bytes -= len(content)
        return content

    def _unpacked(self, info: zipfile.ZipInfo, limit_bytes: int) -> bytes | None:
        """None = more than the limit."""
        if info.compress_type != _ZSTD:
            with self._zip.open(info) as plain:
                content = plain.read(limit_bytes + 1)
            return None if len(content) > limit_bytes else content
        if info.compress_size > limit_bytes:
            return None
        packed = self._packed(info)
        parts, n_bytes = [], 0
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            while part := stream.read(_STEP_BYTES):
                parts.append(part)
                n_bytes += len(part)
                if n_bytes > limit_bytes:
                    return None
        content = b"".join(parts)
        if zlib.crc32(content) != info.CRC:
            raise zipfile.BadZipFile("its checksum is wrong")
        return content

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        """The bytes as they stand in the file; the local header says how long it is itself."""
        self._file.seek(info.header_offset)
        header = _HEADER.unpack(self._file.read(_HEADER.size))
        if header[0] != b"PK\x03\x04" or header[2] & _ENCRYPTED:
            raise zipfile.BadZipFile("no local header, or encrypted")
        self._file.seek(header[9] + header[10], 1)
        packed = self._file.read(info.compress_size)
        if len(packed) < info.compress_size:
            raise EOFError("the file ends within it")
        return packed


@contextmanager
def zip_members(path: Path) -> Iterator[ZipMembers]:
    """The members of a zip file, open as long as the context is.

    Raises:
        LogFileError: no file, or no zip file.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise LogFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    with file:
        yield ZipMembers(path, file)
