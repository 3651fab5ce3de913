"""Candidates that are calibrated: their prompt's leaning is asked for once, before their first item is bought."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal

from modelsearch.core.candidate import Single
from modelsearch.core.ids import CallId, CandidateId
from modelsearch.core.outcome import Outcome, Reply, Status
from modelsearch.core.task import TaskSpec
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.calibrated import Floats, content_free_items, label_shares, leaning_of, recalibrated
from modelsearch.evaluate.known import Job
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.side_calls import SideCalls
from modelsearch.evaluate.unanswered import Failure

CANNOT = "it tells no log-probabilities of the labels, so it cannot be calibrated: leave out `calibrated` for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Whether an item of a candidate can be bought, and what finding out has cost this time.

    Attributes:
        status: ok; not_run where money was short; error where the candidate cannot be calibrated.
    """

    status: Status = Status.OK
    spend_usd: Decimal = Decimal(0)
    call_ids: tuple[CallId, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether the item can be bought."""
        return self.status is Status.OK

    def instead(self, job: Job) -> Outcome:
        """The outcome of an item that is not bought."""
        return replace(job.not_run, status=self.status)

    @property
    def failure(self) -> Failure | None:
        """Why the item comes to nothing."""
        return Failure(CANNOT, "closed") if self.status is Status.ERROR else None

    def added(self, outcome: Outcome) -> Outcome:
        """The outcome that is bought next, with what was spent for it on the side."""
        if not self.call_ids:
            return outcome
        return replace(
            outcome, spend_usd=outcome.spend_usd + self.spend_usd, call_ids=(*outcome.call_ids, *self.call_ids)
        )


PLAIN = Ready()


@dataclass(kw_only=True)
class Calibrating:
    """The leanings of a run's calibrated candidates; whoever is not calibrated passes through untouched.

    Attributes:
        calls: buys replies to inputs without content; None = nobody is calibrated.
    """

    task: TaskSpec
    renderer: PromptRenderer
    calls: SideCalls | None
    _leaning: dict[CandidateId, Floats | None] = field(default_factory=dict)
    _locks: dict[CandidateId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def ready(self, single: Single) -> Ready:
        """Ask for a candidate's leaning unless it is known.

        Raises:
            StoppedError: its account cannot go on.
        """
        if not single.is_calibrated:
            return PLAIN
        async with self._locks[single.id]:
            found = PLAIN if single.id in self._leaning else await self._asked(single)
        if found.status is Status.NOT_RUN:
            return found
        return found if self._leaning[single.id] is not None else replace(found, status=Status.ERROR)

    def read(self, single: Single, reply: Reply) -> Reply:
        """A reply with the leaning taken out."""
        leaning = self._leaning.get(single.id) if single.is_calibrated else None
        return reply if leaning is None else recalibrated(reply, leaning, self.task.labels)

    def bound_usd(self, singles: list[Single]) -> Decimal:
        """The most that the leanings of these candidates can still cost in USD."""
        unknown = {single.id: single for single in singles if single.is_calibrated and single.id not in self._leaning}
        if not unknown or self.calls is None:
            return Decimal(0)
        total = Decimal(0)
        for single in unknown.values():
            endpoint = self.calls.endpoint(single.endpoint_id)
            total += sum((self.calls.bound_usd(endpoint, request) for request in self._requests(single)), Decimal(0))
        return total

    async def _asked(self, single: Single) -> Ready:
        if self.calls is None:
            self._leaning[single.id] = None
            return Ready(status=Status.ERROR)
        endpoint = self.calls.endpoint(single.endpoint_id)
        told = [await self.calls.ask(endpoint, request) for request in self._requests(single)]
        spend_usd = sum((each.spend_usd for each in told), Decimal(0))
        call_ids = tuple(each.answer.call_id for each in told if each.answer.call_id)
        if any(each.answer.reply.status is Status.NOT_RUN for each in told):
            return Ready(status=Status.NOT_RUN, spend_usd=spend_usd, call_ids=call_ids)
        shares = [label_shares(each.answer.reply.logprobs, self.task.labels) for each in told]
        known = [share for share in shares if share is not None]
        self._leaning[single.id] = leaning_of(known) if known else None
        return Ready(spend_usd=spend_usd, call_ids=call_ids)

    def _requests(self, single: Single) -> list[ModelRequest]:
        calls = self.calls
        if calls is None:
            return []
        endpoint = calls.endpoint(single.endpoint_id)
        return [
            model_request(self.task, self.renderer, single, item, endpoint, has_logprobs=True)
            for item in content_free_items(self.task)
        ]
