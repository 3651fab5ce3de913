"""Workers of one machine: the contract, and what is the files' own."""

import os
from pathlib import Path

import pytest

from modelsearch.core.errors import StoreError
from modelsearch.store.local_workers import LocalWorkers
from tests.unit.store.shared_contract import BudgetContract, ClaimsContract, LeasesContract
from tests.unit.store.shared_places import Place, two

__all__ = ["two"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place({"MODELSEARCH_HOME": str(tmp_path)})


class TestClaims(ClaimsContract):
    pass


class TestBudget(BudgetContract):
    pass


class TestLeases(LeasesContract):
    pass


def test_a_worker_is_alive_while_its_process_holds_its_lock(tmp_path: Path) -> None:
    one, other = LocalWorkers(tmp_path), LocalWorkers(tmp_path)
    assert one.is_alive(one.id)
    assert one.is_alive(other.id)
    os.close(other._fd)  # as the kernel does when a process is killed
    other._fd = -1
    assert not one.is_alive(other.id)
    assert not one.is_alive(other.id)
    assert not list(tmp_path.glob(f"{other.id}*"))
    one.close()
    one.close()
    other._db.close()


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    one = LocalWorkers(tmp_path)
    with one.changing() as db:
        db.execute("PRAGMA user_version = 9")
    one.close()
    with pytest.raises(StoreError, match="version 1, got 9"):
        LocalWorkers(tmp_path)


def test_a_damaged_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "workers.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="move it away"):
        LocalWorkers(tmp_path)
