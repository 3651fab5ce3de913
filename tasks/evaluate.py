"""PrefectEvaluator: the live evaluator seen in the UI, one task run per round and account, all on the flow's loop.

Prefect's `.submit` would give each run a loop and a thread of its own, where a shared ledger and connections break;
awaiting them together keeps one loop. A retried task buys nothing twice: what is known is skipped.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from prefect import task
from prefect.cache_policies import NO_CACHE

from modelsearch.core.candidate import Candidate
from modelsearch.core.errors import BatchPendingError
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome
from modelsearch.core.search import Probe
from modelsearch.evaluate.batch import BatchingEvaluator
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.replay import ReplayEvaluator
from tasks.policies import MAX_TASK_RUNS, N_CALLS_OF_ITS_OWN, N_RETRIES, RETRY_DELAY_S, is_worth_retrying

_BATCHES: dict[str, "_Batch"] = {}
_SPARE_TASK_RUNS = 20
"""Kept for stages and reports."""


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What a task run is to evaluate; Prefect sees its name only."""

    evaluator: LiveEvaluator | ReplayEvaluator | BatchingEvaluator
    probes: Sequence[Probe]
    candidates: Mapping[CandidateId, Candidate]


@task(
    name="evaluate",
    task_run_name="{label}",
    retries=N_RETRIES,
    retry_delay_seconds=RETRY_DELAY_S,
    retry_condition_fn=is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def evaluate_batch(label: str, batch_id: str) -> dict[str, int]:
    """Buy the outcomes of a batch; how many came. `label` is the name of the run in the UI."""
    del label
    batch = _BATCHES[batch_id]
    return {"n_outcomes": await batch.evaluator.buy(batch.probes, batch.candidates)}


@task(
    name="batches",
    task_run_name="{label}",
    retries=N_RETRIES,
    retry_delay_seconds=RETRY_DELAY_S,
    retry_condition_fn=is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def buy_batches(label: str, batch_id: str) -> dict[str, int]:
    """Hand in and collect the batches of a round; how many calls were handed in, how many batches are still open.

    A run that ends with open batches has not failed: the next life of the search collects them.
    """
    del label
    batch = _BATCHES[batch_id]
    evaluator = batch.evaluator
    if not isinstance(evaluator, BatchingEvaluator):
        return {"n_calls": 0, "n_open": 0}
    n_calls = 0
    with contextlib.suppress(BatchPendingError):
        n_calls = await evaluator.buy(batch.probes, batch.candidates)
    return {"n_calls": n_calls, "n_open": evaluator.n_open}


@dataclass(kw_only=True)
class PrefectEvaluator:
    """An `Evaluator` that shows its work in Prefect.

    Attributes:
        inner: who really buys.
        batching: who buys in batches first; None = nobody does.
        run_id: of the search.
        where: number of the round under way in its phase, from 0.
        n_task_runs: made so far; near the limit a round is one task run, and past it none.
        round_ended: awaited when a round's outcomes are there.
    """

    inner: LiveEvaluator | ReplayEvaluator
    run_id: str
    where: Callable[[], int]
    batching: BatchingEvaluator | None = None
    n_task_runs: int = 0
    round_ended: Callable[[], Awaitable[None]] | None = None

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """As the inner evaluator says."""
        return self.inner.bound_usd(probes, candidates)

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> Sequence[Outcome]:
        """Every batch of the round in a task run, then composites and all outcomes from the inner evaluator.

        Raises:
            BatchPendingError: a provider works on batches, and this life of the search has waited long enough.
        """
        if self.batching is not None:
            await self._in_batches(self.batching, probes, candidates)
        batches = self._batches(probes, candidates)
        if self.n_task_runs + len(batches) <= MAX_TASK_RUNS - _SPARE_TASK_RUNS:
            self.n_task_runs += len(batches)
            ended = await asyncio.gather(
                *(self._run(name, batch, candidates) for name, batch in batches.items()), return_exceptions=True
            )
            for error in ended:
                if isinstance(error, BaseException):
                    raise error
        outcomes = await self.inner.evaluate(probes, candidates)
        if self.round_ended is not None:
            await self.round_ended()
        return outcomes

    def _batches(
        self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]
    ) -> dict[str, Sequence[Probe]]:
        split = self.inner.split(probes, candidates, n_own=N_CALLS_OF_ITS_OWN)
        if self.n_task_runs + len(split) <= MAX_TASK_RUNS // 2 or len(split) < 2:
            return dict(split)
        return {"all accounts": [probe for batch in split.values() for probe in batch]}

    async def _in_batches(
        self, batching: BatchingEvaluator, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]
    ) -> None:
        """Batches in a task run of their own, where there are any."""
        if not batching.n_open and not batching.is_batched(probes, candidates):
            return
        label = f"round {self.where() + 1} · batches · {_counted(len({p.candidate_id for p in probes}), 'candidate')}"
        batch_id = f"{self.run_id}/{self.n_task_runs}/{label}"
        self.n_task_runs += 1
        _BATCHES[batch_id] = _Batch(evaluator=batching, probes=probes, candidates=candidates)
        try:
            await buy_batches(label, batch_id)
        finally:
            del _BATCHES[batch_id]
        if batching.n_open:
            raise batching.pending()

    async def _run(self, name: str, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> None:
        n_candidates, n_calls = len({p.candidate_id for p in probes}), sum(len(p.item_ids) for p in probes)
        label = (
            f"round {self.where() + 1} · {name} · {_counted(n_candidates, 'candidate')} · {_counted(n_calls, 'call')}"
        )
        batch_id = f"{self.run_id}/{self.n_task_runs}/{label}"
        _BATCHES[batch_id] = _Batch(evaluator=self.inner, probes=probes, candidates=candidates)
        try:
            await evaluate_batch(label, batch_id)
        finally:
            del _BATCHES[batch_id]


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
