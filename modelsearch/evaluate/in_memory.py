"""Evaluator over a recorded table that keeps nothing but itself: no journal, no call, a few microseconds a cell.

It sells what `ReplayEvaluator` sells, at the same prices and in the same order (a test holds the two together).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from modelsearch.core.budget import Spend
from modelsearch.core.candidate import Candidate, Ensemble, Single, singles_of
from modelsearch.core.ids import CallId, CandidateId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Probe
from modelsearch.evaluate.cells import Cells


class Till:
    """Money of one search; a `core.ports.Ledger` for calls that are over as soon as they are made."""

    def __init__(self, budget_usd: Decimal) -> None:
        self._budget_usd = budget_usd
        self._spend_usd = ZERO_USD
        self._open: dict[CallId, Decimal] = {}
        self._n_calls = 0

    def pay(self, amount_usd: Decimal) -> bool:
        """Pay for a call; False where the budget does not hold it."""
        total = self._spend_usd + amount_usd
        if total > self._budget_usd:
            return False
        self._spend_usd = total
        self._n_calls += 1
        return True

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        is_paid = self.pay(amount_usd)
        if is_paid:
            self._open[call_id] = amount_usd
        return is_paid

    def settle(self, call_id: CallId, amount_usd: Decimal) -> None:
        self._spend_usd += amount_usd - self._open.pop(call_id)

    def release(self, call_id: CallId) -> None:
        self._spend_usd -= self._open.pop(call_id)
        self._n_calls -= 1

    def hold(self, call_id: CallId) -> None:
        self._open.pop(call_id)

    def spend(self) -> Spend:
        return Spend(settled_usd=self._spend_usd, n_calls=self._n_calls)


class InMemoryEvaluator:
    """Sells the cells of a recorded table to one search."""

    def __init__(self, cells: Cells, till: Till) -> None:
        """With nothing bought.

        Args:
            cells: of the table, shared by searches; the task must ask each item once.
            till: what pays.
        """
        self._cells = cells
        self._till = till
        self._known: dict[CandidateId, list[Outcome | None]] = {}

    def give(self, single: Single, columns: Iterable[int] | None = None) -> Iterator[Outcome]:
        """Outcomes of a candidate for nothing, all or some: somebody has them already."""
        known = self._row(single.id)
        for column in range(len(known)) if columns is None else columns:
            known[column] = outcome = replace(self._cells.outcome(single, column), spend_usd=ZERO_USD)
            yield outcome

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """The exact cost of each item, 0 for known ones."""
        return [self._bounds(candidates[probe.candidate_id], self._columns(probe)) for probe in probes]

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Outcome]:
        """Buy what is missing; one outcome for each item of each probe."""
        asked = [(candidates[probe.candidate_id], self._columns(probe)) for probe in probes]
        for candidate, columns in asked:
            self._buy(singles_of(candidate), columns)
        return [outcome for candidate, columns in asked for outcome in self._collect(candidate, columns)]

    def _columns(self, probe: Probe) -> list[int]:
        index = self._cells.columns
        return [index[item_id] for item_id in probe.item_ids]

    def _row(self, candidate_id: CandidateId) -> list[Outcome | None]:
        if candidate_id not in self._known:
            self._known[candidate_id] = [None] * len(self._cells.task.items)
        return self._known[candidate_id]

    def _bounds(self, candidate: Candidate, columns: Sequence[int]) -> list[Decimal]:
        parts = [(self._row(single.id), self._cells.costs(single)) for single in singles_of(candidate)]
        if len(parts) == 1:
            known, costs = parts[0]
            return [ZERO_USD if known[column] is not None else costs[column] for column in columns]
        return [sum((costs[c] for known, costs in parts if known[c] is None), ZERO_USD) for c in columns]

    def _buy(self, singles: Sequence[Single], columns: Iterable[int]) -> None:
        """Item by item, and per item member by member: the order in which money is short matters."""
        parts = [(single, self._row(single.id), self._cells.costs(single)) for single in singles]
        pay, outcome = self._till.pay, self._cells.outcome
        for column in columns:
            for single, known, costs in parts:
                if known[column] is None and pay(costs[column]):
                    known[column] = outcome(single, column)

    def _collect(self, candidate: Candidate, columns: Sequence[int]) -> Iterator[Outcome]:
        if isinstance(candidate, Single):
            known = self._row(candidate.id)
            for column in columns:
                yield known[column] or self._missing(candidate, column)
            return
        rows = [self._row(single.id) for single in singles_of(candidate)]
        for column in columns:
            members = [outcome for row in rows if (outcome := row[column]) is not None]
            if len(members) == len(rows):
                yield self._cells.outcome(candidate, column)
            elif isinstance(candidate, Ensemble):
                yield self._missing(candidate, column)
            else:  # legs beyond the one that stands are not needed
                yield self._cells.composed(candidate, members, column)

    def _missing(self, candidate: Candidate, column: int) -> Outcome:
        item = self._cells.task.items[column]
        return Outcome(candidate_id=candidate.id, item_id=item.id, status=Status.NOT_RUN)
