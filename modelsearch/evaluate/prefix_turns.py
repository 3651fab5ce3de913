"""Who goes first with a start of a prompt that the provider can keep.

A provider's entry is there once the first answer has begun: of many calls sent at once none finds it, and where keeping
is charged all of them pay for it. So the first call goes alone, marked where its format needs that, and the others
follow when it has been answered. An entry lives five minutes from its last use with the provider that keeps it
shortest; a mark costs a quarter of the price of the start, so it is set where at least two calls share the start
within that time.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Clock
from modelsearch.core.wire import WireRequest
from modelsearch.evaluate.caller import Answer, Caller

LIFETIME_S = 300.0
MAX_LEAD_S = 30.0
"""Others do not wait longer than this for the first one."""
MIN_SHARING_CALLS = 2
_PARAMETER = "prompt_cache"
_Start: TypeAlias = tuple[EndpointId, str]


class PrefixTurns:
    """Starts that were sent within the lifetime of a cache, and those that are on their way for the first time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._n_wanted: dict[CandidateId, int] = {}
        self._sent_s: dict[_Start, float] = {}
        self._kept_s: dict[_Start, float] = {}
        self._leads: dict[_Start, asyncio.Event] = {}
        self._refusers: set[EndpointId] = set()

    def expect(self, candidate_ids: Iterable[CandidateId]) -> None:
        """Candidates of the calls that are to be made now, one for each call."""
        self._n_wanted.update(dict(Counter(candidate_ids)))

    def shared(self, endpoint_id: EndpointId, candidate_id: CandidateId, wire: WireRequest) -> WireRequest:
        """The request with its start marked, where another call with it is to be made now or was a short time ago.

        Else it goes on its own: neither marked nor waiting for another.
        """
        if not wire.prefix:
            return wire
        start, now_s = (endpoint_id, wire.prefix), self._clock.now_s()
        last_s = self._sent_s.get(start)
        self._sent_s[start] = now_s
        n_wanted = self._n_wanted.get(candidate_id, 0)
        self._n_wanted[candidate_id] = n_wanted - 1
        is_recent = last_s is not None and now_s - last_s < LIFETIME_S
        return wire.marked if is_recent or n_wanted >= MIN_SHARING_CALLS else replace(wire, prefix="")

    async def call(
        self, caller: Caller, endpoint: Endpoint, key: str, wire: WireRequest, bound_usd: Decimal
    ) -> Answer | None:
        """Make a call in its turn, as `Caller.call`; who refuses what is said of caches is asked plainly."""
        answer = await self._in_turn(caller, endpoint, key, wire, bound_usd)
        if answer is None or not _is_of_caches(answer):
            return answer
        self._refusers.add(endpoint.id)
        return await caller.call(endpoint, key, _without_extras(wire), bound_usd)

    async def _in_turn(
        self, caller: Caller, endpoint: Endpoint, key: str, wire: WireRequest, bound_usd: Decimal
    ) -> Answer | None:
        if not wire.prefix:
            return await caller.call(endpoint, key, self._allowed(endpoint, wire), bound_usd)
        start = (endpoint.id, wire.prefix)
        async with self._turn(start):
            answer = await caller.call(endpoint, key, self._allowed(endpoint, wire), bound_usd)
            if answer is not None and answer.reply.usage.prompt_tokens:
                self._kept_s[start] = self._clock.now_s()
            return answer

    def _allowed(self, endpoint: Endpoint, wire: WireRequest) -> WireRequest:
        return _without_extras(wire) if endpoint.id in self._refusers else wire

    @asynccontextmanager
    async def _turn(self, start: _Start) -> AsyncIterator[None]:
        """Wait while the first call with this start is out; who finds no entry and no such call is the first."""
        while not self._is_kept(start) and (lead := self._leads.get(start)) is not None:
            try:
                await asyncio.wait_for(lead.wait(), MAX_LEAD_S)
            except TimeoutError:
                break
        if self._is_kept(start) or start in self._leads:
            yield
            return
        lead = self._leads[start] = asyncio.Event()
        try:
            yield
        finally:
            del self._leads[start]
            lead.set()

    def _is_kept(self, start: _Start) -> bool:
        kept_s = self._kept_s.get(start)
        return kept_s is not None and self._clock.now_s() - kept_s < LIFETIME_S


def _is_of_caches(answer: Answer) -> bool:
    """Whether a call was refused, unbilled, for what it says of caches; only that would name such a parameter."""
    return answer.reply.status is Status.ERROR and not answer.is_unknown and _PARAMETER in answer.reply.error


def _without_extras(wire: WireRequest) -> WireRequest:
    return wire if wire.key_body is None else replace(wire, body=wire.key_body, prefix="")
