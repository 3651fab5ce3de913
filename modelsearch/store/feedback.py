"""Production feedback on disk: one SQLite file, append-only, each row with where it came from and when.

Several processes may write to it; a row id is kept once per task, so that whoever is not sure whether a request arrived
sends it again. Triggers refuse changes, so that what a night counted can be counted again. No items, no keys.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from modelsearch.core.errors import StoreError
from modelsearch.core.feedback import DayTally, FeedbackRow, Kept
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.store.disk import writing

_VERSION: Final = 1
_BUSY_S: Final = 10.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS feedback (
    task_id TEXT NOT NULL,
    row_id TEXT NOT NULL,
    candidate_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
    is_thumb INTEGER NOT NULL,
    judged_at TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at TEXT NOT NULL,
    received_by TEXT NOT NULL,
    PRIMARY KEY (task_id, row_id)
);
CREATE INDEX IF NOT EXISTS feedback_by_day ON feedback (task_id, candidate_id, received_at);
CREATE TRIGGER IF NOT EXISTS feedback_stays BEFORE UPDATE ON feedback BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS feedback_kept BEFORE DELETE ON feedback BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
_INSERT: Final = "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task_id, row_id) DO NOTHING"
_SAME: Final = """
SELECT candidate_id = ? AND item_id = ? AND score = ? AND is_thumb = ? AND judged_at = ? AND source = ?
FROM feedback WHERE task_id = ? AND row_id = ?
"""
_TALLIES: Final = """
SELECT candidate_id, substr(received_at, 1, 10), count(*), sum(score), json_group_array(DISTINCT source)
FROM feedback WHERE task_id = ? AND received_at < ? GROUP BY 1, 2 ORDER BY 1, 2
"""


class FeedbackStore:
    """Feedback of all tasks in one file, which is made when the first row comes in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, rows: Sequence[FeedbackRow], *, received_by: str, now: datetime) -> Kept:
        """Keep rows, all or none; those that are known stay as they are.

        Args:
            rows: of any tasks.
            received_by: by which door they came: the name of a file, or `http`.
            now: when, with a time zone.

        Raises:
            StoreError: the file cannot be used.
            FileWriteError: the disk does not take it.
        """
        received = now.astimezone(UTC).isoformat(timespec="seconds")
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(self._opened()) as database, database:
                return _appended(database, rows, (received, received_by))
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def tallies(self, task_id: TaskId, *, before: date) -> tuple[DayTally, ...]:
        """What came in of a task before a day (UTC), by candidate and day; empty where nothing did.

        Raises:
            StoreError: the file cannot be used.
        """
        if not self.path.is_file():
            return ()
        try:
            with closing(self._opened()) as database:
                found = database.execute(_TALLIES, (task_id, before.isoformat())).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return tuple(
            DayTally(
                candidate_id=CandidateId(candidate),
                day=date.fromisoformat(day),
                n_rows=n_rows,
                total=total,
                sources=tuple(sorted(json.loads(sources))),
            )
            for candidate, day, n_rows, total, sources in found
        )

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_BUSY_S)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"version {version}, expected {_VERSION}")
            if version == 0:
                database.executescript(f"PRAGMA journal_mode = WAL; {_SCHEMA} PRAGMA user_version = {_VERSION};")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _unusable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"feedback {self.path}: cannot be used: {error}; restore it from a copy, or move it away")


def _appended(database: sqlite3.Connection, rows: Sequence[FeedbackRow], received: tuple[str, str]) -> Kept:
    n_new, n_known, clashing = 0, 0, []
    for row in rows:
        at = "" if row.at is None else row.at.astimezone(UTC).isoformat()
        content = (row.candidate_id, row.item_id, row.score, int(row.is_thumb), at, row.source)
        if database.execute(_INSERT, (row.task_id, row.row_id, *content, *received)).rowcount:
            n_new += 1
        elif database.execute(_SAME, (*content, row.task_id, row.row_id)).fetchone()[0]:
            n_known += 1
        else:
            clashing.append(row.row_id)
    return Kept(n_new=n_new, n_known=n_known, clashing=tuple(clashing))
