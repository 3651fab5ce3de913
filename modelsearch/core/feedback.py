"""What production says of a candidate's answers: rows as they came in, sums of them, and what they may count for."""

from dataclasses import dataclass
from datetime import date, datetime

from modelsearch.core.ids import CandidateId, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRow:
    """One judgement of one answer in production.

    Attributes:
        row_id: the sender's own, or a hash of the row: the same row is kept once, however often it is sent.
        item_id: id of the item, or a hash of it; "" = not told. The item itself is never kept.
        score: in [0, 1]; a thumb up is 1, a thumb down 0.
        is_thumb: whether it was a thumb.
        at: when it was judged, with a time zone; None = not told.
        source: of the judgement, such as an application or a team.
    """

    row_id: str
    task_id: TaskId
    candidate_id: CandidateId
    score: float
    at: datetime | None = None
    item_id: str = ""
    source: str = ""
    is_thumb: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of rows that were handed in.

    Attributes:
        n_new: kept; `n_known`: kept before, and equal.
        clashing: ids that were kept before with another content; the first stays.
    """

    n_new: int
    n_known: int
    clashing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTally:
    """Feedback of one candidate that came in on one day (UTC).

    Attributes:
        total: sum of scores.
        sources: who sent it, sorted.
    """

    candidate_id: CandidateId
    day: date
    n_rows: int
    total: float
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackWeight:
    """What a candidate's feedback counts for in the next decision.

    Attributes:
        quality: mean score in production, in [0, 1].
        error_variance: of that as an estimate on any traffic, squared score units.
        worth_items: as many items of a paired test would tell as much, at most; never part of a certificate.
    """

    candidate_id: CandidateId
    n_rows: int
    quality: float
    error_variance: float
    worth_items: float
    sources: tuple[str, ...] = ()
