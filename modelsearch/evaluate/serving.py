"""A candidate that answers one input at a time, as it was evaluated: for production, where there is no target.

Nothing here decides anything that a search decides: requests are made by `asking`, replies read by `grade` and
`calibrated`, votes and thresholds are `composite`'s, money is `caller`'s. What is new is that outcomes have no score,
that an outage of a leg is answered by the baseline, and that each input is bought anew.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single, singles_of
from modelsearch.core.errors import PriceUnknownError, StoppedError
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Reply, Status, Usage
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, TaskSpec
from modelsearch.core.wire import ModelRequest, RawReply
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.calibrating import Calibrating
from modelsearch.evaluate.caller import Answer
from modelsearch.evaluate.composite import UNKNOWN, composite_outcome
from modelsearch.evaluate.confidence import Asking, confidence_of
from modelsearch.evaluate.given import Asked, Given, Part
from modelsearch.evaluate.grade import score_reply
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import has_canonical_form
from modelsearch.evaluate.served import Served
from modelsearch.evaluate.side_calls import SideCalls

N_RENDERED = 1000
"""Inputs whose texts a renderer keeps, for it is made for the items of a task; after so many it is made anew."""


class NoReplies:
    """A `core.ports.ReplyStore` that keeps nothing: production asks anew, and its replies are nobody else's."""

    def get(self, key: str) -> RawReply | None:  # noqa: ARG002 - the port's signature
        """Nothing is known."""
        return None

    def put(self, key: str, raw: RawReply) -> None:
        """Nothing is kept."""


