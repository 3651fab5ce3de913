"""What a registered task has come to, on disk: its state, the night under way, and the history of its nights.

<home>/nights/<task>/state.json        the truth between nights
                     open.json         the night under way; gone when it is over
                     results.json      what its jobs have come to, rewritten after each
                     <other>.json      whatever else the engine keeps of the task
                     nights.jsonl ...  history: a line per night, job, move and alarm, and the same as Parquet
                     night.lock        while somebody works on a night

Every file is written whole or not at all, so that a night that was killed is taken up where it was.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from modelsearch.core.errors import StoreError
from modelsearch.store.layout import write_whole
from modelsearch.store.lock import NightLock
from modelsearch.store.night_tables import TABLES, Line, lines_from_json, lines_to_json, lines_to_parquet

VERSION = 1
STATE, OPEN, RESULTS = "state", "open", "results"
T = TypeVar("T")


class NightStore:
    """The folder of one task; nothing is made by naming it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lock(self, *, is_shared: bool = False) -> NightLock:
        """Take the task for a night, alone or with workers who share it; a context that gives it back.

        Raises:
            NightLockedError: somebody else works on it.
            FileWriteError: the folder cannot be written to.
        """
        return NightLock(self.folder, is_shared=is_shared)

    def read(self, name: str, kind: type[T]) -> T | None:
        """What was last written under a name; None where nothing was.

        Raises:
            StoreError: it cannot be read, or a newer version wrote it.
        """
        path = self._path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}; mend its permissions") from error
        return from_json(content, kind, path)

    def write(self, name: str, value: object) -> None:
        """Keep a value under a name, whole or not at all.

        Raises:
            FileWriteError: the disk does not take it; what was there before is there still.
        """
        write_whole(self._path(name), to_json(value))

    def holds(self, name: str) -> bool:
        """Whether something is kept under a name."""
        return self._path(name).is_file()

    def remove(self, *names: str) -> None:
        """Forget what is kept under names, in the order given."""
        for name in names:
            with suppress(FileNotFoundError):
                self._path(name).unlink()

    def append(self, tables: Mapping[str, Sequence[Line]]) -> None:
        """Add lines to the history, as JSON lines and as Parquet; those that are there already are not added again.

        Args:
            tables: lines by table, of `night_tables.TABLES`.

        Raises:
            StoreError: a table that cannot be read.
            FileWriteError: the disk does not take it.
        """
        for name, lines in tables.items():
            known = self.history(name)
            new = [line for line in lines if line not in known]
            if new or not self._table(name, "parquet").exists():
                write_whole(self._table(name, "jsonl"), lines_to_json([*known, *new]))
                write_whole(self._table(name, "parquet"), lines_to_parquet(name, [*known, *new]))

    def history(self, name: str) -> list[Line]:
        """The lines of a table, oldest first.

        Raises:
            StoreError: it cannot be read.
        """
        path = self._table(name, "jsonl")
        try:
            return lines_from_json(path.read_bytes(), path)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}; mend its permissions") from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _table(self, name: str, suffix: str) -> Path:
        if name not in TABLES:
            raise StoreError(f"history of nights: expected one of {', '.join(TABLES)}, got {name!r}")
        return self.folder / f"{name}.{suffix}"


def to_json(value: object) -> bytes:
    """A value of plain types and dataclasses, with the version of this format."""
    plain = msgspec.to_builtins({"version": VERSION, "value": value}, str_keys=True)
    return msgspec.json.format(msgspec.json.encode(_writable(plain)), indent=1)


def from_json(content: bytes, kind: type[T], path: Path) -> T:
    """A value that `to_json` wrote.

    Args:
        content: as it was written.
        kind: its type.
        path: where it comes from, for people.

    Raises:
        StoreError: it is no such value, or a newer version wrote it.
    """
    try:
        plain: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
        if plain.get("version") != VERSION:
            raise StoreError(f"{path}: expected version {VERSION}, got {plain.get('version')!r}: a newer modelsearch?")
        return msgspec.convert(plain["value"], kind, strict=False)
    except (msgspec.MsgspecError, KeyError) as error:
        message = f"{path}: expected a {kind.__name__} of this version: {error}; put a good copy back, or remove it"
        raise StoreError(message) from error


def _writable(value: Any) -> Any:
    """JSON knows no infinity and no NaN: they are written as text, which reading turns back."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {key: _writable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(part) for part in value]
    return value
