from modelsearch.core.errors import ScoringError
from modelsearch.core.events import Warned
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item
from modelsearch.evaluate.grader import finished, judging_usd
from modelsearch.evaluate.slow import SlowGrader
from tests.doubles import MemoryRecorder

ITEM = Item(id=ItemId("i"), input="?", target="yes")
ANSWERED = Outcome(candidate_id=CandidateId("m"), item_id=ITEM.id, status=Status.OK, answer="yes")


class Fixed:
    """A scorer of one score, or of none."""

    def __init__(self, score: float | None) -> None:
        self._score = score

    def canonical(self, reply: str, item: Item) -> str | None:
        return reply

    def score(self, answer: str, item: Item) -> float:
        if self._score is None:
            message = "no idea"
            raise ScoringError(message)
        return self._score


async def test_a_score_is_put_in_and_costs_nothing() -> None:
    grader = SlowGrader(scorer=Fixed(0.5), recorder=MemoryRecorder())
    graded = await finished(grader, ANSWERED, ITEM)
    assert (graded.score, graded.status) == (0.5, Status.OK)
    assert graded.spend_usd == 0
    assert judging_usd(grader, ITEM) == 0


async def test_a_scorer_that_fails_leaves_no_score_and_says_so_once() -> None:
    recorder = MemoryRecorder()
    grader = SlowGrader(scorer=Fixed(None), recorder=recorder)
    for _ in range(3):
        graded = await finished(grader, ANSWERED, ITEM)
        assert (graded.score, graded.status) == (None, Status.UNSCORED)
    assert len(recorder.of(Warned)) == 1


async def test_what_has_no_answer_is_not_graded() -> None:
    refused = Outcome(candidate_id=CandidateId("m"), item_id=ITEM.id, status=Status.REFUSED, score=0.0)
    grader = SlowGrader(scorer=Fixed(1.0), recorder=MemoryRecorder())
    assert await finished(grader, refused, ITEM) is refused
    assert await finished(None, ANSWERED, ITEM) is ANSWERED