class AnswersOnly:
    """A task's scorer where there is no target: it finds answers and scores none (0 stands where a score must)."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.has_canonical_form = has_canonical_form(scorer)
        self.reads_cut_replies = bool(getattr(scorer, "reads_cut_replies", False))

    def canonical(self, reply: str, item: Item) -> str | None:
        """The scorer's own."""
        return self._scorer.canonical(reply, item)

    def score(self, answer: str, item: Item) -> float:  # noqa: ARG002 - the port's signature
        """Nobody looks at it."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class ServingPlugs:
    """What a served candidate is plugged into.

    Attributes:
        fallback: stands in where a leg of the candidate is not to be had; None = nobody does.
        calls: buys; its caller keeps no replies (`NoReplies`).
        served: who answered at each endpoint when it was evaluated.
        max_usd: what all calls together may cost, as the ledger holds them to; None = no limit.
    """

    candidate: Candidate
    fallback: Single | None
    task: TaskSpec
    scorer: Scorer
    calls: SideCalls
    served: Served
    max_usd: Decimal | None = None


@dataclass
class ServedCandidate:
    """Answers inputs; as many at once as are asked."""

    plugs: ServingPlugs
    _numbers: "count[int]" = field(default_factory=count, repr=False)
    _n_rendered: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        """Compile the prompts.

        Raises:
            TaskFileError: a template cannot be compiled.
        """
        task, calls = self.plugs.task, self.plugs.calls
        self._scorer = AnswersOnly(self.plugs.scorer)
        self._asking = Asking(task)
        self._renderer = PromptRenderer(task)
        self._calibrating = Calibrating(task=task, renderer=PromptRenderer(task), calls=calls)

    async def answer(self, asked: Asked) -> Given:
        """The candidate's answer; the baseline's where a leg that is needed fails.

        Raises:
            TaskFileError: the prompt cannot be applied to this input.
        """
        plugs = self.plugs
        if not self._is_payable(plugs.candidate, asked):
            return _short(plugs.candidate, asked)
        parts: list[Part] = []
        outcome = await self._outcome(plugs.candidate, asked, parts)
        if outcome.status not in UNKNOWN:
            return self._given(plugs.candidate, outcome, parts)
        reason = _reason(parts)
        if plugs.fallback is None or plugs.fallback.id == plugs.candidate.id:
            is_short = outcome.status is Status.NOT_RUN
            return Given(
                outcome=outcome, text="", finish_reason="", parts=tuple(parts), reason=reason, is_short=is_short
            )
        outcome = _known(plugs.fallback, parts) or await self._outcome(plugs.fallback, asked, parts)
        given = self._given(plugs.fallback, outcome, parts)
        return replace(given, is_fallback=True, reason=reason, is_short=outcome.status is Status.NOT_RUN)

    async def _outcome(self, candidate: Candidate, asked: Asked, parts: list[Part]) -> Outcome:
        """The outcome of any candidate; what is asked for it is added to `parts`."""
        if isinstance(candidate, Single):
            return (await self._asked_once(candidate, asked, parts)).outcome
        if isinstance(candidate, Ensemble):
            made = await asyncio.gather(*(self._asked_once(member, asked, parts) for member in candidate.members))
            return self._joined(candidate, [part.outcome for part in made], asked)
        outcomes: list[Outcome] = []
        for leg in candidate.legs:
            outcomes.append((await self._asked_once(leg, asked, parts)).outcome)
            joined = self._joined(candidate, outcomes, asked)
            if joined.status is not Status.NOT_RUN or outcomes[-1].status is Status.NOT_RUN:
                break
        return joined

    def _joined(self, candidate: Ensemble | Cascade, outcomes: Sequence[Outcome], asked: Asked) -> Outcome:
        return composite_outcome(candidate, outcomes, asked.item, self.plugs.task, self._scorer)

    async def _asked_once(self, single: Single, asked: Asked, parts: list[Part]) -> Part:
        """One leg's answer; whatever fails is a status, so that the others' answers are not lost with it."""
        try:
            part = await self._bought(single, asked)
        except (StoppedError, PriceUnknownError) as error:
            reply = Reply(text="", status=Status.ERROR, usage=Usage(), error=str(error))
            part = Part(single=single, outcome=_plain(single, asked.item, Status.ERROR), reply=reply)
        parts.append(part)
        if part.outcome.status in UNKNOWN:
            self.plugs.calls.warn(f"failed-{single.id}", single.id, part.reply.error or part.outcome.status.value)
        elif part.is_changed:
            told = f"answered by {part.reply.served_by.strip('|')}, which is not what was evaluated: search again"
            self.plugs.calls.warn(f"changed-{single.id}", single.id, told)
        return part

    async def _bought(self, single: Single, asked: Asked) -> Part:
        plugs, endpoint = self.plugs, self._endpoint(single)
        ready = await self._calibrating.ready(single)
        if not ready.is_ok:
            reply = Reply(text="", status=ready.status, usage=Usage(), error="it could not be calibrated")
            return Part(single=single, outcome=_plain(single, asked.item, ready.status), reply=reply)
        answer, spend_usd = await self._replied(single, endpoint, asked)
        reply = self._calibrating.read(single, answer.reply)
        grade = score_reply(reply, asked.item, self._scorer, plugs.task, is_graded_later=True)
        outcome = replace(
            _plain(single, asked.item, grade.status),
            answer=grade.answer,
            confidence=confidence_of(reply, grade.answer),
            cost_usd=answer.cost_usd,
            spend_usd=spend_usd + ready.spend_usd,
            latency_s=answer.latency_s,
            call_ids=(answer.call_id,),
            served_by=reply.served_by,
        )
        is_said = reply.status not in UNKNOWN
        is_changed = is_said and plugs.served.heir(single, endpoint, reply.served_by) is not None
        return Part(single=single, outcome=outcome, reply=reply, is_changed=is_changed)

    async def _replied(self, single: Single, endpoint: Endpoint, asked: Asked) -> tuple[Answer, Decimal]:
        """The reply, asked for anew; without log-probabilities where they are refused."""
        has_logprobs = self._asking.is_asked(endpoint)
        request = self._request(single, endpoint, asked, has_logprobs=has_logprobs)
        found = await self.plugs.calls.ask(endpoint, request, next(self._numbers))
        if found.answer.kind == "incapable" and has_logprobs:
            self._asking.refuse(endpoint)
            request = self._request(single, endpoint, asked, has_logprobs=False)
            found = await self.plugs.calls.ask(endpoint, request, next(self._numbers))
        return found.answer, found.spend_usd

    def _request(self, single: Single, endpoint: Endpoint, asked: Asked, *, has_logprobs: bool) -> ModelRequest:
        task = self.plugs.task
        if asked.messages is None:
            return model_request(task, self._rendering(), single, asked.item, endpoint, has_logprobs=has_logprobs)
        # how it is asked does not depend on the item
        plain = model_request(task, self._renderer, single, task.items[0], endpoint, has_logprobs=has_logprobs)
        return replace(plain, messages=asked.messages)

    def _rendering(self) -> PromptRenderer:
        self._n_rendered += 1
        if self._n_rendered > N_RENDERED:
            self._renderer, self._n_rendered = PromptRenderer(self.plugs.task), 0
        return self._renderer

    def _endpoint(self, single: Single) -> Endpoint:
        return self.plugs.served.called(single, self.plugs.calls.market.endpoints[single.endpoint_id])

    def _is_payable(self, candidate: Candidate, asked: Asked) -> bool:
        """Whether the budget holds all members at once: half an ensemble is money for nothing."""
        if not isinstance(candidate, Ensemble) or self.plugs.max_usd is None:
            return True
        total = sum((self._bound_usd(single, asked) for single in singles_of(candidate)), Decimal(0))
        return self.plugs.calls.caller.ledger.spend().committed_usd + total <= self.plugs.max_usd

    def _bound_usd(self, single: Single, asked: Asked) -> Decimal:
        endpoint = self._endpoint(single)
        return self.plugs.calls.bound_usd(endpoint, self._request(single, endpoint, asked, has_logprobs=False))

    def _given(self, candidate: Candidate, outcome: Outcome, parts: Sequence[Part]) -> Given:
        """The reply whose answer it is: of those that gave it, the member that stands first, the leg asked last."""
        own = {single.id for single in singles_of(candidate)}
        known = {part.single.id: part for part in parts if part.single.id in own}
        in_order = [known[single.id] for single in singles_of(candidate) if single.id in known]
        said = [part for part in in_order if part.outcome.answer == outcome.answer]
        chosen = (said or in_order)[-1 if isinstance(candidate, Cascade) else 0]
        reply = chosen.reply
        return Given(outcome=outcome, text=reply.text, finish_reason=_finish(outcome.status, reply), parts=tuple(parts))


def _known(single: Single, parts: Sequence[Part]) -> Outcome | None:
    """What a single has answered already, as a leg of what failed."""
    outcomes = (part.outcome for part in parts if part.single.id == single.id)
    return next((outcome for outcome in outcomes if outcome.status not in UNKNOWN), None)


def _finish(status: Status, reply: Reply) -> str:
    """In OpenAI's words, by how the reply ended itself: a scorer that finds no answer in it ends nothing."""
    if Status.REFUSED in (status, reply.status):
        return "content_filter"
    return "length" if reply.status is Status.TRUNCATED else "stop"


def _plain(single: Single, item: Item, status: Status) -> Outcome:
    return Outcome(candidate_id=single.id, item_id=item.id, status=status)


def _short(candidate: Candidate, asked: Asked) -> Given:
    outcome = Outcome(candidate_id=CandidateId(candidate.id), item_id=asked.item.id, status=Status.NOT_RUN)
    return Given(outcome=outcome, text="", finish_reason="", is_short=True, reason="the budget does not hold it")


def _reason(parts: Sequence[Part]) -> str:
    """Why legs failed, each in one line."""
    failed = [part for part in parts if part.outcome.status in UNKNOWN]
    return "; ".join(f"{part.single.id}: {part.reply.error or part.outcome.status.value}" for part in failed)
