import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelsearch.catalog.diff import changes
from modelsearch.catalog.price_rows import new_rows
from modelsearch.core.errors import FileWriteError, StoreError
from modelsearch.core.ids import EndpointId
from modelsearch.core.offering import CatalogState, ModelChange, PriceRow
from modelsearch.store import catalog_store, catalog_tables
from modelsearch.store.catalog_json import Held
from modelsearch.store.catalog_store import N_REJECTED, CatalogStore
from tests.unit.catalog.offerings import DAY, NOW, STATES, offering, rates, state

EMPTY = state()


@pytest.fixture
def store(tmp_path: Path) -> CatalogStore:
    return CatalogStore(tmp_path / "catalog")


def synced(store: CatalogStore, after: CatalogState, n_days: int = 0) -> None:
    """What a sync does with a state."""
    day = DAY + timedelta(days=n_days)
    with store.locked():
        record = store.record()
        known, before = (record.prices, record.state) if record else ((), EMPTY)
        store.accept(after, new_rows(known, after, day), changes(before, after, day))


def test_before_the_first_sync_there_is_nothing(store: CatalogStore) -> None:
    assert not store.exists
    assert store.record() is None
    assert store.state() is None
    assert store.history() == ()
    assert store.held() is None
    assert store.reject_held() is None


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(STATES, min_size=1, max_size=3))
def test_what_is_accepted_is_read_back_and_histories_only_grow(
    states: list[CatalogState], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = CatalogStore(tmp_path_factory.mktemp("catalog"))
    prices: tuple[PriceRow, ...] = ()
    history: tuple[ModelChange, ...] = ()
    before = EMPTY
    for n, each in enumerate(states):
        day = DAY + timedelta(days=n)
        synced(store, each, n)
        prices += new_rows(prices, each, day)
        history += changes(before, each, day)
        record, before = store.record(), each
        assert record is not None
        assert record.state == each
        assert record.prices == prices
        assert store.history() == history
        assert not any(name in each.offerings and each.offerings[name].is_live for name in record.gone)


def test_what_is_gone_is_kept_with_its_last_day_until_it_comes_back(store: CatalogStore) -> None:
    name = EndpointId("acme/m-1")
    synced(store, state(offering()))
    synced(store, EMPTY, 1)
    record = store.record()
    assert record is not None
    assert (record.gone[name].deprecated_on, record.gone[name].is_live) == (DAY, False)
    synced(store, EMPTY, 2)
    assert (again := store.record()) is not None
    assert again.gone == record.gone
    synced(store, state(offering()), 3)
    assert (back := store.record()) is not None
    assert back.gone == {}


def test_tables_of_the_last_two_commits_are_kept_for_readers(store: CatalogStore) -> None:
    for n in range(4):
        synced(store, state(offering(rates=rates(str(n + 1)))), n)
    names = sorted(path.name for path in store.folder.glob("prices-*.parquet"))
    assert names == ["prices-000003.parquet", "prices-000004.parquet"]
    synced(store, state(offering(rates=rates("4"))), 5)
    assert (record := store.record()) is not None
    assert [row.rate.usd for row in record.prices if row.rate.kind == "input"] == [1, 2, 3, 4]


def test_a_reader_that_is_overtaken_reads_again(store: CatalogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    synced(store, state(offering()))
    read, n_times = catalog_tables.read_prices, []

    def overtaken(path: Path) -> object:
        n_times.append(path)
        if len(n_times) == 1:
            raise FileNotFoundError(path)
        return read(path)

    monkeypatch.setattr(catalog_tables, "read_prices", overtaken)
    assert (record := store.record()) is not None
    assert len(record.prices) == 2
    assert len(n_times) == 2


@pytest.mark.parametrize("n_before", [0, 1])
@pytest.mark.parametrize("n_written", [0, 1, 2])
def test_a_sync_that_dies_anywhere_leaves_what_was_in_force(
    store: CatalogStore, monkeypatch: pytest.MonkeyPatch, n_before: int, n_written: int
) -> None:
    if n_before:
        synced(store, state(offering()))
    before = store.record()
    left = [n_written]
    for module, name in ((catalog_store, "write_whole"), (catalog_tables, "write_table")):
        monkeypatch.setattr(module, name, _dying(getattr(module, name), left))
    with pytest.raises(KeyboardInterrupt):
        synced(store, state(offering(rates=rates("9")), offering("acme/m-2")), 1)
    monkeypatch.undo()
    assert store.record() == before
    synced(store, state(offering("acme/m-3")), 2)
    assert (record := store.record()) is not None
    assert set(record.state.offerings) == {"acme/m-3"}
    assert new_rows(record.prices, record.state, DAY) == ()


def _dying(write: Callable[..., object], left: list[int]) -> Callable[..., object]:
    def dying(*given: object, **named: object) -> object:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return write(*given, **named)

    return dying


SYNCS = """
import itertools, sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from modelsearch.catalog.diff import changes
from modelsearch.catalog.price_rows import new_rows
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Offering
from modelsearch.store.catalog_store import CatalogStore
store, day, rows, before = CatalogStore(Path(sys.argv[1])), date(2026, 11, 24), (), CatalogState(observed_at=datetime.now(timezone.utc))
for n in itertools.count():
    one = Offering(endpoint_id="acme/m-1", model_id="m-1", provider_id="acme", wire_name="m-1", source="list", rates=(Rate(kind="input", usd=Decimal(n + 1)),))
    after = CatalogState(observed_at=before.observed_at, offerings={"acme/m-1": one})
    more = new_rows(rows, after, day + timedelta(days=n))
    store.accept(after, more, changes(before, after, day + timedelta(days=n)))
    rows, before = (*rows, *more), after
    if n == 3:
        print("ready", flush=True)
"""  # noqa: E501 - a program of its own


def test_kill_9_at_any_moment_leaves_a_whole_catalogue(store: CatalogStore) -> None:
    with subprocess.Popen([sys.executable, "-c", SYNCS, str(store.folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.03)
        os.kill(process.pid, signal.SIGKILL)
    record, history = store.record(), store.history()
    assert record is not None
    assert new_rows(record.prices, record.state, DAY) == ()
    assert [change.kind for change in history] == ["appeared", *["repriced"] * (len(record.prices) - 1)]
    synced(store, EMPTY, 99999)
    assert store.state() == EMPTY
    assert len(store.history()) == len(history) + 1


def test_syncs_at_once_take_turns_and_lose_nothing(store: CatalogStore) -> None:
    def add(name: str) -> None:
        for n in range(4):
            with store.locked():
                record = store.record()
                now = record.state if record else EMPTY
                more = replace(now, offerings={**now.offerings, EndpointId(f"{name}-{n}"): offering(f"{name}-{n}")})
                known = record.prices if record else ()
                store.accept(more, new_rows(known, more, DAY), changes(now, more, DAY))

    threads = [Thread(target=add, args=(f"acme/{letter}",)) for letter in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (record := store.record()) is not None
    assert len(record.state.offerings) == 12
    assert len(record.prices) == 24
    assert len({change.id for change in store.history()}) == 12


def held(fingerprint: str = "f" * 64) -> Held:
    return Held(state=state(offering()), fingerprint=fingerprint, reason="moves 40 % of the catalogue", held_at=NOW)


def test_a_held_state_waits_until_it_is_rejected_or_another_is_accepted(store: CatalogStore) -> None:
    synced(store, EMPTY)
    store.hold(held())
    assert store.held() == held()
    assert store.state() == EMPTY
    assert store.reject_held() == held()
    assert store.held() is None
    assert store.is_rejected("f" * 64)
    assert not store.is_rejected("e" * 64)
    store.hold(held("e" * 64))
    synced(store, state(offering("acme/m-2")))
    assert store.held() is None
    assert store.is_rejected("f" * 64)


def test_only_so_many_rejected_states_are_remembered(store: CatalogStore) -> None:
    synced(store, EMPTY)
    for n in range(N_REJECTED + 1):
        store.hold(held(str(n)))
        store.reject_held()
    assert not store.is_rejected("0")
    assert store.is_rejected("1")


def test_payloads_are_kept_once_and_come_back(store: CatalogStore) -> None:
    sha256 = store.keep_payload(b'{"data": []}')
    assert store.keep_payload(b'{"data": []}') == sha256
    assert store.read_payload(sha256) == b'{"data": []}'


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"version": 9, "value": {}}', b'{"version": 1, "value": {"number": "x"}}']
)
def test_a_spoilt_file_is_told_with_what_to_do(store: CatalogStore, content: bytes) -> None:
    synced(store, state(offering()))
    (store.folder / "current.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"current\.json cannot be read.*begins anew"):
        store.record()


def test_a_full_disk_leaves_what_was_in_force(store: CatalogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    synced(store, state(offering()))
    before = store.record()

    def full(path: Path, _content: bytes) -> None:
        message = f"file {path}: cannot be written: no space left"
        raise FileWriteError(message)

    monkeypatch.setattr(catalog_store, "write_whole", full)
    with pytest.raises(FileWriteError):
        synced(store, EMPTY)
    assert store.record() == before


def test_amounts_are_exact_and_readable(store: CatalogStore) -> None:
    exact = rates("0.000000000001", "10")
    synced(store, state(offering(rates=exact)))
    assert (record := store.record()) is not None
    assert [str(row.rate.usd) for row in record.prices] == ["1E-12", "10"]
    assert record.state.offerings[EndpointId("acme/m-1")].rates[0].usd == Decimal("1e-12")
    assert json.loads((store.folder / "current.json").read_bytes())["version"] == 1
