"""A decoded reply against an item's target: status, canonical answer and score."""

from typing import NamedTuple

from modelsearch.core.outcome import Reply, Status
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, TaskSpec


class Grade(NamedTuple):
    """Score is None where the status counts as nothing: failed is not wrong."""

    status: Status
    answer: str | None
    score: float | None


def score_reply(reply: Reply, item: Item, scorer: Scorer, task: TaskSpec, *, is_graded_later: bool = False) -> Grade:
    """Grade a reply; a truncated one is still read by scorers that look for an answer inside the text.

    Those have `reads_cut_replies = True`; to the others a reply that was cut off is no answer, whatever its text.

    Args:
        reply: as decoded.
        item: the item that was asked.
        scorer: of the task.
        task: says what refused, truncated and invalid replies count as.
        is_graded_later: an answer gets its score from a `Grader`, and none here.
    """
    is_cut = reply.status is Status.TRUNCATED and getattr(scorer, "reads_cut_replies", False)
    if reply.status is not Status.OK and not is_cut:
        return Grade(reply.status, None, task.status_scores.get(reply.status))
    answer = scorer.canonical(reply.text, item)
    if answer is not None:
        return Grade(Status.OK, answer, None if is_graded_later else scorer.score(answer, item))
    status = Status.TRUNCATED if reply.status is Status.TRUNCATED else Status.INVALID
    return Grade(status, None, task.status_scores.get(status))
