"""A judge's scores: its calls made and booked, its replies read, several judgements averaged.

A reply that cannot be read is no score: where none of the judgements of an answer can be read, its outcome is
`unscored`, which counts as missing and never as 0. Where the judge does not answer at all the outcome stays open, and
after a few in a row the search stops, for it would buy answers that nobody scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import fmean, variance

from modelsearch.core.errors import NoAnswerError
from modelsearch.core.ids import CallId, CandidateId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item, TaskSpec, output_limit_tokens
from modelsearch.core.wire import Message, ModelRequest
from modelsearch.evaluate.judge_prompt import grade_of, pairwise_messages, pointwise_messages, verdict_of
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.scorers.judge import TIE, Judge
from modelsearch.evaluate.side_calls import SideAnswer, SideCalls

BYTES_PER_TOKEN = 8
"""More than any text of length has; what an answer has beyond that many bytes a token the judge is not shown."""
MAX_SILENT_IN_A_ROW = 12
"""Judgements that came to nothing, one after the other, before the search stops."""
_UNHEARD = (Status.ERROR, Status.TIMEOUT, Status.NOT_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Scores of one answer, one for each judgement that could be read, and what they took.

    Attributes:
        is_unheard: a call came to nothing: money was short, or the judge did not answer.
    """

    scores: tuple[float, ...]
    spend_usd: Decimal
    call_ids: tuple[CallId, ...]
    is_unheard: bool = False

    @property
    def mean_variance(self) -> float | None:
        """Estimated variance of the mean of the scores; None with fewer than two."""
        return variance(self.scores) / len(self.scores) if len(self.scores) > 1 else None


