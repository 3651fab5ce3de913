"""Feedback as others send it, each value checked: plain values in, rows out. Nothing of it is trusted.

Ids and sources are short printable text that begins with a letter or digit: they come up in terminals, logs and
spreadsheets, where control characters, or a leading `=`, would do things.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from modelsearch.core.errors import FeedbackError
from modelsearch.core.feedback import FeedbackRow
from modelsearch.core.ids import CandidateId, TaskId, sha256_hex

MAX_ID_CHARS = 200
FIELDS = ("id", "task", "candidate", "item", "score", "thumbs", "time", "source")
_NAME = re.compile(r"[A-Za-z0-9][ -~]*")
_SKEW = timedelta(days=1)
_THUMBS: Mapping[str, float] = {
    **dict.fromkeys(("up", "1", "true", "+1", "yes", "👍"), 1.0),
    **dict.fromkeys(("down", "0", "false", "-1", "no", "👎"), 0.0),
}


def feedback_rows(
    rows: Sequence[tuple[int, Mapping[str, Any]]], where: str, *, now: datetime, task_id: TaskId | None = None
) -> tuple[FeedbackRow, ...]:
    """The rows of a file or a request.

    Args:
        rows: (row number, values by field of `FIELDS`).
        where: the file or request, for messages.
        now: with a time zone; judgements from the future are refused.
        task_id: whose rows alone are taken; rows that do not name a task are its own.

    Raises:
        FeedbackError: a field is missing, unknown, or holds what it may not.
    """
    return tuple(_row(row, f"{where}, row {number}", now, task_id) for number, row in rows)


def _row(row: Mapping[str, Any], where: str, now: datetime, task_id: TaskId | None) -> FeedbackRow:
    unknown = [name for name in row if name not in FIELDS]
    if unknown:
        raise FeedbackError(f"{where}: unknown field {_shown(unknown[0])}; it may have {', '.join(FIELDS)}")
    task = _task(row, where, task_id)
    score, is_thumb = _judged(row, where)
    given = {
        "candidate": _name(row, "candidate", where),
        "item": _name(row, "item", where, is_needed=False),
        "source": _name(row, "source", where, is_needed=False),
    }
    at = _time(row, where, now)
    told = None if at is None else at.astimezone(UTC).isoformat()
    row_id = _name(row, "id", where, is_needed=False)
    if not row_id and not (given["item"] and told):
        raise FeedbackError(f"{where}: needs an `id`, or `item` and `time`: else equal rows cannot be told apart")
    return FeedbackRow(
        row_id=row_id or sha256_hex([task, *given.values(), score, is_thumb, told]),
        task_id=task,
        candidate_id=CandidateId(given["candidate"]),
        item_id=given["item"],
        source=given["source"],
        score=score,
        is_thumb=is_thumb,
        at=at,
    )


def _task(row: Mapping[str, Any], where: str, task_id: TaskId | None) -> TaskId:
    task = TaskId(_name(row, "task", where, is_needed=task_id is None))
    if task_id is not None and task not in ("", task_id):
        raise FeedbackError(f"{where}: task: expected {task_id!r} or nothing, got {_shown(task)}")
    return task or TaskId(str(task_id))


def _judged(row: Mapping[str, Any], where: str) -> tuple[float, bool]:
    """The score, and whether it was a thumb."""
    score, thumbs = (None if row.get(name) == "" else row.get(name) for name in ("score", "thumbs"))
    if (score is None) == (thumbs is None):
        raise FeedbackError(f"{where}: expected either `score` or `thumbs`, got {'none' if score is None else 'both'}")
    if thumbs is not None:
        key = str(int(thumbs) if isinstance(thumbs, float) and thumbs.is_integer() else thumbs).strip().lower()
        if key not in _THUMBS:
            raise FeedbackError(f"{where}: thumbs: expected up or down, got {_shown(thumbs)}")
        return _THUMBS[key], True
    try:
        value = math.nan if isinstance(score, bool) else float(str(score))
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise FeedbackError(f"{where}: score: expected a number in [0, 1], got {_shown(score)}")
    return value, False


def _name(row: Mapping[str, Any], field: str, where: str, *, is_needed: bool = True) -> str:
    value = row.get(field)
    if value is None or value == "":
        if is_needed:
            raise FeedbackError(f"{where}: no {field!r}: each row needs one")
        return ""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if len(text) > MAX_ID_CHARS or not _NAME.fullmatch(text):
        raise FeedbackError(
            f"{where}: {field}: expected 1 to {MAX_ID_CHARS} printable ASCII characters that begin with a letter or "
            f"digit (send a hash where it is anything else), got {_shown(value)}"
        )
    return text


def _time(row: Mapping[str, Any], where: str, now: datetime) -> datetime | None:
    value = row.get("time")
    if value is None or value == "":
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise FeedbackError(f"{where}: time: expected ISO 8601, got {_shown(value)}") from error
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if at.year < 2000 or at > now + _SKEW:
        raise FeedbackError(f"{where}: time: expected a time from 2000 to now, got {_shown(value)}")
    return at


def _shown(value: object) -> str:
    """In ASCII, without control characters, and short: it goes to terminals and logs."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
