"""Calls that scorers make: a judge's, an embedding's. Each is bought once, in the books of the run.

A side call is reserved, journalled, settled and stored like any other; its number alone says that it is not a
candidate's (`JUDGE_PREFIX`), which gives it lines of its own in the ledger. Two graders that want the same call at once
get one: the second waits and finds the reply.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from weakref import WeakValueDictionary

from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.events import Warned
from modelsearch.core.ids import EndpointId, ItemId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.ports import Clock, ItemCosts, Recorder
from modelsearch.core.wire import ModelRequest, RawReply, WireRequest
from modelsearch.evaluate.caller import MAX_CALLS_PER_OUTCOME, NOT_RUN, Answer, Caller, dialect_of
from modelsearch.evaluate.keys import call_key
from modelsearch.evaluate.reply_turns import ReplyTurns
from modelsearch.providers.clock import SystemClock

JUDGE_PREFIX = "judge-"
"""Ids of side calls begin with it."""
CALIBRATION_PREFIX = "calibration-"
"""Ids of calls about inputs without content begin with it."""
PROPOSAL_PREFIX = "proposal-"
"""Ids of calls in which a model proposes prompts begin with it."""
SIDE_PREFIXES = (JUDGE_PREFIX, CALIBRATION_PREFIX, PROPOSAL_PREFIX)
MAX_WAIT_S = 30.0
"""A provider that wants a longer pause is not waited for: the outcome stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideAnswer:
    """What came of a side call, and what it cost this time: nothing where the reply was known."""

    answer: Answer
    spend_usd: Decimal


@dataclass(frozen=True, kw_only=True)
class SideCalls:
    """Buys the calls of scorers.

    Attributes:
        caller: gives out ids that begin with one of `SIDE_PREFIXES`.
        paid, origins: as in `Plugs`.
    """

    market: Market
    caller: Caller
    costs: ItemCosts
    recorder: Recorder
    paid: Mapping[str, Answer] = field(default_factory=dict)
    origins: Mapping[ProviderId, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary, repr=False)
    _counted: set[str] = field(default_factory=set, repr=False)
    _warned: set[str] = field(default_factory=set, repr=False)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of an id."""
        return self.market.endpoints[EndpointId(name)]

    def bound_usd(self, endpoint: Endpoint, request: ModelRequest) -> Decimal:
        """The most that a call can cost in USD."""
        return self.costs.bound(endpoint, ItemId(""), request)

    async def ask(self, endpoint: Endpoint, request: ModelRequest, number: int = 0) -> SideAnswer:
        """The reply to a request; `number` tells calls apart that ask the same again on purpose.

        Raises:
            StoppedError: the account cannot go on.
        """
        provider = self.market.providers[endpoint.provider_id]
        wire = dialect_of(provider.dialect).encode(request, endpoint)
        key = call_key(endpoint, self.origins.get(provider.id, provider.base_url), wire, number)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            if (paid := self.paid.get(key)) is not None:
                is_counted = key in self._counted
                self._counted.add(key)
                return SideAnswer(answer=paid, spend_usd=Decimal(0) if is_counted else paid.paid_usd)
            async with ReplyTurns(self.caller.replies).at(key) as raw:
                if (stored := self._reused(endpoint, key, raw)) is not None:
                    return SideAnswer(answer=stored, spend_usd=Decimal(0))
                return await self._called(endpoint, key, wire, self.bound_usd(endpoint, request))

    def _reused(self, endpoint: Endpoint, key: str, raw: RawReply | None) -> Answer | None:
        """The reply of an earlier call; one that cannot be read or priced any more is bought anew."""
        try:
            return None if raw is None else self.caller.reused(endpoint, key, raw)
        except (ValueError, PriceUnknownError):
            return None

    async def _called(self, endpoint: Endpoint, key: str, wire: WireRequest, bound_usd: Decimal) -> SideAnswer:
        answer, spend_usd, n_more = NOT_RUN, Decimal(0), MAX_CALLS_PER_OUTCOME
        while n_more > 0:
            called = await self.caller.call(endpoint, key, wire, bound_usd)
            if called is None:
                break
            answer = called
            spend_usd += answer.paid_usd
            is_worth_it = answer.wait_s is not None and answer.wait_s <= MAX_WAIT_S and answer.kind != "none"
            n_more = min(n_more - 1, max(answer.n_repeats, int(is_worth_it)))
            if n_more and answer.wait_s is not None:
                await self.clock.sleep(answer.wait_s)
        return SideAnswer(answer=answer, spend_usd=spend_usd)

    def warn(self, code: str, subject: str, message: str) -> None:
        """Once for each code."""
        if code not in self._warned:
            self._warned.add(code)
            self.recorder.append(Warned(code=code, subject=subject, message=message))
