"""A folder in an object store, by fsspec. One PUT is atomic there: a reader sees the old object or the new one.

`compare_and_swap` needs the store's own conditional writes: S3's If-Match and If-None-Match (AWS, and most servers that
speak its protocol). Other stores are read and written, and refuse a swap rather than pretend one. Keys, region and
endpoint come from where every S3 client looks (AWS_* variables, profiles, the role of the machine), never from us.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import fsspec
from fsspec.asyn import sync

from modelsearch.core.errors import ObjectChangedError, ObjectMissingError, StorageError
from modelsearch.store.filesystem import Versioned, changed, checked_name

T = TypeVar("T")
_S3 = ("s3", "s3a")
_CONNECT_S, _READ_S = 10, 60
_N_BUSY, _BUSY_S = 4, 0.2
_LOST_RACE = frozenset({"PreconditionFailed", "412"})
_BUSY = frozenset({"ConditionalRequestConflict", "OperationAborted", "409"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class ObjectFolder:
    """Everything below a URL. Retries of timeouts and 5xx are the client library's: five, with growing waits."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        protocol = url.split("://", 1)[0].lower()
        self._is_s3 = protocol in _S3
        options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False} if self._is_s3 else {}
        if self._is_s3:
            options["config_kwargs"] = {"connect_timeout": _CONNECT_S, "read_timeout": _READ_S}
        try:
            self._fs: Any = fsspec.filesystem(protocol, **options)
        except (ImportError, ValueError) as error:
            message = f"storage {self.url}: cannot be opened: {error}; for s3:// install modelsearch[s3]"
            raise StorageError(message) from error
        self._root = self.url.split("://", 1)[1]

    def read_bytes(self, name: str) -> bytes:
        path = self._path(name)
        content: bytes = self._asked(name, lambda: self._fs.cat_file(path))
        return content

    def read_versioned(self, name: str) -> Versioned | None:
        path = self._path(name)
        try:
            if not self._is_s3:
                return Versioned(self._asked(name, lambda: self._fs.cat_file(path)), "")
            return self._asked(name, lambda: self._run(self._get(path)))
        except ObjectMissingError:
            return None

    def write_whole(self, name: str, content: bytes) -> None:
        path = self._path(name)
        self._asked(name, lambda: self._fs.pipe_file(path, content))

    def compare_and_swap(self, name: str, content: bytes, *, expected: str | None) -> str:
        if not self._is_s3:
            message = f"storage {self.url}: cannot replace a file only if it is unchanged; use s3:// or a local folder"
            raise StorageError(message)
        path = self._path(name)
        try:
            return self._asked(name, lambda: self._run(self._put_if(path, content, expected)))
        except ObjectChangedError:
            found = self.read_versioned(name)
            if found is not None and found.content == content:  # ours, written by a try whose answer was lost
                return found.version
            raise

    def names(self, under: str = "") -> list[str]:
        start = self._path(under) if under else self._root
        found: list[str] = self._asked(under, lambda: self._fs.find(start))
        cut = len(self._root.strip("/")) + 1
        return sorted(each.strip("/")[cut:] for each in found)

    def folders(self, under: str) -> list[str]:
        path = self._path(under)
        try:
            found: list[dict[str, Any]] = self._asked(under, lambda: self._fs.ls(path, detail=True))
        except ObjectMissingError:
            return []
        return sorted(each["name"].rstrip("/").rsplit("/", 1)[-1] for each in found if each["type"] == "directory")

    def remove(self, name: str) -> None:
        path = self._path(name)
        try:
            self._asked(name, lambda: self._fs.rm_file(path))
        except ObjectMissingError:
            return

    def _path(self, name: str) -> str:
        return f"{self._root}/{checked_name(name)}"

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        found: T = sync(self._fs.loop, lambda: work)
        return found

    def _asked(self, name: str, ask: Callable[[], T]) -> T:
        """What the store answers; its errors as ours, without the request that they quote."""
        try:
            return ask()
        except FileNotFoundError as error:
            raise ObjectMissingError(f"stored file {name!r}: there is none in {self.url}") from error
        except Exception as error:
            raise self._error(name, error) from error

    def _error(self, name: str, error: Exception) -> StorageError:
        code = _code(error)
        if code in _MISSING:
            return ObjectMissingError(f"stored file {name!r}: there is none in {self.url}")
        if code in _LOST_RACE or code in _BUSY:
            return ObjectChangedError(changed(name, self.url))
        message = (
            f"storage {self.url}: {name!r} cannot be read or written: {code or type(error).__name__}; what is on this "
            "disk is kept: mend the network or the rights, then `modelsearch resume`"
        )
        return StorageError(message)

    async def _get(self, path: str) -> Versioned:
        bucket, key, _ = self._fs.split_path(path)
        answer = await self._fs._call_s3("get_object", Bucket=bucket, Key=key)  # noqa: SLF001 - content and ETag of one moment
        async with answer["Body"] as body:
            return Versioned(await body.read(), str(answer["ETag"]))

    async def _put_if(self, path: str, content: bytes, expected: str | None) -> str:
        bucket, key, _ = self._fs.split_path(path)
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        for n_tries in range(_N_BUSY):
            try:
                answer = await self._fs._call_s3("put_object", Bucket=bucket, Key=key, Body=content, **condition)  # noqa: SLF001 - fsspec has no conditional write
            except OSError as error:
                if _code(error) not in _BUSY or n_tries == _N_BUSY - 1:
                    raise
                await asyncio.sleep(_BUSY_S * 2**n_tries)
            else:
                return str(answer["ETag"])
        raise ObjectChangedError(changed(key, self.url))


def _code(error: BaseException) -> str:
    """The store's own code of an error; "" where there was no answer."""
    while True:
        answer = getattr(error, "response", None)
        if isinstance(answer, dict):
            return str(answer.get("Error", {}).get("Code", ""))
        if error.__cause__ is None:
            return ""
        error = error.__cause__
