"""Production feedback: taken in from files, and what it means for a night or a search."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from modelsearch.core.errors import FeedbackError, StoreError, TaskFileError
from modelsearch.core.feedback import FeedbackRow, FeedbackWeight, Kept
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.nights import Alarm, TaskState
from modelsearch.core.past import KnownModel, PastTask, TaskTraits
from modelsearch.decide.feedback import feedback_as_past, feedback_weights
from modelsearch.nights.feedback import feedback_alarms
from modelsearch.settings import Settings
from modelsearch.store.feedback import FeedbackStore
from modelsearch.store.recorded import read_parquet_items
from modelsearch.taskfile.feedback import feedback_rows
from modelsearch.taskfile.read import read_rows


@dataclass(frozen=True, kw_only=True)
class FeedbackTonight:
    """What a night makes of it."""

    weights: tuple[FeedbackWeight, ...] = ()
    alarms: tuple[Alarm, ...] = ()


def import_feedback(
    path: Path, settings: Settings, *, task: str = "", source: str = "", now: datetime | None = None
) -> Kept:
    """Keep the rows of a CSV, JSONL or Parquet file, all or none; those that are known stay as they are.

    Args:
        path: of the file.
        settings: where feedback is kept.
        task: whose rows they are, for rows that do not say.
        source: of rows that do not say.
        now: for tests.

    Raises:
        FeedbackError: the file or a row cannot be used.
        StoreError: what is kept cannot be added to.
    """
    return _store(settings).append(
        feedback_of_file(path, task=task, source=source, now=now or datetime.now(UTC)),
        received_by=path.name[:200],
        now=now or datetime.now(UTC),
    )


def feedback_of_file(path: Path, *, task: str, source: str, now: datetime) -> tuple[FeedbackRow, ...]:
    """The rows of a file.

    Raises:
        FeedbackError: it, or a row of it, cannot be used.
    """
    try:
        rows = read_rows(path, read_parquet_items, "feedback")
    except TaskFileError as error:
        raise FeedbackError(str(error)) from error
    named = [(n, {"source": source, **{k: v for k, v in row.items() if v is not None}}) for n, row in rows]
    return feedback_rows(named, f"feedback {path}", now=now, task_id=TaskId(task) if task else None)


def weights_of(settings: Settings, task_id: TaskId, day: date) -> dict[CandidateId, FeedbackWeight]:
    """What came in of a task before a day counts for so much; nothing where it cannot be read (the night tells)."""
    try:
        return feedback_weights(_store(settings).tallies(task_id, before=day))
    except StoreError:  # a prior is not worth a night
        return {}


def feedback_tonight(settings: Settings, state: TaskState, day: date) -> FeedbackTonight:
    """What a night reports of it; that it cannot be read is an alarm, and stops nothing."""
    try:
        tallies = _store(settings).tallies(state.task_id, before=day)
    except StoreError as error:
        alarm = Alarm(code="feedback_unreadable", subject=state.task_id, day=day, message=str(error))
        return FeedbackTonight(alarms=(alarm,))
    weights = feedback_weights(tallies)
    return FeedbackTonight(
        weights=tuple(weights[c] for c in sorted(weights)), alarms=feedback_alarms(tallies, state, day)
    )


def feedback_past(
    settings: Settings, task_id: TaskId, models: Mapping[CandidateId, KnownModel], traits: TaskTraits
) -> tuple[PastTask, ...]:
    """What came in of a task up to now, as a past task; nothing where it cannot be read."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return feedback_as_past(weights_of(settings, task_id, tomorrow), models, traits)


def _store(settings: Settings) -> FeedbackStore:
    return FeedbackStore(settings.feedback)
