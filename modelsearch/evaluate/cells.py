"""The cells of a recorded table as outcomes, made once and kept: thousands of searches buy from the same table."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single, singles_of
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.money import usd
from modelsearch.core.outcome import Outcome
from modelsearch.core.ports import Scorer
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.composite import composite_outcome
from modelsearch.evaluate.recorded import RecordedReplies
from modelsearch.evaluate.scoring import make_scorer

MAX_COMPOSITES = 256
"""Composites whose outcomes are kept; beyond, all are made again."""


@dataclass(frozen=True)
class Cells:
    """Outcomes of a table's models, and of composites of them, by column of the table."""

    table: RecordedTable
    task: TaskSpec

    @cached_property
    def columns(self) -> dict[ItemId, int]:
        """Column of each item."""
        return {item.id: column for column, item in enumerate(self.task.items)}

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each model."""
        return {model.name: row for row, model in enumerate(self.table.models)}

    def costs(self, single: Single) -> list[Decimal]:
        """(n_items,) recorded cost of each item in USD."""
        row = self.rows[single.endpoint_id]
        if row not in self._costs:
            self._costs[row] = [usd(float(cost)) for cost in self.table.cost_usd[row]]
        return self._costs[row]

    def outcome(self, candidate: Candidate, column: int) -> Outcome:
        """The outcome of an item, paid in full; a composite's from its members', at no spend of its own."""
        kept = self._kept(candidate)
        found = kept[column]
        if found is None:
            found = kept[column] = self._made(candidate, column)
        return found

    def mean_score(self, candidate: Candidate) -> float:
        """Quality on the whole table: the mean over all items, no answer as 0."""
        scores = [self.outcome(candidate, column).score for column in range(len(self.task.items))]
        return float(np.mean([0.0 if score is None else score for score in scores]))

    def mean_cost_usd(self, candidate: Candidate) -> float:
        """USD per item on the whole table."""
        return float(np.mean([float(self.outcome(candidate, c).cost_usd) for c in range(len(self.task.items))]))

    def _kept(self, candidate: Candidate) -> list[Outcome | None]:
        if isinstance(candidate, Single):
            if candidate.id not in self._singles:
                self._singles[candidate.id] = [None] * len(self.task.items)
            return self._singles[candidate.id]
        if candidate not in self._composites:
            if len(self._composites) >= MAX_COMPOSITES:
                self._composites.clear()
            self._composites[candidate] = [None] * len(self.task.items)
        return self._composites[candidate]

    def _made(self, candidate: Candidate, column: int) -> Outcome:
        if isinstance(candidate, Single):
            return self._single(candidate, column)
        return self.composed(candidate, [self.outcome(m, column) for m in singles_of(candidate)], column)

    def composed(self, composite: Ensemble | Cascade, members: Sequence[Outcome], column: int) -> Outcome:
        """A composite's outcome on one item from its members', whoever paid for those."""
        return composite_outcome(composite, members, self.task.items[column], self.task, self.scorer)

    def _single(self, single: Single, column: int) -> Outcome:
        row, item, cost = self.rows[single.endpoint_id], self.task.items[column], self.costs(single)[column]
        grade = self._replies.grade(row, column, item, self.scorer, self.task)
        return Outcome(
            candidate_id=single.id, item_id=item.id, status=grade.status, answer=grade.answer, score=grade.score,
            cost_usd=cost, spend_usd=cost, latency_s=float(self.table.latency_s[row, column]),
        )  # fmt: skip

    @property
    def is_votable(self) -> bool:
        """Whether the answers can be put to a vote."""
        return self._replies.is_votable

    @cached_property
    def scorer(self) -> Scorer:
        """The task's own."""
        return make_scorer(self.task)

    @cached_property
    def _replies(self) -> RecordedReplies:
        return RecordedReplies(table=self.table)

    @cached_property
    def _costs(self) -> dict[int, list[Decimal]]:
        return {}

    @cached_property
    def _singles(self) -> dict[CandidateId, list[Outcome | None]]:
        return {}

    @cached_property
    def _composites(self) -> dict[Candidate, list[Outcome | None]]:
        return {}
