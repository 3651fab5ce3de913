"""Trajectory -> view: the only place that knows how. Applying events one by one equals folding them from scratch.

Outcomes may come in any order and more than once; the same set gives the same view. An outcome of status `not_run`
leaves its cell empty: it says that money was short, nothing of the candidate.
"""

from dataclasses import replace
from decimal import Decimal
from functools import singledispatchmethod
from statistics import variance
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.events import CandidateSplit, Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import STATUS_CODES, Drop, Move, OutcomeMatrix, SearchView, Setting
from modelsearch.search.splits import is_of_splits, with_heir

_Cell = tuple[CandidateId, ItemId, int]
_A = TypeVar("_A", bound=npt.NDArray[Any])


class Fold:
    """The state that a trajectory amounts to.

    Attributes:
        closed_phases: names of finished phases.
        open_phase: the phase under way, or None; `phase_budget_usd` and `next_round` are its own.
        open_move: the move whose round is not closed, or None.
        closed_move: the move of the phase's last closed round, or None.
        splits: (who was asked, who answered) -> the split, in order; `apart` are those answerers that are not in the
            pool yet: what they answered counts as spend now, and is seen once a move has added them.
        n_idle_rounds: closed rounds up to the last one that asked for something and got nothing of it.
        drops: (phase, drop) in order.
        has_asked: whether any move asked for anything.
        spend_usd: what all outcomes cost this search.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.closed_phases: list[str] = []
        self.open_phase: str | None = None
        self.phase_budget_usd = Decimal(0)
        self.phase_spend_usd = Decimal(0)
        self.next_round = 0
        self.open_move: Move | None = None
        self.closed_move: Move | None = None
        self.n_idle_rounds = 0
        self.drops: list[tuple[str, Drop]] = []
        self.splits: dict[tuple[CandidateId, CandidateId], CandidateSplit] = {}
        self.apart: dict[CandidateId, Single] = {}
        self.spend_usd = Decimal(0)
        self._rows: dict[CandidateId, int] = {}
        self._candidates: list[Candidate] = []
        self._pool: set[CandidateId] = set()
        self._made_at: dict[CandidateId, int] = {}
        self._dropped_free: set[CandidateId] = set()
        self.has_asked = False
        self._moves: list[Move] = []
        self._outcomes: dict[_Cell, Outcome] = {}
        self._answers: dict[str, int] = {}
        self._arrays = _Arrays(len(setting.item_ids))
        for candidate in setting.candidates:
            self._add(candidate)

    @singledispatchmethod
    def apply(self, event: Event) -> None:
        """Take in one event; those that are no part of the trajectory (calls, warnings) change nothing."""

    @apply.register
    def _(self, event: PhaseStarted) -> None:
        self.open_phase, self.next_round, self.open_move, self.closed_move = event.phase, 0, None, None
        self.phase_budget_usd, self.phase_spend_usd = event.spend_usd, Decimal(0)
        self.n_idle_rounds = 0

    @apply.register
    def _(self, event: Move) -> None:
        self.open_move = event
        for drop in event.drops:
            if drop.candidate_id in self._pool:
                self._pool.discard(drop.candidate_id)
                self.drops.append((event.phase, drop))
                if not self.has_asked:
                    self._dropped_free.add(drop.candidate_id)
        self.has_asked |= bool(event.probes)
        added = [candidate for candidate in event.additions if candidate.id not in self._rows]
        for candidate in added:
            self._add(candidate)
        looked_at = self._arrays.n_looked_at() if added else 0
        self._made_at.update((candidate.id, looked_at) for candidate in added)

    @apply.register
    def _(self, event: RoundClosed) -> None:
        move, self.open_move, self.next_round = self.open_move, None, event.round + 1
        if move is not None:
            self._moves.append(move)
        if move is not None and is_of_splits(move):  # the phase goes on, or ends, as if it were not there
            return
        is_idle = move is not None and not self.has_any(move)
        self.n_idle_rounds = self.n_idle_rounds + 1 if is_idle else 0
        self.closed_move = move

    @apply.register
    def _(self, event: PhaseClosed) -> None:
        self.closed_phases.append(event.phase)
        self.open_phase = None

    @apply.register
    def _(self, event: OutcomeScored) -> None:
        self.take(event.outcome)

    @apply.register
    def _(self, event: CandidateSplit) -> None:
        self.splits.setdefault((event.candidate_id, event.into.id), event)
        if event.into.id not in self._rows:
            self.apart[event.into.id] = event.into

    def hear(self, event: Event) -> None:
        """Take in what the evaluator finds out beside outcomes: splits."""
        if isinstance(event, CandidateSplit):
            self.apply(event)

    def take(self, outcome: Outcome) -> None:
        """Take in one outcome; one that is known already, or of a candidate unknown to the search, changes nothing."""
        is_stranger = outcome.candidate_id not in self._rows and outcome.candidate_id not in self.apart
        cell = (outcome.candidate_id, outcome.item_id, outcome.repeat)
        if is_stranger or outcome.item_id not in self.setting.item_index or cell in self._outcomes:
            return
        if outcome.status is Status.NOT_RUN:
            return
        self._outcomes[cell] = outcome
        self.spend_usd += outcome.spend_usd
        if self.open_phase is not None:
            self.phase_spend_usd += outcome.spend_usd
        if outcome.candidate_id in self._rows:
            self._show(outcome.candidate_id, outcome.item_id)

    def _show(self, candidate_id: CandidateId, item_id: ItemId) -> None:
        """Bring a cell of the matrix up to date."""
        repeats = [
            known
            for repeat in range(self.setting.task.n_repeats)
            if (known := self._outcomes.get((candidate_id, item_id, repeat))) is not None
        ]
        column = self.setting.item_index[item_id]
        self._arrays.put(self._rows[candidate_id], column, repeats, self._answer_code(repeats))

    @property
    def candidates(self) -> dict[CandidateId, Candidate]:
        """All candidates ever known by id."""
        return {candidate.id: candidate for candidate in self._candidates}

    @property
    def pool(self) -> tuple[CandidateId, ...]:
        """Live candidates, sorted."""
        return tuple(sorted(self._pool))

    def is_known(self, candidate_id: CandidateId, item_id: str) -> bool:
        """Whether every repeat of the cell has an outcome."""
        return all((candidate_id, item_id, r) in self._outcomes for r in range(self.setting.task.n_repeats))

    def has_any(self, move: Move) -> bool:
        """Whether any cell that the move asked for has an outcome."""
        return any(
            (probe.candidate_id, item_id, repeat) in self._outcomes
            for probe in move.probes
            for item_id in probe.item_ids
            for repeat in range(self.setting.task.n_repeats)
        )

    def view(self) -> SearchView:
        """What strategies may see now; arrays are copies and read-only."""
        return SearchView(
            setting=self.setting,
            candidates=tuple(self._candidates),
            pool=self.pool,
            outcomes=self._arrays.frozen(len(self._candidates), tuple(self._answers)),
            phase=self.open_phase or "",
            spend_left_usd=max(Decimal(0), self.phase_budget_usd - self.phase_spend_usd),
            round=self.next_round,
            made_at=dict(self._made_at),
            dropped_free=frozenset(self._dropped_free),
            moves=tuple(self._moves),
        )

    def view_of(self, phase: str, spend_usd: Decimal) -> SearchView:
        """What a phase would see if it started now with this much to spend, in USD."""
        return replace(self.view(), phase=phase, spend_left_usd=spend_usd, round=0)

    def _add(self, candidate: Candidate) -> None:
        self._rows[candidate.id] = len(self._candidates)
        self._candidates.append(candidate)
        self._pool.add(candidate.id)
        self._arrays.grow(len(self._candidates))
        if self.apart.pop(candidate.id, None) is not None:
            for item_id in {item_id for candidate_id, item_id, _ in self._outcomes if candidate_id == candidate.id}:
                self._show(candidate.id, item_id)
            n_made = len(self._candidates) - len(self.setting.candidates)
            self.setting = with_heir(self.setting, candidate, self.splits, n_made)

    def _answer_code(self, repeats: list[Outcome]) -> int:
        answer = next((o.answer for o in repeats if o.answer is not None), None)
        return -1 if answer is None else self._answers.setdefault(answer, len(self._answers))


class _Arrays:
    """Growing arrays of the outcome matrix; capacity doubles."""

    def __init__(self, n_items: int) -> None:
        self._n_items = n_items
        self._score = np.full((0, n_items), np.nan, dtype=np.float32)
        self._status = np.zeros((0, n_items), dtype=np.uint8)
        self._cost = np.full((0, n_items), np.nan, dtype=np.float64)
        self._latency = np.full((0, n_items), np.nan, dtype=np.float32)
        self._answer = np.full((0, n_items), -1, dtype=np.int32)
        self._confidence = np.full((0, n_items), np.nan, dtype=np.float32)
        self._noise = np.full((0, n_items), np.nan, dtype=np.float32)

    def grow(self, n_rows: int) -> None:
        if n_rows <= len(self._score):
            return
        extra = (max(n_rows, 2 * len(self._score), 16) - len(self._score), self._n_items)
        self._score = np.concatenate([self._score, np.full(extra, np.nan, dtype=np.float32)])
        self._status = np.concatenate([self._status, np.zeros(extra, dtype=np.uint8)])
        self._cost = np.concatenate([self._cost, np.full(extra, np.nan, dtype=np.float64)])
        self._latency = np.concatenate([self._latency, np.full(extra, np.nan, dtype=np.float32)])
        self._answer = np.concatenate([self._answer, np.full(extra, -1, dtype=np.int32)])
        self._confidence = np.concatenate([self._confidence, np.full(extra, np.nan, dtype=np.float32)])
        self._noise = np.concatenate([self._noise, np.full(extra, np.nan, dtype=np.float32)])

    def put(self, row: int, column: int, repeats: list[Outcome], answer_code: int) -> None:
        counted = [o for o in repeats if o.score is not None]  # what failed tells nothing of cost or latency
        best = next((o for o in repeats if o.status is Status.OK), repeats[0])
        self._status[row, column] = STATUS_CODES[best.status]
        self._answer[row, column] = answer_code
        if len(counted) == 1:
            self._score[row, column] = counted[0].score
            self._cost[row, column] = float(counted[0].cost_usd)
            self._latency[row, column] = counted[0].latency_s
            if counted[0].score_variance is not None:
                self._noise[row, column] = counted[0].score_variance
        elif counted:
            self._noise[row, column] = variance([o.score for o in counted if o.score is not None]) / len(counted)
            self._score[row, column] = sum(o.score for o in counted if o.score is not None) / len(counted)
            self._cost[row, column] = float(sum((o.cost_usd for o in counted), Decimal(0)) / len(counted))
            self._latency[row, column] = sum(o.latency_s for o in counted) / len(counted)
        sure = [o.confidence for o in repeats if o.confidence is not None and o.status is Status.OK]
        if sure:
            self._confidence[row, column] = sum(sure) / len(sure)

    def n_looked_at(self) -> int:
        """Length of the shared-order prefix in which anything is known."""
        columns = np.flatnonzero(self._status.any(axis=0))
        return int(columns[-1]) + 1 if len(columns) else 0

    def frozen(self, n_rows: int, texts: tuple[str, ...]) -> OutcomeMatrix:
        codes, answers = _sorted_codes(self._answer[:n_rows], texts)
        return OutcomeMatrix(
            score=_read_only(self._score[:n_rows]),
            status=_read_only(self._status[:n_rows]),
            cost_usd=_read_only(self._cost[:n_rows]),
            latency_s=_read_only(self._latency[:n_rows]),
            answer=_read_only(codes),
            answers=answers,
            confidence=_read_only(self._confidence[:n_rows]),
            noise=_read_only(self._noise[:n_rows]),
        )


def _sorted_codes(
    codes: npt.NDArray[np.int32], texts: tuple[str, ...]
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Codes in the order of the answers' text: the order in which replies came in must not be seen."""
    is_used = np.zeros(len(texts) + 1, dtype=np.bool_)
    is_used[codes] = True
    ordered = sorted(np.flatnonzero(is_used[:-1]).tolist(), key=texts.__getitem__)
    place = np.full(len(texts) + 1, -1, dtype=np.int32)  # the last one stands for -1, no answer
    place[ordered] = np.arange(len(ordered), dtype=np.int32)
    return place[codes], tuple(texts[code] for code in ordered)


def _read_only(array: _A) -> _A:
    copied = array.copy()
    copied.setflags(write=False)
    return copied
