"""Probes -> outcomes through providers. The order: known replies, reserve, call, settle, score, record.

Why the evaluator and not the client repeats a call that was sent and not answered: it may have been billed, so it is
a call of its own with a reservation of its own, and the first one stays taken as `unknown`.
A provider that stops the run (key refused, no money) stops new calls everywhere; calls in flight are still paid for,
so they are awaited and booked before the error goes up.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.errors import StoppedError
from modelsearch.core.events import Warned
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.outcome import Outcome, Reply, Status, Usage
from modelsearch.core.ports import ItemCosts, Recorder, Scorer
from modelsearch.core.search import Probe
from modelsearch.core.task import Item, TaskSpec
from modelsearch.core.wire import ModelRequest, WireRequest
from modelsearch.evaluate.caller import Answer, Caller, dialect_of
from modelsearch.evaluate.grade import score_reply
from modelsearch.evaluate.keys import call_key
from modelsearch.evaluate.known import Job, Known
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.unanswered import Failure, Unanswered

MAX_CALLS_PER_OUTCOME = 3
"""A sent and unanswered call may have been billed; after this many the outcome is missing."""
SPLIT_STATUS = "served by another model or host than before"


@dataclass(frozen=True, kw_only=True)
class Plugs:
    """What a live evaluator is plugged into.

    Attributes:
        paid: answers by key that an earlier life of the run booked and did not come to score.
        origins: what stands for a provider's URL in keys where the URL changes from run to run (the emulator's port).
        baseline_id: the candidate that the others are compared with.
        served_by: `Reply.served_by` of each endpoint's first answer in an earlier life of the run.
    """

    task: TaskSpec
    market: Market
    renderer: PromptRenderer
    scorer: Scorer
    caller: Caller
    recorder: Recorder
    costs: ItemCosts
    known: Known
    paid: Mapping[str, Answer] = field(default_factory=dict)
    origins: Mapping[ProviderId, str] = field(default_factory=dict)
    served_by: Mapping[EndpointId, str] = field(default_factory=dict)
    baseline_id: CandidateId | None = None


class LiveEvaluator:
    """Buys outcomes from providers, many at once, each (candidate, item, repeat) once."""

    def __init__(self, plugs: Plugs) -> None:
        self._plugs = plugs
        self._stopped: StoppedError | None = None
        self._unanswered = Unanswered(baseline_id=plugs.baseline_id)
        self._served_by = dict(plugs.served_by)
        self._warned: set[tuple[str, str]] = set()
        self._failures: dict[tuple[CandidateId, ItemId, int], Failure] = {}
        self._encoded: dict[tuple[CandidateId, ItemId], tuple[WireRequest, Decimal]] = {}
        self._items = {item.id: item for item in plugs.task.items}

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """The most that each item of each probe can cost in USD, 0 for known ones."""
        return [
            [self._bound_of(candidates[probe.candidate_id], item_id) for item_id in probe.item_ids] for probe in probes
        ]

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Outcome]:
        """Buy what is missing; one outcome for each item and repeat of each probe.

        Raises:
            StoppedError: a provider cannot go on, or nobody answers; everything paid is booked.
        """
        await self.buy(probes, candidates)
        self._unanswered.close(self._plugs.known)
        return self._plugs.known.collect(probes, candidates)

    async def buy(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> int:
        """Buy what is missing of a part of a round, which `evaluate` ends; how many outcomes were wanted.

        Raises:
            StoppedError: a provider cannot go on; everything paid is booked.
        """
        jobs_left = [job for job in self._plugs.known.jobs(probes, candidates) if not self._unanswered.holds(job)]
        by_account: dict[ProviderId, deque[Job]] = {}
        for job in jobs_left:
            by_account.setdefault(self._endpoint(job.single).provider_id, deque()).append(job)
        workers = [
            self._work(jobs)
            for account, jobs in by_account.items()
            for _ in range(min(len(jobs), self._plugs.market.providers[account].max_concurrency))
        ]
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended
        if self._stopped is not None:
            raise self._stopped
        return len(jobs_left)

    def split(
        self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate], *, n_own: int
    ) -> dict[str, list[Probe]]:
        """Probes of singles that together buy what is missing, one batch an account; `n_own` calls or more apart.

        Composites are in no batch: `evaluate` makes them once their members are there.
        """
        items: dict[Single, list[ItemId]] = {}
        for job in self._plugs.known.jobs(probes, candidates):
            items.setdefault(job.single, []).append(job.item.id)
        batches: dict[str, list[Probe]] = {}
        for single, item_ids in items.items():
            account = self._endpoint(single).provider_id
            name = f"{account} · {single.id}" if len(item_ids) >= n_own else account
            probe = Probe(candidate_id=single.id, item_ids=tuple(dict.fromkeys(item_ids)))
            batches.setdefault(name, []).append(probe)
        return batches

    async def _work(self, jobs: deque[Job]) -> None:
        while jobs and self._stopped is None:
            job = jobs.popleft()
            try:
                outcome = await self._buy(job)
                if not self._unanswered.take(job, outcome, self._failures.pop(job.cell, None)):
                    self._plugs.known.add(outcome)
            except StoppedError as error:
                self._stopped = self._stopped or error

    async def _buy(self, job: Job) -> Outcome:
        endpoint = self._endpoint(job.single)
        wire, bound = self._request(job.single, job.item.id)
        self._encoded.pop((job.single.id, job.item.id), None)
        provider = self._plugs.market.providers[endpoint.provider_id]
        key = call_key(endpoint, self._plugs.origins.get(provider.id, provider.base_url), wire, job.repeat)
        if (paid := self._plugs.paid.get(key)) is not None:
            return self._outcome(job, paid, paid.cost_usd)
        if (stored := self._stored(endpoint, key)) is not None:
            return self._outcome(job, stored, Decimal(0))
        spent = Decimal(0)
        answer: Answer | None = None
        for _ in range(MAX_CALLS_PER_OUTCOME):
            called = await self._plugs.caller.call(endpoint, key, wire, bound)
            if called is None:
                break
            answer = called
            spent += answer.cost_usd
            if answer.reply.status not in (Status.ERROR, Status.TIMEOUT) or not answer.is_unknown:
                break
        return self._outcome(job, answer or _NOT_RUN, spent)

    def _stored(self, endpoint: Endpoint, key: str) -> Answer | None:
        """The reply of an earlier run, or None; one that cannot be read any more is bought anew."""
        stored = self._plugs.caller.replies.get(key)
        if stored is None:
            return None
        try:
            return self._plugs.caller.reused(endpoint, key, stored)
        except ValueError as error:
            self._warn(
                "stored-reply-unreadable", endpoint.id, f"a stored reply cannot be parsed ({error}); bought anew"
            )
            return None

    def _outcome(self, job: Job, answer: Answer, spend_usd: Decimal) -> Outcome:
        reply = answer.reply
        if reply.status in (Status.ERROR, Status.TIMEOUT):
            self._failures[job.cell] = Failure(reply.error, answer.is_unknown)
        if reply.status is Status.ERROR:
            self._warn("call-failed", job.single.endpoint_id, reply.error)
        elif reply.status is Status.OK and self._is_split(self._endpoint(job.single), reply):
            reply = replace(reply, status=Status.ERROR, error=SPLIT_STATUS)
        status, canonical, score = score_reply(reply, job.item, self._plugs.scorer, self._plugs.task)
        return Outcome(
            candidate_id=job.single.id, item_id=job.item.id, repeat=job.repeat, status=status, answer=canonical,
            score=score, confidence=reply.confidence, cost_usd=answer.cost_usd, spend_usd=spend_usd,
            latency_s=answer.latency_s, call_ids=(answer.call_id,), served_by=reply.served_by,
        )  # fmt: skip

    def _is_split(self, endpoint: Endpoint, reply: Reply) -> bool:
        """Whether another model, or another host than the pinned one, answered: no evidence about this candidate.

        Such outcomes stay without a score, so the candidate is judged on what the first one answered. Where no host is
        pinned the router's choice is part of what is called: several hosts, or a new fingerprint, only warn.
        """
        first = self._served_by.setdefault(endpoint.id, reply.served_by).rsplit("|", 2)
        now = reply.served_by.rsplit("|", 2)
        told = f"first {'@'.join(first[:2])}, now {'@'.join(now[:2])}"
        if first[0] != now[0] or (endpoint.host is not None and first[1] != now[1]):
            self._warn("served-by-changed", endpoint.id, f"{SPLIT_STATUS}: {told}")
            return True
        if first[1] != now[1]:
            self._warn(
                "hosts-vary", endpoint.id, f"several hosts answer ({told}); pin one, or quality and price may move"
            )
        elif first[2] != now[2]:
            self._warn("fingerprint-changed", endpoint.id, f"first {first[2]!r}, now {now[2]!r}")
        return False

    def _bound_of(self, candidate: Candidate, item_id: ItemId) -> Decimal:
        jobs = self._plugs.known.jobs_of(candidate, item_id)
        return sum((self._request(job.single, item_id)[1] for job in jobs), Decimal(0))

    def _request(self, single: Single, item_id: ItemId) -> tuple[WireRequest, Decimal]:
        """The encoded request and its upper bound in USD, made once for bound and call."""
        known = self._encoded.get((single.id, item_id))
        if known is not None:
            return known
        endpoint = self._endpoint(single)
        request = model_request(self._plugs.task, self._plugs.renderer, single, self._items[item_id])
        dialect = dialect_of(self._plugs.market.providers[endpoint.provider_id].dialect)
        made = dialect.encode(request, endpoint), self._plugs.costs.bound(endpoint, item_id, request)
        self._encoded[single.id, item_id] = made
        return made

    def _endpoint(self, single: Single) -> Endpoint:
        return self._plugs.market.endpoints[single.endpoint_id]

    def _warn(self, code: str, subject: str, message: str) -> None:
        """Once for each code and subject."""
        if (code, subject) not in self._warned:
            self._warned.add((code, subject))
            self._plugs.recorder.append(Warned(code=code, subject=subject, message=message))


def model_request(task: TaskSpec, renderer: PromptRenderer, single: Single, item: Item) -> ModelRequest:
    """The request of one item of a single, before it takes a wire format."""
    params = single.params
    return ModelRequest(
        messages=renderer.render(item, single.prompt_id),
        max_output_tokens=params.max_output_tokens or task.max_output_tokens,
        temperature=task.temperature if params.temperature is None else params.temperature,
        reasoning_effort=params.reasoning_effort,
        is_zdr="zdr" in task.requirements.needs,
    )


_NOT_RUN = Answer(
    call_id=CallId(""),
    reply=Reply(text="", status=Status.NOT_RUN, usage=Usage()),
    cost_usd=Decimal(0),
    latency_s=0.0,
)
