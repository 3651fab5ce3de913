import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelsearch.core.errors import StoreError
from modelsearch.core.feedback import FeedbackRow
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.store.feedback import FeedbackStore

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TASK = TaskId("task")


def row(number: int = 1, score: float = 1.0, candidate: str = "a", task: str = "task") -> FeedbackRow:
    return FeedbackRow(
        row_id=f"r{number}",
        task_id=TaskId(task),
        candidate_id=CandidateId(candidate),
        score=score,
        at=NOW - timedelta(days=3),
        item_id="i1",
        source="shop",
        is_thumb=True,
    )


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "home" / "feedback.sqlite")


def test_rows_are_kept_once_and_a_clash_keeps_the_first(store: FeedbackStore) -> None:
    first = store.append([row(1), row(2, 0.0)], received_by="f.csv", now=NOW)
    again = store.append([row(1), row(2, 1.0), row(3)], received_by="http", now=NOW)
    assert (first.n_new, first.n_known, first.clashing) == (2, 0, ())
    assert (again.n_new, again.n_known, again.clashing) == (1, 1, ("r2",))
    (tally,) = store.tallies(TASK, before=date(2026, 11, 25))
    assert (tally.n_rows, tally.total, tally.sources) == (3, 2.0, ("shop",))


def test_the_same_moment_in_another_zone_is_the_same_row(store: FeedbackStore) -> None:
    store.append([row(1)], received_by="http", now=NOW)
    there = timezone(timedelta(hours=5))
    moved = replace(row(1), at=(NOW - timedelta(days=3)).astimezone(there))
    assert store.append([moved], received_by="http", now=NOW).n_known == 1


def test_tallies_are_by_day_of_arrival_and_before_a_day(store: FeedbackStore) -> None:
    for day in range(3):
        store.append([row(day, 0.5), row(10 + day, task="other")], received_by="http", now=NOW + timedelta(days=day))
    found = store.tallies(TASK, before=date(2026, 11, 26))
    assert [(tally.day.day, tally.n_rows, tally.total) for tally in found] == [(24, 1, 0.5), (25, 1, 0.5)]


def test_nothing_kept_is_nothing_and_makes_no_file(store: FeedbackStore) -> None:
    assert store.tallies(TASK, before=date.max) == ()
    assert not store.path.exists()


def test_what_is_kept_cannot_be_changed(store: FeedbackStore) -> None:
    store.append([row(1)], received_by="http", now=NOW)
    database = sqlite3.connect(store.path)
    for statement in ("UPDATE feedback SET score = 0", "DELETE FROM feedback"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(statement)
    database.close()


def test_all_or_nothing(store: FeedbackStore) -> None:
    with pytest.raises(StoreError, match=r"feedback\.sqlite"):
        store.append([row(1), row(2, score=7.0), row(3)], received_by="http", now=NOW)
    assert store.tallies(TASK, before=date.max) == ()


def test_writers_at_once_lose_nothing(store: FeedbackStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        kept = pool.map(lambda n: store.append([row(n), row(n + 1)], received_by="http", now=NOW), range(20))
        assert sum(each.n_new for each in kept) == 21
    assert sum(tally.n_rows for tally in store.tallies(TASK, before=date.max)) == 21


def test_a_file_that_is_no_store_is_named(store: FeedbackStore) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be used"):
        store.append([row()], received_by="http", now=NOW)
    with pytest.raises(StoreError, match="restore it"):
        store.tallies(TASK, before=date.max)


def test_a_newer_file_is_left_alone(store: FeedbackStore) -> None:
    store.append([row()], received_by="http", now=NOW)
    database = sqlite3.connect(store.path)
    database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(StoreError, match="version 9"):
        store.append([row(2)], received_by="http", now=NOW)
