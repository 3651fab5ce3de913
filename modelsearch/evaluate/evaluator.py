"""Probes -> outcomes through providers. The order: known replies, reserve, call, settle, score, record.

Why the evaluator and not the client repeats a call that was sent and not answered: it may have been billed, so it is
a call of its own with a reservation of its own, and the first one stays taken as `unknown`.
A provider that stops the run (key refused, no money) stops new calls everywhere; calls in flight are still paid for,
so they are awaited and booked before the error goes up; so it is with any other exception of a worker.
An endpoint that is down is waited for (`job_queue`); one that is of no use is closed: its other jobs become errors
without a call. Where another model answers than before, the outcome is another candidate's (`served`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.events import CandidateSplit, Warned
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Reply, Status
from modelsearch.core.search import Probe
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.core.working import ASKED
from modelsearch.evaluate.account_batches import account_batches
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.calibrating import Calibrating
from modelsearch.evaluate.caller import MAX_CALLS_PER_OUTCOME, NOT_RUN, Answer, dialect_of
from modelsearch.evaluate.collector import seldom_collected
from modelsearch.evaluate.confidence import Asking, confidence_of
from modelsearch.evaluate.grade import score_reply
from modelsearch.evaluate.grader import finished, judging_usd
from modelsearch.evaluate.job_queue import GivenUp, JobQueue, account_queues, room_of
from modelsearch.evaluate.keys import call_key
from modelsearch.evaluate.known import Job
from modelsearch.evaluate.outcome_log import Cell
from modelsearch.evaluate.patience import Patience
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prefix_turns import PrefixTurns
from modelsearch.evaluate.reply_turns import ReplyTurns
from modelsearch.evaluate.served import SPLIT_STATUS, Served, split_message
from modelsearch.evaluate.unanswered import Failure, Unanswered, failure_of


class _Bought(NamedTuple):
    """What came of a job; `wait_s` is the pause of its endpoint, if it is down."""

    outcome: Outcome
    failure: Failure | None = None
    wait_s: float | None = None


class LiveEvaluator:
    """Buys outcomes from providers, many at once, each (candidate, item, repeat) once."""

    def __init__(self, plugs: Plugs) -> None:
        self._plugs = plugs
        self._stopped: Exception | None = None
        self._unanswered = Unanswered(baseline_id=plugs.baseline_id)
        self._patience = Patience(clock=plugs.clock)
        self._room = room_of(plugs.caller.client, plugs.market)
        self._turns = PrefixTurns(plugs.clock)
        self._reply_turns = ReplyTurns(plugs.caller.replies)
        self._asking = Asking(plugs.task)
        self._calibrating = Calibrating(task=plugs.task, renderer=plugs.renderer, calls=plugs.calibration)
        self._served = Served(plugs.served_by, self._warn)
        self._closed: dict[EndpointId, Failure] = {}
        self._put_back: set[Cell] = set()
        self._warned: set[tuple[str, str]] = set()
        self._baseline_first = asyncio.Lock()
        self._encoded: dict[tuple[CandidateId, ItemId], tuple[WireRequest, Decimal]] = {}
        self._items = {item.id: item for item in plugs.task.items}

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """The most that each item of each probe can cost in USD, 0 for known ones and where no call will be made."""
        return [
            [self._bound_of(candidates[probe.candidate_id], item_id) for item_id in probe.item_ids] for probe in probes
        ]

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Outcome]:
        """Buy what is missing; one outcome for each item and repeat of each probe.

        Raises:
            StoppedError: a provider cannot go on, or nobody answers; everything paid is booked.
        """
        await self.buy(probes, candidates)
        self._patience.close()
        self._put_back.clear()
        self._unanswered.close(self._plugs.known)
        return self._plugs.known.collect(probes, candidates)

    async def buy(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> int:
        """Buy what is missing of a part of a round, which `evaluate` ends; how many outcomes were wanted.

        Raises:
            StoppedError: a provider cannot go on; everything paid is booked.
        """
        await self._buy_baseline(probes, candidates)
        return await seldom_collected(self._buy_all(self._jobs(probes, candidates)))

    async def _buy_baseline(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> None:
        """What others are compared with comes first, one batch at a time, so that none is bought twice."""
        plugs = self._plugs
        if plugs.grader is None or not plugs.grader.needs_baseline or plugs.baseline_id is None:
            return
        wanted = tuple(dict.fromkeys(job.item.id for job in self._jobs(probes, candidates)))
        async with self._baseline_first:
            await self._buy_all(self._jobs([Probe(candidate_id=plugs.baseline_id, item_ids=wanted)], candidates))

    def _jobs(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Job]:
        return [job for job in self._plugs.known.jobs(probes, candidates) if not self._unanswered.holds(job)]

    async def _buy_all(self, jobs_left: Sequence[Job]) -> int:
        self._turns.expect(job.single.id for job in jobs_left)
        baseline_id = self._plugs.baseline_id
        self._patience.needed |= {j.single.endpoint_id for j in jobs_left if j.single.as_first_served.id == baseline_id}
        queues = account_queues(jobs_left, self._patience, self._room, self._plugs.market)
        workers = [self._work(queue) for queue in queues for _ in range(queue.n_workers)]
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended
        if self._stopped is not None:
            raise self._stopped
        for given_up in (each for queue in queues for each in queue.given_up):
            self._give_up(given_up)
        return len(jobs_left)

    def split(
        self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate], *, n_own: int
    ) -> dict[str, list[Probe]]:
        """Probes of singles that together buy what is missing, one batch an account; composites are in none."""
        return account_batches(self._plugs.known.jobs(probes, candidates), self._plugs.market, n_own=n_own)

    async def _work(self, queue: JobQueue) -> None:
        """Buy until nothing is left, or somebody stops; whoever crashes stops all, and what is in flight is booked."""
        while (job := await queue.take(lambda: self._stopped is not None)) is not None:
            ASKED.set(job.cell)  # for spans and log lines; each worker is a task with a context of its own
            try:
                ready = await self._calibrating.ready(job.single)
                bought = await self._buy(job) if ready.is_ok else _Bought(ready.instead(job), ready.failure)
                outcome = ready.added(await finished(self._plugs.grader, bought.outcome, job.item))
                self._take(queue, job, bought._replace(outcome=outcome))
            except Exception as error:  # noqa: BLE001 - `buy` raises it once the others have come to their end
                self._stopped = self._stopped or error
            finally:
                queue.done(job)

    def _take(self, queue: JobQueue, job: Job, bought: _Bought) -> None:
        """Ask it once more, keep it until the round ends, or journal it."""
        failure = bought.failure
        if failure is not None and failure.kind == "outage" and self._is_worth_waiting(job, failure, bought.wait_s):
            queue.put_back(job)
            return
        if (failure is None and bought.outcome.status is not Status.NOT_RUN) or bought.outcome.spend_usd > 0:
            self._patience.hear(job.single.endpoint_id)
            if ("set-aside", job.single.id) in self._warned:
                self._warn("answers-again", job.single.id, "answers again")
        if not self._unanswered.take(job, bought.outcome, failure):
            self._plugs.known.add(bought.outcome)

    def _is_worth_waiting(self, job: Job, failure: Failure, wait_s: float | None) -> bool:
        """What is set aside is asked again once its pause is over; one that failed a single call is asked once more."""
        if wait_s is not None:
            self._warn("paused", self._endpoint(job.single).provider_id, f"{failure.reason}; set aside meanwhile")
            self._patience.set_aside(job.single.endpoint_id, wait_s, failure.reason)
            return True
        is_first = job.cell not in self._put_back
        self._put_back.add(job.cell)
        return is_first

    def _give_up(self, given_up: GivenUp) -> None:
        """The round closes without this job; its candidate is marked."""
        job, reason, is_counted = given_up
        how = "waited for in vain" if is_counted else "the search went on without it, and asks again once it is back"
        self._warn("set-aside", job.single.id, f"{reason}; {how}")
        failure = Failure(reason, "outage" if is_counted else "aside")
        self._unanswered.take(job, replace(job.not_run, status=Status.ERROR), failure)

    async def _buy(self, job: Job) -> _Bought:
        single, endpoint = job.single, self._served.called(job.single, self._endpoint(job.single))
        wire, bound = self._request(single, job.item.id)
        self._encoded.pop((single.id, job.item.id), None)
        provider = self._plugs.market.providers[endpoint.provider_id]
        origin = self._plugs.origins.get(provider.id, provider.base_url)
        key = call_key(endpoint, origin, wire, job.repeat, single.served_by)
        is_sure_asked = self._asking.is_asked(endpoint)
        if (paid := self._plugs.paid.get(key)) is not None:
            return self._bought(job, paid, paid.paid_usd)
        async with self._reply_turns.at(key) as raw:
            if raw is not None and (stored := self._reused(endpoint, key, raw)) is not None:
                return self._bought(job, stored, Decimal(0))
            if endpoint.id in self._closed:
                return _Bought(replace(job.not_run, status=Status.ERROR), self._closed[endpoint.id])
            wire = self._turns.shared(endpoint.id, single.id, wire)
            answer, spend_usd = await self._called(endpoint, key, wire, bound)
        if answer.kind == "incapable" and is_sure_asked:
            self._asking.refuse(endpoint)
            self._warn("confidence-refused", endpoint.id, f"{answer.reply.error}; asked on without it")
            self._encoded.clear()  # refused, and not billed: in a plainer way
            return await self._buy(job)
        if answer.kind in ("gone", "incapable") and self._served.unpin(single, endpoint, self._endpoint(single)):
            self._encoded.clear()
            return await self._buy(job)
        return self._bought(job, answer, spend_usd)

    async def _called(self, endpoint: Endpoint, key: str, wire: WireRequest, bound: Decimal) -> tuple[Answer, Decimal]:
        """What came of a request, called a few times where that is of use, and what the calls cost together."""
        spent, n_more = Decimal(0), MAX_CALLS_PER_OUTCOME
        answer = NOT_RUN
        while n_more > 0 and self._stopped is None:
            called = await self._turns.call(self._plugs.caller, endpoint, key, wire, bound)
            if called is None:
                break
            answer = called
            spent += answer.cost_usd
            n_more = min(n_more - 1, answer.n_repeats)
            if n_more and answer.wait_s is not None:
                await self._plugs.clock.sleep(answer.wait_s)
        return answer, spent

    def _reused(self, endpoint: Endpoint, key: str, raw: RawReply) -> Answer | None:
        """The reply of an earlier run; None where it cannot be read or priced any more: it is bought anew."""
        try:
            return self._plugs.caller.reused(endpoint, key, raw)
        except (ValueError, PriceUnknownError) as error:
            self._warn("stored-reply-unreadable", endpoint.id, f"a stored reply cannot be used ({error}); bought anew")
            return None

    def _bought(self, job: Job, answer: Answer, spend_usd: Decimal) -> _Bought:
        """The outcome of an answer; an endpoint that is of no use any more is closed here."""
        reply, endpoint = self._calibrating.read(job.single, answer.reply), self._endpoint(job.single)
        failure = failure_of(answer)
        if failure is not None and answer.kind in ("gone", "incapable"):
            self._close(endpoint, failure, f"endpoint-{answer.kind}")
        elif reply.status is Status.ERROR:
            self._warn("call-failed", endpoint.id, reply.error)
        elif (heir := self._served.heir(job.single, endpoint, reply.served_by)) is not None:
            job, reply, failure = self._split(job, heir, reply)
        status, canonical, score = score_reply(
            reply, job.item, self._plugs.scorer, self._plugs.task, is_graded_later=self._plugs.grader is not None
        )
        outcome = Outcome(
            candidate_id=job.single.id, item_id=job.item.id, repeat=job.repeat, status=status, answer=canonical,
            score=score, confidence=confidence_of(reply, canonical), cost_usd=answer.cost_usd, spend_usd=spend_usd,
            latency_s=answer.latency_s, call_ids=(answer.call_id,), served_by=reply.served_by,
        )  # fmt: skip
        return _Bought(outcome, failure, answer.wait_s)

    def _split(self, job: Job, heir: Single, reply: Reply) -> tuple[Job, Reply, Failure | None]:
        """Whose the answer is, and as what it counts: the heir's outcome, where it has none of this item and repeat.

        Else, and where what served first is back (which is out of the search by then), it is money for nothing.
        """
        first = self._served.first(job.single.endpoint_id)
        if self._plugs.known.split(job.single.id, heir):  # it is new
            event = CandidateSplit(candidate_id=job.single.id, into=heir, first=first.text, now=reply.served_by)
            self._plugs.recorder.append(event)
            is_baseline = job.single.as_first_served.id == self._plugs.baseline_id
            self._warn("served-by-changed", heir.id, split_message(event, is_baseline=is_baseline))
        moved = replace(job, single=heir)
        if heir.served_by and not self._plugs.known.is_known(*moved.cell):
            return moved, reply, None
        return job, replace(reply, status=Status.ERROR, error=SPLIT_STATUS), Failure(SPLIT_STATUS, "unknown")

    def _close(self, endpoint: Endpoint, failure: Failure, code: str) -> None:
        """Call the endpoint no more in this run."""
        if endpoint.id not in self._closed:
            self._closed[endpoint.id] = Failure(failure.reason, "closed")
            self._warn(code, endpoint.id, f"{failure.reason}; not called again in this run")

    def _bound_of(self, candidate: Candidate, item_id: ItemId) -> Decimal:
        singles = [job.single for job in self._plugs.known.jobs_of(candidate, item_id)]
        bounds = [self._request(single, item_id)[1] for single in singles if single.endpoint_id not in self._closed]
        on_the_side = len(bounds) * judging_usd(self._plugs.grader, self._items[item_id])
        return sum(bounds, on_the_side + self._calibrating.bound_usd(singles))

    def _request(self, single: Single, item_id: ItemId) -> tuple[WireRequest, Decimal]:
        """The encoded request and its upper bound in USD, made once for bound and call."""
        known = self._encoded.get((single.id, item_id))
        if known is not None:
            return known
        endpoint = self._served.called(single, self._endpoint(single))
        request = model_request(
            self._plugs.task, self._plugs.renderer, single, self._items[item_id], endpoint,
            has_logprobs=self._asking.is_asked(endpoint),
        )  # fmt: skip
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
