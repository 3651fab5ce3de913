import pytest

from modelsearch.core.outcome import Reply, Status, Usage
from modelsearch.core.task import ScorerSpec
from modelsearch.evaluate.grade import score_reply
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.testing.factories import make_task

TASK = make_task(2)
SCORER = make_scorer(TASK)


def reply(text: str, status: Status = Status.OK) -> Reply:
    return Reply(text=text, status=status, usage=Usage())


def test_an_answer_is_scored() -> None:
    assert score_reply(reply("yes"), TASK.items[0], SCORER, TASK) == (Status.OK, "yes", 1.0)
    assert score_reply(reply("no"), TASK.items[0], SCORER, TASK) == (Status.OK, "no", 0.0)


def test_a_reply_without_an_answer_is_invalid() -> None:
    assert score_reply(reply("   "), TASK.items[0], SCORER, TASK) == (Status.INVALID, None, 0.0)


def test_a_cut_reply_is_no_answer_to_a_scorer_of_whole_replies() -> None:
    assert score_reply(reply("yes", Status.TRUNCATED), TASK.items[0], SCORER, TASK) == (Status.TRUNCATED, None, 0.0)


def test_a_cut_reply_is_read_by_a_scorer_that_looks_inside() -> None:
    task = make_task(2, scorer=ScorerSpec(name="choice"))
    scorer = make_scorer(task)
    assert score_reply(reply("Answer: yes", Status.TRUNCATED), task.items[0], scorer, task) == (Status.OK, "yes", 1.0)
    assert score_reply(reply("Let me", Status.TRUNCATED), task.items[0], scorer, task) == (Status.TRUNCATED, None, 0.0)


@pytest.mark.parametrize("status", [Status.ERROR, Status.TIMEOUT, Status.NOT_RUN])
def test_failures_have_no_score_even_with_the_right_text(status: Status) -> None:
    assert score_reply(reply("yes", status), TASK.items[0], SCORER, TASK) == (status, None, None)


def test_the_task_says_what_a_refusal_counts() -> None:
    lenient = make_task(2, status_scores={Status.REFUSED: 0.5})
    assert score_reply(reply("yes", Status.REFUSED), TASK.items[0], SCORER, TASK) == (Status.REFUSED, None, 0.0)
    assert score_reply(reply("yes", Status.REFUSED), TASK.items[0], SCORER, lenient) == (Status.REFUSED, None, 0.5)
    assert score_reply(reply("   "), TASK.items[0], SCORER, lenient) == (Status.INVALID, None, None)
