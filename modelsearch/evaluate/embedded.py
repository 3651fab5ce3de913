"""Scores by embeddings: each text's vector bought once, in the books of the run."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.core.ids import CallId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item
from modelsearch.core.wire import MESSAGE_OVERHEAD_TOKENS, Message, ModelRequest
from modelsearch.evaluate.judge_prompt import cut
from modelsearch.evaluate.scorers.embedding import Embedding
from modelsearch.evaluate.side_calls import SideCalls


@dataclass(kw_only=True)
class EmbeddingGrader:
    """A `Grader` that compares vectors. A vector that cannot be read leaves the outcome `unscored`."""

    scorer: Embedding
    calls: SideCalls

    @property
    def endpoint(self) -> Endpoint:
        """What makes the vectors."""
        return self.calls.endpoint(self.scorer.model)

    @property
    def needs_baseline(self) -> bool:
        """Never."""
        return False

    def bound_usd(self, item: Item) -> Decimal:
        """The longest answer's vector and the targets'."""
        longest = "x" * self._max_bytes
        texts = (longest, *self.scorer.targets(item))
        return sum((self.calls.bound_usd(self.endpoint, self._request(text)) for text in texts), Decimal(0))

    async def graded(self, outcome: Outcome, item: Item) -> Outcome:
        """The outcome with its similarity to the nearest target."""
        texts = (outcome.answer or "", *self.scorer.targets(item))
        answers = [await self.calls.ask(self.endpoint, self._request(text)) for text in texts]
        outcome = replace(
            outcome,
            spend_usd=sum((each.spend_usd for each in answers), outcome.spend_usd),
            call_ids=(*outcome.call_ids, *(CallId(a.answer.call_id) for a in answers if a.answer.call_id)),
        )
        if any(each.answer.reply.status is not Status.OK for each in answers):
            told = next(each.answer.reply.error for each in answers if each.answer.reply.status is not Status.OK)
            self.calls.warn("embedding-unanswered", self.scorer.model, f"{told or 'no money left'}; asked again later")
            return replace(outcome, status=Status.NOT_RUN)
        mine, *theirs = (json.loads(each.answer.reply.text) for each in answers)
        scores = [score for target in theirs if (score := self.scorer.similarity(mine, target)) is not None]
        return replace(outcome, score=max(scores)) if scores else replace(outcome, status=Status.UNSCORED)

    def _request(self, text: str) -> ModelRequest:
        return ModelRequest(messages=(Message(role="user", content=cut(text, self._max_bytes)),), max_output_tokens=1)

    @property
    def _max_bytes(self) -> int:
        return max(1, self.scorer.max_input_tokens - MESSAGE_OVERHEAD_TOKENS)