@dataclass(kw_only=True)
class JudgeGrader:
    """A `Grader` that asks a model.

    Attributes:
        calls: what buys the judgements.
        known: where the baseline's answers are, for pairs with it.
    """

    judge: Judge
    task: TaskSpec
    calls: SideCalls
    known: Known
    baseline_id: CandidateId
    _n_silent: int = field(default=0, repr=False)

    @property
    def endpoint(self) -> Endpoint:
        """Who judges."""
        return self.calls.endpoint(self.judge.model)

    @property
    def needs_baseline(self) -> bool:
        """Whether an item's baseline answer has to be there before any other is graded."""
        return self.judge.is_against_baseline

    def bound_usd(self, item: Item) -> Decimal:
        """Every judgement of the longest answer that is shown."""
        longest = "x" * self._max_bytes
        requests = self._requests(item, longest, longest)
        return sum((self.calls.bound_usd(self.endpoint, request) for request in requests), Decimal(0))

    async def graded(self, outcome: Outcome, item: Item) -> Outcome:
        """The outcome with its judged score."""
        other = self._other(item)
        if self.judge.is_against_baseline and outcome.candidate_id == self.baseline_id:
            return replace(outcome, score=TIE)
        if other is None:
            return self._without_reference(outcome, item)
        if self.judge.mode == "pairwise" and outcome.answer == other:
            return replace(outcome, score=TIE)  # word for word the same: nobody need be asked
        judged = await self.judged(item, outcome.answer or "", other, repeat=outcome.repeat)
        outcome = replace(
            outcome,
            spend_usd=outcome.spend_usd + judged.spend_usd,
            call_ids=(*outcome.call_ids, *judged.call_ids),
        )
        if judged.scores:
            return replace(outcome, score=fmean(judged.scores), score_variance=judged.mean_variance)
        if judged.is_unheard:
            return replace(outcome, status=Status.NOT_RUN)
        self.calls.warn("judge-unreadable", self.judge.model, "a judgement could not be read; its answer has no score")
        return replace(outcome, status=Status.UNSCORED)

    async def judged(self, item: Item, answer: str, other: str, *, repeat: int = 0) -> Judged:
        """Every judgement of an answer; of another repeat it is judged anew, or the judge's noise would not be seen.

        Raises:
            NoAnswerError: the judge has not answered for long.
        """
        answers = [
            await self.calls.ask(self.endpoint, request, number)
            for number, request in self._numbered(item, answer, other, repeat)
        ]
        self._note(answers)
        return Judged(
            scores=tuple(self._scores(answers)),
            spend_usd=sum((each.spend_usd for each in answers), Decimal(0)),
            call_ids=tuple(each.answer.call_id for each in answers if each.answer.call_id),
            is_unheard=any(each.answer.reply.status in _UNHEARD for each in answers),
        )

    def _numbered(self, item: Item, answer: str, other: str, repeat: int) -> list[tuple[int, ModelRequest]]:
        """The requests with the number of their judgement."""
        requests, n = self._requests(item, answer, other), self.judge.judgements
        n_each = len(requests) // n
        return [(repeat * n + place // n_each, request) for place, request in enumerate(requests)]

    def _requests(self, item: Item, answer: str, other: str) -> list[ModelRequest]:
        size = self._max_bytes
        if self.judge.mode == "pointwise":
            asked = [pointwise_messages(self.judge, item, answer, size)]
        else:
            asked = [pairwise_messages(self.judge, item, pair, size) for pair in ((answer, other), (other, answer))]
        return [self._request(messages) for messages in asked] * self.judge.judgements

    def _request(self, messages: tuple[Message, ...]) -> ModelRequest:
        limit = output_limit_tokens(self.task, self.endpoint, self.judge.max_output_tokens)
        return ModelRequest(messages=messages, max_output_tokens=limit, temperature=self.judge.own_temperature)

    @property
    def _max_bytes(self) -> int:
        return BYTES_PER_TOKEN * self.task.max_output_tokens

    def _scores(self, answers: Sequence[SideAnswer]) -> list[float]:
        texts = [each.answer.reply.text if each.answer.reply.status is Status.OK else "" for each in answers]
        if self.judge.mode == "pointwise":
            found = [grade_of(text, self.judge.scale) for text in texts]
        else:
            found = [preference(first, second) for first, second in zip(texts[::2], texts[1::2], strict=True)]
        return [score for score in found if score is not None]

    def _other(self, item: Item) -> str | None:
        """What an answer is compared with; "" where nothing is; None where it is not there."""
        if self.judge.mode == "pointwise":
            return ""
        if self.judge.against == "target":
            return str(item.target)
        found = self.known.outcome(self.baseline_id, item.id)
        return None if found is None or found.status is not Status.OK else found.answer

    def _without_reference(self, outcome: Outcome, item: Item) -> Outcome:
        """An answer beats none; where it is not known what the baseline says, the outcome stays open."""
        found = self.known.outcome(self.baseline_id, item.id)
        if found is None or found.score is None:
            return replace(outcome, status=Status.NOT_RUN)
        return replace(outcome, score=1.0)

    def _note(self, answers: Sequence[SideAnswer]) -> None:
        """Count judgements that came to nothing; those for which money was short are no fault of the judge."""
        for each in answers:
            reply = each.answer.reply
            if reply.status is Status.NOT_RUN:
                continue
            self._n_silent = self._n_silent + 1 if reply.status in _UNHEARD else 0
            if self._n_silent >= MAX_SILENT_IN_A_ROW:
                self._n_silent = 0
                raise NoAnswerError(
                    f"no answer from the judge {self.judge.model!r} in {MAX_SILENT_IN_A_ROW} calls in a row (the last "
                    f"said: {reply.error}): see to its provider, then `modelsearch resume`"
                )


def preference(first: str, second: str) -> float | None:
    """Score of an answer from two verdicts, of which the first names it A and the second B; None where one is unread.

    1 = preferred in both orders, 0 = the other one in both, else 1/2.
    """
    here, there = verdict_of(first), verdict_of(second)
    if here is None or there is None:
        return None
    if (here, there) == ("first", "second"):
        return 1.0
    return 0.0 if (here, there) == ("second", "first") else TIE
