"""Evaluator over a recorded table, in process: the same ledger, journal and scorers, no HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from modelsearch.core.candidate import Candidate
from modelsearch.core.events import CallReserved, CallSettled
from modelsearch.core.ids import CallId, CandidateId, sha256_hex
from modelsearch.core.outcome import Call, Outcome, Reply, Status, Usage
from modelsearch.core.ports import Ledger, Recorder, Scorer
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.search import Probe
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.known import Job, Known
from modelsearch.evaluate.recorded import RecordedCosts, RecordedReplies


@dataclass(frozen=True, kw_only=True)
class ReplayEvaluator:
    """Sells the cells of a recorded table.

    Attributes:
        paid: calls that an earlier life of the run settled; their outcomes cost nothing again.
    """

    table: RecordedTable
    task: TaskSpec
    scorer: Scorer
    ledger: Ledger
    recorder: Recorder
    known: Known
    replies: RecordedReplies
    costs: RecordedCosts
    paid: frozenset[CallId] = frozenset()

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """The exact cost of each item, 0 for known ones."""
        return [
            [
                sum(
                    (
                        self.costs.cost(job.single.endpoint_id, job.item.id)
                        for job in self.known.jobs_of(candidates[probe.candidate_id], item_id)
                        if _call_id(job) not in self.paid
                    ),
                    Decimal(0),
                )
                for item_id in probe.item_ids
            ]
            for probe in probes
        ]

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Outcome]:
        """Buy what is missing; one outcome for each item of each probe."""
        await self.buy(probes, candidates)
        return self.known.collect(probes, candidates)

    async def buy(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> int:
        """Buy what is missing of a part of a round; how many outcomes were wanted."""
        jobs = self.known.jobs(probes, candidates)
        for job in jobs:
            self.known.add(self._buy(job))
        return len(jobs)

    def _buy(self, job: Job) -> Outcome:
        row, column = self.costs.rows[job.single.endpoint_id], self.costs.columns[job.item.id]
        cost = self.costs.cost(job.single.endpoint_id, job.item.id)
        call_id = _call_id(job)
        empty = Outcome(candidate_id=job.single.id, item_id=job.item.id, repeat=job.repeat, status=Status.NOT_RUN)
        latency_s = float(self.table.latency_s[row, column])
        text = self.replies.text(row, column)
        usage = Usage(reported_usd=cost)
        reply = Reply(text=text, status=Status.OK if text else Status.INVALID, usage=usage)
        call = Call(
            id=call_id, key=call_id, endpoint_id=job.single.endpoint_id, status=reply.status, usage=usage,
            cost_usd=cost, latency_s=latency_s,
        )  # fmt: skip
        if call_id not in self.paid and not self._pay(call):
            return empty
        status, answer, score = self.replies.grade(row, column, job.item, self.scorer, self.task)
        return replace(
            empty, status=status, answer=answer, score=score, cost_usd=cost, spend_usd=cost, latency_s=latency_s,
            call_ids=(call_id,), confidence=self._confidence(row, column),
        )  # fmt: skip

    def _confidence(self, row: int, column: int) -> float | None:
        """How sure the model was of its answer; None where the table does not tell."""
        known = np.nan if self.table.confidence is None else self.table.confidence[row, column]
        return None if np.isnan(known) else float(known)

    def _pay(self, call: Call) -> bool:
        """Book a call; False where the budget does not hold it."""
        if not self.ledger.reserve(call.id, call.cost_usd):
            return False
        self.recorder.append(
            CallReserved(call_id=call.id, key=call.key, endpoint_id=call.endpoint_id, amount_usd=call.cost_usd)
        )
        self.recorder.append(CallSettled(call=call))
        self.ledger.settle(call.id, call.cost_usd)
        return True

    def split(
        self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate], *, n_own: int
    ) -> dict[str, list[Probe]]:
        """One batch for all: a table is one account."""
        del candidates, n_own
        return {"recorded": list(probes)} if probes else {}


def _call_id(job: Job) -> CallId:
    """The same in every life of a run."""
    return CallId(sha256_hex(list(job.cell))[:24])
