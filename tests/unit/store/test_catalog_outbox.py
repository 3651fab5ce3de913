from datetime import timedelta
from pathlib import Path

import pytest

from modelsearch.core.offering import ModelChange
from modelsearch.store.catalog_outbox import MAX_AGE_DAYS, CatalogOutbox
from modelsearch.store.catalog_store import CatalogStore
from tests.unit.catalog.offerings import DAY, offering, rates, state
from tests.unit.store.test_catalog_store import EMPTY, synced


@pytest.fixture
def store(tmp_path: Path) -> CatalogStore:
    return CatalogStore(tmp_path / "catalog")


def kinds(found: tuple[ModelChange, ...]) -> list[str]:
    return [f"{change.kind} {change.endpoint_id}" for change in found]


def test_each_change_is_told_once_in_order(store: CatalogStore) -> None:
    outbox = CatalogOutbox(store)
    assert outbox.untold(DAY) == ()
    synced(store, state(offering("acme/m-1"), offering("acme/m-2")))
    found = outbox.untold(DAY)
    assert kinds(found) == ["appeared acme/m-1", "appeared acme/m-2"]
    outbox.note_told(found[:1])
    assert outbox.untold(DAY) == found[1:]
    synced(store, state(offering("acme/m-2", rates=rates("9"))), 1)
    assert kinds(outbox.untold(DAY)) == ["appeared acme/m-2", "gone acme/m-1", "repriced acme/m-2"]
    outbox.note_told(outbox.untold(DAY))
    assert outbox.untold(DAY) == ()


def test_what_was_not_noted_as_told_is_told_again_with_the_same_id(store: CatalogStore) -> None:
    synced(store, state(offering()))
    assert [c.id for c in CatalogOutbox(store).untold(DAY)] == [c.id for c in CatalogOutbox(store).untold(DAY)]
    assert len(CatalogOutbox(store).untold(DAY)) == 1


def test_a_change_that_happens_twice_in_a_day_is_one(store: CatalogStore) -> None:
    outbox = CatalogOutbox(store)
    for each in (state(offering()), EMPTY, state(offering()), EMPTY):
        synced(store, each)
    assert len(store.history()) == 4
    assert kinds(outbox.untold(DAY)) == ["appeared acme/m-1", "gone acme/m-1"]
    outbox.note_told(outbox.untold(DAY))
    assert outbox.untold(DAY) == ()


def test_what_comes_into_force_while_others_are_told_is_told_later(store: CatalogStore) -> None:
    outbox = CatalogOutbox(store)
    synced(store, state(offering()))
    found = outbox.untold(DAY)
    synced(store, state(offering(), offering("acme/m-2")))
    outbox.note_told(found)
    outbox.note_told(())
    assert kinds(outbox.untold(DAY)) == ["appeared acme/m-2"]


def test_old_changes_are_told_to_nobody(store: CatalogStore) -> None:
    synced(store, state(offering()))
    outbox = CatalogOutbox(store)
    assert len(outbox.untold(DAY + timedelta(days=MAX_AGE_DAYS))) == 1
    assert outbox.untold(DAY + timedelta(days=MAX_AGE_DAYS + 1)) == ()


def test_only_one_tells_at_a_time(store: CatalogStore) -> None:
    with CatalogOutbox(store).telling() as is_mine:
        assert is_mine
        with CatalogOutbox(store).telling() as is_second:
            assert not is_second
    with CatalogOutbox(store).telling() as is_mine:
        assert is_mine


def test_an_alert_is_due_once_a_day(store: CatalogStore) -> None:
    outbox = CatalogOutbox(store)
    assert outbox.is_due("held", DAY)
    outbox.note_alert("held", DAY)
    assert not outbox.is_due("held", DAY)
    assert outbox.is_due("failed openrouter", DAY)
    assert outbox.is_due("held", DAY + timedelta(days=1))
    outbox.note_alert("failed openrouter", DAY + timedelta(days=1))
    assert outbox.is_due("held", DAY)
