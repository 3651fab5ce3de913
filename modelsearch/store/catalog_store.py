"""What catalogue syncs have come to, on disk: written whole or not at all, by one sync at a time.

<home>/catalog/current.json            the state in force; replacing it is what commits a sync
               prices-<n>.parquet      all price rows of commit n: those of the one before, and the new ones after them
               changes-<n>.parquet     all changes, likewise
               held.json               a state that waits for a person
               told.json               which changes and alerts were told to others (`catalog_outbox`)
               payloads/<xx>/<sha>.gz  what the sources sent
               catalog.lock tell.lock  held while a sync commits, while events are sent

Tables are written before the file that names them: a process that is killed in between leaves a table that nobody
reads, and the next commit takes its place. Readers take no lock; the tables of the last two commits are kept for them.

Refused: one file per sync and table (hourly for a year is 8,760 files to read before a search), and SQLite (its one
writer at a time is no gain over the lock, and object stores cannot hold it).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from modelsearch.core.errors import StoreError
from modelsearch.core.ids import EndpointId
from modelsearch.core.offering import CatalogRecord, CatalogState, ModelChange, Offering, PriceRow
from modelsearch.store.catalog_json import Current, Held, read_json, to_json
from modelsearch.store.flock import flocked
from modelsearch.store.layout import write_whole
from modelsearch.store.payloads import keep_payload, read_payload

N_REJECTED = 50
"""Rejected states that are remembered: a source that goes on sending one must not ask again each hour."""
_N_READS = 5


class CatalogStore:
    """The folder of a synced catalogue. Every method opens and closes its own files; nothing is kept in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether a sync was ever accepted."""
        return self._current_path.is_file()

    @property
    def payloads(self) -> Path:
        """The folder of raw payloads."""
        return self.folder / "payloads"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone while a sync compares and commits; waits for another one, which takes well under a second.

        Raises:
            FileWriteError: the folder cannot be written to.
        """
        with flocked(self.folder / "catalog.lock"):
            yield

    def keep_payload(self, body: bytes) -> str:
        """Keep what a source sent; its sha256.

        Raises:
            FileWriteError: the disk does not take it.
        """
        return keep_payload(self.payloads, body)

    def read_payload(self, sha256: str) -> bytes:
        """What a source sent.

        Raises:
            StoreError: it is not kept (any more), or is not what it was.
        """
        return read_payload(self.payloads, sha256)

    def state(self) -> CatalogState | None:
        """The state in force; None before the first sync.

        Raises:
            StoreError: it cannot be read.
        """
        current = self._current()
        return None if current is None else current.state

    def record(self) -> CatalogRecord | None:
        """The state in force with its price history and what is gone; None before the first sync.

        Raises:
            StoreError: it cannot be read.
        """
        for _ in range(_N_READS):
            current = self._current()
            if current is None:
                return None
            with suppress(FileNotFoundError):  # two commits since it was named
                return CatalogRecord(state=current.state, prices=self._prices(current), gone=current.gone)
        message = f"synced catalogue: {self.folder} changes faster than it can be read: try again"
        raise StoreError(message)

    def history(self) -> tuple[ModelChange, ...]:
        """All changes that were ever accepted, oldest first.

        Raises:
            StoreError: they cannot be read.
        """
        for _ in range(_N_READS):
            current = self._current()
            if current is None:
                return ()
            with suppress(FileNotFoundError):
                return self._changes(current)
        message = f"synced catalogue: {self.folder} changes faster than it can be read: try again"
        raise StoreError(message)

    def accept(self, state: CatalogState, rows: Sequence[PriceRow], changes: Sequence[ModelChange]) -> None:
        """Put a state in force, with its new price rows and changes; what was held is forgotten. Only when locked.

        Raises:
            FileWriteError: the disk does not take it; what was in force is so still.
        """
        before = self._current()
        number = 1 if before is None else before.number + 1
        current = Current(
            number=number,
            state=state,
            prices=self._with_prices(before, rows, number),
            changes=self._with_changes(before, changes, number),
            gone=_gone(before, state, changes),
            rejected=() if before is None else before.rejected,
        )
        write_whole(self._current_path, to_json(current))
        self._held_path.unlink(missing_ok=True)
        self._forget_tables(
            {each for one in (before, current) if one is not None for each in (one.prices, one.changes)}
        )

    def hold(self, held: Held) -> None:
        """Keep a state for a person to look at, in the place of an earlier one.

        Raises:
            FileWriteError: the disk does not take it.
        """
        write_whole(self._held_path, to_json(held))

    def held(self) -> Held | None:
        """The state that waits for a person.

        Raises:
            StoreError: it cannot be read.
        """
        found: Held | None = read_json(self._held_path, Held)
        return found

    def reject_held(self) -> Held | None:
        """Turn the held state down, for good; what it was. Only when locked.

        Raises:
            FileWriteError: the disk does not take it.
        """
        held, current = self.held(), self._current()
        if held is not None and current is not None:
            rejected = (*current.rejected, held.fingerprint)[-N_REJECTED:]
            write_whole(self._current_path, to_json(replace(current, rejected=rejected)))
        self._held_path.unlink(missing_ok=True)
        return held

    def is_rejected(self, fingerprint: str) -> bool:
        """Whether a person has turned such a state down."""
        current = self._current()
        return current is not None and fingerprint in current.rejected

    @property
    def _current_path(self) -> Path:
        return self.folder / "current.json"

    @property
    def _held_path(self) -> Path:
        return self.folder / "held.json"

    def _current(self) -> Current | None:
        found: Current | None = read_json(self._current_path, Current)
        return found

    def _prices(self, current: Current | None) -> tuple[PriceRow, ...]:
        from modelsearch.store.catalog_tables import read_prices  # noqa: PLC0415 - pyarrow takes 0.8 s

        return read_prices(self._there(current.prices)) if current is not None and current.prices else ()

    def _changes(self, current: Current | None) -> tuple[ModelChange, ...]:
        from modelsearch.store.catalog_tables import read_changes  # noqa: PLC0415 - pyarrow takes 0.8 s

        return read_changes(self._there(current.changes)) if current is not None and current.changes else ()

    def _there(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise FileNotFoundError(path)
        return path

    def _with_prices(self, before: Current | None, rows: Sequence[PriceRow], number: int) -> str:
        """The file of all price rows: a new one where there are new rows."""
        from modelsearch.store.catalog_tables import write_prices  # noqa: PLC0415 - pyarrow takes 0.8 s

        if not rows:
            return "" if before is None else before.prices
        name = f"prices-{number:06d}.parquet"
        write_prices(self.folder / name, [*self._prices(before), *rows])
        return name

    def _with_changes(self, before: Current | None, changes: Sequence[ModelChange], number: int) -> str:
        from modelsearch.store.catalog_tables import write_changes  # noqa: PLC0415 - pyarrow takes 0.8 s

        if not changes:
            return "" if before is None else before.changes
        name = f"changes-{number:06d}.parquet"
        write_changes(self.folder / name, [*self._changes(before), *changes])
        return name

    def _forget_tables(self, kept: set[str]) -> None:
        for path in (*self.folder.glob("prices-*.parquet"), *self.folder.glob("changes-*.parquet")):
            if path.name not in kept:
                path.unlink(missing_ok=True)


def _gone(before: Current | None, state: CatalogState, changes: Sequence[ModelChange]) -> Mapping[EndpointId, Offering]:
    """What is gone: what was, without what is on sale again, and with what has gone now."""
    live = {endpoint_id for endpoint_id, each in state.offerings.items() if each.is_live}
    known = {} if before is None else {i: each for i, each in before.gone.items() if i not in live}
    for change in changes:
        was = None if before is None else before.state.offerings.get(change.endpoint_id)
        if change.kind == "gone" and was is not None:
            last = change.day - timedelta(days=1)
            ended = last if was.deprecated_on is None else min(was.deprecated_on, last)
            known[change.endpoint_id] = replace(was, is_live=False, deprecated_on=ended)
    return known
