"""An evaluator that buys wide rounds in batches: what a batch answers is paid for before the live side asks for it.

Live calls are for the rounds that decide, batches for the wide first ones. The round is the unit: a batch is over
within the round that it was handed in for, so strategies see closed rounds only, as in a live search. An item is handed
in at most `MAX_TRIES` times, once more where it failed or expired; what is left then is called live, as is everything
whose provider has no batches, or no price of them.

Waiting holds no worker: `wait_s` bounds how long one life of the run waits, and then it ends with `BatchPendingError`,
whose resumption collects. All that it needs is in the journal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.batch import BatchPolicy
from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.errors import BatchPendingError, NoAnswerError
from modelsearch.core.events import Warned
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome
from modelsearch.core.ports import Evaluator
from modelsearch.core.search import Probe
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.batch_collect import Collector
from modelsearch.evaluate.batch_desk import BatchDesk, Wanted
from modelsearch.evaluate.batch_submit import submit
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.confidence import Asking
from modelsearch.evaluate.keys import call_key
from modelsearch.evaluate.known import Job
from modelsearch.evaluate.plugs import Plugs

MAX_TRIES = 2
"""Batches that an item may go through."""
MIN_LEFT_S = 3600.0
"""Before the deadline: nine batches in ten are back within an hour; half the deadline where that is less."""
FIRST_POLL_S, LAST_POLL_S, POLL_GROWTH = 0.5, 60.0, 1.5
MAX_SILENT = 30
"""Looks in a row, half an hour by the end, at a provider that tells nothing."""


@dataclass(kw_only=True)
class BatchingEvaluator:
    """An `Evaluator` that buys in batches what its policy wants so, and the rest from `inner`.

    Attributes:
        wait_s: the longest that this life of the run waits for batches; None = as long as they take.
    """

    inner: Evaluator
    plugs: Plugs
    desk: BatchDesk
    policy: BatchPolicy
    wait_s: float | None = None
    _asking: Asking = field(init=False, repr=False)
    _collector: Collector = field(init=False, repr=False)
    _is_warned: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        self._asking = Asking(self.plugs.task)
        self._collector = Collector(desk=self.desk)

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """As for live calls, which any of them may become."""
        return self.inner.bound_usd(probes, candidates)

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> Sequence[Outcome]:
        """One outcome for each item of each probe.

        Raises:
            BatchPendingError: batches are under way, and this life has waited long enough.
            StoppedError: a provider cannot go on; everything paid is booked.
        """
        await self.buy(probes, candidates)
        return await self.inner.evaluate(probes, candidates)

    async def buy(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> int:
        """Buy in batches what is to be bought so; how many calls were handed in.

        Raises:
            BatchPendingError: as `evaluate`.
        """
        n_handed_in = 0
        await self.finish()
        if not self.is_batched(probes, candidates):
            return 0
        for _ in range(MAX_TRIES):
            wanted = list(self._wanted(probes, candidates).values()) if self._is_in_time() else []
            if not wanted:
                break
            n_handed_in += len(wanted)
            await submit(self.desk, wanted)
            await self.finish()
        return n_handed_in

    async def finish(self) -> None:
        """Wait for every batch that is open, and collect it.

        Raises:
            BatchPendingError: this life has waited long enough.
            NoAnswerError: a provider has told nothing for too long.
        """
        began_s, pause_s = self.desk.clock.now_s(), FIRST_POLL_S
        while self.desk.state.batches and await self._collector.look():
            self._check_silence()
            left_s = self._left_s()
            if left_s is not None and left_s <= 0:
                await self._collector.stop()
            waited_s = self.desk.clock.now_s() - began_s
            if self.wait_s is not None and waited_s + pause_s > self.wait_s:
                raise self.pending()
            await self.desk.clock.sleep(pause_s)
            pause_s = min(LAST_POLL_S, pause_s * POLL_GROWTH)

    def is_batched(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> bool:
        """Whether a round is bought in batches: by its size as it was decided, whatever of it is known by now."""
        n_items = sum(len(p.item_ids) for p in probes if isinstance(candidates[p.candidate_id], Single))
        if not self.policy.is_batched(n_items * self.plugs.task.n_repeats):
            return False
        if self.plugs.task.requirements.max_latency_s is None:
            return True
        if not self._is_warned:
            self._is_warned = True
            message = "the task limits latency, and batches tell nothing of it: every call is made live"
            self.desk.record(Warned(code="batch-latency", subject=self.plugs.task.id, message=message))
        return False

    def _wanted(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> Mapping[str, Wanted]:
        """Calls by key that a batch may answer, each once."""
        found: dict[str, Wanted] = {}
        for wanted in self._callable(self.plugs.known.jobs(probes, candidates)):
            if wanted.key not in found and self._is_open(wanted.key):
                found[wanted.key] = wanted
        return found

    def _is_open(self, key: str) -> bool:
        """Whether a batch may still answer a call, and nothing else has."""
        is_unpaid = key not in self.plugs.paid and self.plugs.caller.replies.get(key) is None
        return is_unpaid and key not in self.desk.given_up and self.desk.state.n_tries[key] < MAX_TRIES

    def _callable(self, jobs: Sequence[Job]) -> Iterator[Wanted]:
        """Jobs whose provider has batches at a known price; those of heirs, who are called by turns, stay live."""
        for job in jobs:
            endpoint = self.plugs.market.endpoints[job.single.endpoint_id]
            if job.single.served_by or self.desk.dialect(endpoint) is None:
                continue
            request = model_request(
                self.plugs.task, self.plugs.renderer, job.single, job.item, endpoint,
                has_logprobs=self._asking.is_asked(endpoint),
            )  # fmt: skip
            bound_usd = self.desk.books.bound(endpoint, request)
            if bound_usd is None:
                continue
            provider = self.plugs.market.providers[endpoint.provider_id]
            wire = dialect_of(provider.dialect).encode(request, endpoint)
            origin = self.plugs.origins.get(provider.id, provider.base_url)
            key = call_key(endpoint, origin, wire, job.repeat)
            yield Wanted(key=key, endpoint=endpoint, wire=wire, bound_usd=bound_usd)

    def _left_s(self) -> float | None:
        """Seconds to the deadline; None before the first batch."""
        began_s = self.desk.state.began_s
        return None if began_s is None else began_s + self.policy.deadline_h * 3600.0 - self.desk.now_s()

    def _is_in_time(self) -> bool:
        left_s = self._left_s()
        return left_s is None or left_s >= min(MIN_LEFT_S, self.policy.deadline_h * 1800.0)

    def _check_silence(self) -> None:
        silent = [batch_id for batch_id, n in self._collector.n_silent.items() if n >= MAX_SILENT]
        open_silent = [batch_id for batch_id in silent if batch_id in self.desk.state.batches]
        if open_silent:
            endpoint_id = self.desk.state.batches[open_silent[0]].endpoint_id
            message = f"batch of {endpoint_id}: its provider tells nothing of it: see to it, then `modelsearch resume`"
            raise NoAnswerError(message)

    @property
    def n_open(self) -> int:
        """Batches that providers work on."""
        return len(self.desk.state.batches)

    def pending(self) -> BatchPendingError:
        """The error that says what is under way."""
        batches = self.desk.state.batches.values()
        n_calls = sum(len(batch.keys) for batch in batches)
        return BatchPendingError(
            f"{len(batches)} batches with {n_calls} calls are under way; `modelsearch resume` collects them, and what "
            "they cost is booked then"
        )
