"""What of the catalogue's changes and troubles is still to be told to others: each change once.

A change is in the history before anybody is told of it, and what was told is written down after it. A process that is
killed in between tells it again, with the same id, by which a receiver knows it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from modelsearch.core.offering import ModelChange
from modelsearch.store.catalog_json import Told, read_json, to_json
from modelsearch.store.catalog_store import CatalogStore
from modelsearch.store.flock import flocked
from modelsearch.store.layout import write_whole

MAX_AGE_DAYS = 3
"""An older change is told to nobody: nightly runs have compared the whole catalogue since, and found it themselves."""


class CatalogOutbox:
    """What is to be told of a store."""

    def __init__(self, store: CatalogStore) -> None:
        self._store = store

    @contextmanager
    def telling(self) -> Iterator[bool]:
        """Alone while events are sent; False where another process sends them now."""
        try:
            with flocked(self._store.folder / "tell.lock", is_waiting=False):
                yield True
        except BlockingIOError:
            yield False

    def untold(self, today: date) -> tuple[ModelChange, ...]:
        """Changes that were not told yet, oldest first, each id once; none older than `MAX_AGE_DAYS`.

        Raises:
            StoreError: the store cannot be read.
        """
        history, n_told = self._store.history(), self._told().n_told
        known = {change.id for change in history[:n_told]}
        oldest = today - timedelta(days=MAX_AGE_DAYS)
        fresh = {c.id: c for c in history[n_told:] if c.id not in known and c.day >= oldest}
        return tuple(fresh.values())

    def note_told(self, changes: Sequence[ModelChange]) -> None:
        """Remember that some of `untold`, from its first on, were told.

        Raises:
            StoreError: the store cannot be read, or the disk does not take it: the same may be told again.
        """
        if not changes:
            return
        told, ids = self._told(), [change.id for change in self._store.history()]
        self._write(replace(told, n_told=ids.index(changes[-1].id, told.n_told) + 1))

    def is_due(self, alert: str, today: date) -> bool:
        """Whether an alert was not raised today yet: what goes wrong each hour is told once a day."""
        return self._told().alerts.get(alert) != today

    def note_alert(self, alert: str, today: date) -> None:
        """Remember that an alert was raised; those of other days are forgotten."""
        told = self._told()
        kept = {name: day for name, day in told.alerts.items() if day == today}
        self._write(replace(told, alerts={**kept, alert: today}))

    @property
    def _path(self) -> Path:
        return self._store.folder / "told.json"

    def _told(self) -> Told:
        return read_json(self._path, Told) or Told()

    def _write(self, told: Told) -> None:
        write_whole(self._path, to_json(told))
