"""One call: reserve, journal, send, journal the raw reply, decode, settle. The money of the house moves here alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from modelsearch.core.errors import StoppedError
from modelsearch.core.events import CallReleased, CallReplied, CallReserved, CallSettled, CallUnknown
from modelsearch.core.ids import CallId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.outcome import Call, Reply, Status, Usage
from modelsearch.core.ports import Client, Dialect, Ledger, Recorder, ReplyStore
from modelsearch.core.registry import lookup
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.recorded import LATENCY_HEADER, PROVIDER_ID

_SUCCESS = range(200, 300)


@lru_cache(maxsize=64)
def dialect_of(name: str) -> Dialect:
    """The dialect of a name."""
    dialect: Dialect = lookup("dialect", name).cls()
    return dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call. `is_unknown`: it may have been billed and cannot be used; its bound stays taken."""

    call_id: CallId
    reply: Reply
    cost_usd: Decimal
    latency_s: float
    is_unknown: bool = False


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Sends calls and books them."""

    market: Market
    client: Client
    recorder: Recorder
    ledger: Ledger
    replies: ReplyStore
    prices: PriceBook
    next_id: Callable[[], CallId]

    async def call(self, endpoint: Endpoint, key: str, wire: WireRequest, bound_usd: Decimal) -> Answer | None:
        """Make a call; None where the budget does not hold its bound.

        Raises:
            StoppedError: the account cannot go on, or a call cost more than its bound (the truth is booked).
        """
        call_id = self.next_id()
        if not self.ledger.reserve(call_id, bound_usd):
            return None
        self.recorder.append(CallReserved(call_id=call_id, key=key, endpoint_id=endpoint.id, amount_usd=bound_usd))
        try:
            raw = _timed(endpoint, await self.client.send(wire, endpoint))
        except StoppedError as error:
            self._release(call_id, str(error))
            raise
        if raw.http_status not in _SUCCESS:
            return self._failed(endpoint, call_id, raw)
        self.recorder.append(
            CallReplied(call_id=call_id, http_status=raw.http_status, body=raw.body, latency_s=raw.latency_s)
        )
        return self.book(endpoint, call_id, key, raw)

    def book(self, endpoint: Endpoint, call_id: CallId, key: str, raw: RawReply) -> Answer:
        """Decode a reply that is in the journal, settle its cost and keep it for later runs."""
        try:
            reply = self.decode(endpoint, raw)
        except ValueError as error:
            return self._unknown(call_id, Status.ERROR, f"reply cannot be parsed: {error}", raw.latency_s)
        if reply.status is Status.ERROR and reply.usage == Usage():
            return self._unknown(call_id, Status.ERROR, reply.error or "error inside a 200", raw.latency_s)
        cost = self.prices.cost(endpoint, reply.usage)
        call = Call(
            id=call_id, key=key, endpoint_id=endpoint.id, status=reply.status, usage=reply.usage, cost_usd=cost,
            latency_s=raw.latency_s, n_attempts=raw.n_attempts, served_by=reply.served_by, error=reply.error,
        )  # fmt: skip
        self.recorder.append(CallSettled(call=call))
        if reply.status in (Status.OK, Status.TRUNCATED):  # a refusal may not be one tomorrow
            self.replies.put(key, raw)
        self.ledger.settle(call_id, cost)
        return Answer(call_id=call_id, reply=reply, cost_usd=cost, latency_s=raw.latency_s)

    def reused(self, endpoint: Endpoint, key: str, raw: RawReply) -> Answer:
        """A stored reply, at no spend; `cost_usd` is what serving it costs.

        Raises:
            ValueError: it cannot be parsed (any more).
        """
        reply = self.decode(endpoint, raw)
        cost = self.prices.cost(endpoint, reply.usage)
        return Answer(call_id=CallId(f"stored-{key[:16]}"), reply=reply, cost_usd=cost, latency_s=raw.latency_s)

    def decode(self, endpoint: Endpoint, raw: RawReply) -> Reply:
        """The reply in the provider's own dialect."""
        return dialect_of(self.market.providers[endpoint.provider_id].dialect).decode(raw)

    def _failed(self, endpoint: Endpoint, call_id: CallId, raw: RawReply) -> Answer:
        """No 200: an error status is not billed; silence after sending may be."""
        if raw.http_status == 0 and raw.is_sent:
            status = Status.TIMEOUT if "timeout" in raw.failure.lower() else Status.ERROR
            return self._unknown(call_id, status, raw.failure, raw.latency_s)
        told = raw.failure
        if raw.http_status:
            retry = dialect_of(self.market.providers[endpoint.provider_id].dialect).classify(raw)
            told = f"{retry.kind}: HTTP {raw.http_status} {retry.message}".strip()
        self._release(call_id, told)
        reply = Reply(text="", status=Status.ERROR, usage=Usage(), error=told)
        return Answer(call_id=call_id, reply=reply, cost_usd=Decimal(0), latency_s=raw.latency_s)

    def _unknown(self, call_id: CallId, status: Status, reason: str, latency_s: float) -> Answer:
        self.recorder.append(CallUnknown(call_id=call_id, reason=reason))
        self.ledger.hold(call_id)
        reply = Reply(text="", status=status, usage=Usage(), error=reason)
        return Answer(call_id=call_id, reply=reply, cost_usd=Decimal(0), latency_s=latency_s, is_unknown=True)

    def _release(self, call_id: CallId, reason: str) -> None:
        self.recorder.append(CallReleased(call_id=call_id, reason=reason))
        self.ledger.release(call_id)


def _timed(endpoint: Endpoint, raw: RawReply) -> RawReply:
    """The reply with its latency as measured; from the provider of recorded tables as recorded, NaN where unknown."""
    if endpoint.provider_id != PROVIDER_ID or raw.http_status not in _SUCCESS:
        return raw
    return replace(raw, latency_s=float(raw.headers.get(LATENCY_HEADER, "nan")))
