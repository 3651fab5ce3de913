"""Grouped syncs: one for all records of a while, none for none, and a failure is told."""

import os
from pathlib import Path
from threading import Event

import pytest

from modelsearch.core.errors import JournalWriteError
from modelsearch.core.events import Warned
from modelsearch.store.journal import Journal
from modelsearch.store.syncing import Syncing

HEADER = {"run_id": "r", "fingerprint": "f"}
WARNED = Warned(code="c", subject="s", message="m")


def append_for_a_while(journal: Journal) -> None:
    for _ in range(1000):
        journal.append(WARNED)
        Event().wait(0.001)


def wait_for(is_so: Event, limit_s: float = 5.0) -> None:
    assert is_so.wait(limit_s)


def test_many_records_are_synced_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    synced, sizes = Event(), []

    def sync(fd: int) -> None:
        sizes.append(os.fstat(fd).st_size)
        synced.set()

    monkeypatch.setattr(os, "fdatasync", sync)
    with Journal.open(tmp_path / "journal.bin", header=HEADER, sync_s=0.02) as journal:
        for _ in range(50):
            journal.append(WARNED)
        wait_for(synced)
        n_together = len(sizes)
    assert 1 <= n_together < 50
    assert sizes[-1] == (tmp_path / "journal.bin").stat().st_size


def test_nothing_is_synced_while_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    n_syncs: list[int] = []
    monkeypatch.setattr(os, "fdatasync", n_syncs.append)
    syncing = Syncing(7, 0.001)
    Event().wait(0.02)
    syncing.close()
    assert n_syncs == []


def test_a_failed_sync_stops_the_journal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failed = Event()

    def fail(_: int) -> None:
        failed.set()
        raise OSError(5, "Input/output error")

    journal = Journal.open(tmp_path / "journal.bin", header=HEADER, sync_s=0.001)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        journal.append(WARNED)
        wait_for(failed)
        with pytest.raises(JournalWriteError, match="an earlier sync failed"):
            append_for_a_while(journal)
    journal.close()
