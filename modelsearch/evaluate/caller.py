"""One call: reserve, journal, send, journal the raw reply, decode, settle. The money of the house moves here alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from modelsearch.core.errors import InputError, PriceUnknownError, StoppedError
from modelsearch.core.events import CallReleased, CallReplied, CallReserved, CallSettled, CallUnknown, Warned
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.outcome import Call, Reply, Status, Usage
from modelsearch.core.ports import Client, Dialect, Ledger, Recorder, ReplyStore
from modelsearch.core.registry import lookup
from modelsearch.core.wire import RawReply, Retry, RetryKind, WireRequest
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.recorded import LATENCY_HEADER, PROVIDER_ID

MAX_CALLS_PER_OUTCOME = 3
"""A sent and unanswered call may have been billed; after this many the outcome is missing."""
ERROR_WAIT_S = 2.0
"""Before the one repeat of a call that was answered with an error inside a 200."""
_SUCCESS = range(200, 300)


@lru_cache(maxsize=64)
def dialect_of(name: str) -> Dialect:
    """The dialect of a name."""
    dialect: Dialect = lookup("dialect", name).cls()
    return dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call.

    Attributes:
        is_unknown: it may have been billed and cannot be used; its bound stays taken.
        kind: what a failure means, as of `Retry`.
        n_repeats: calls of their own that may follow one which came to nothing.
        wait_s: how long to wait before asking again; None = no need.
        spend_usd: what was paid where that is not what serving costs (a batch is cheaper); None = `cost_usd`.
    """

    call_id: CallId
    reply: Reply
    cost_usd: Decimal
    latency_s: float
    is_unknown: bool = False
    kind: RetryKind = "none"
    n_repeats: int = 0
    wait_s: float | None = None
    spend_usd: Decimal | None = None

    @property
    def paid_usd(self) -> Decimal:
        """What was paid."""
        return self.cost_usd if self.spend_usd is None else self.spend_usd


NOT_RUN = Answer(
    call_id=CallId(""),
    reply=Reply(text="", status=Status.NOT_RUN, usage=Usage()),
    cost_usd=Decimal(0),
    latency_s=0.0,
)
"""No call was made: money was short."""


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
    without_price: set[EndpointId] = field(default_factory=set, repr=False)

    async def call(self, endpoint: Endpoint, key: str, wire: WireRequest, bound_usd: Decimal) -> Answer | None:
        """Make a call; None where the budget does not hold its bound.

        Whatever goes wrong, the reservation is either given back or held: nothing stays in between.

        Raises:
            StoppedError: the account cannot go on, or a call cost more than its bound (the truth is booked).
        """
        call_id = self.next_id()
        if not self.ledger.reserve(call_id, bound_usd):
            return None
        self.recorder.append(CallReserved(call_id=call_id, key=key, endpoint_id=endpoint.id, amount_usd=bound_usd))
        try:
            raw = _timed(endpoint, await self.client.send(wire, endpoint))
        except BaseException as error:
            if _is_unsent(error):
                self._release(call_id, str(error))
            else:  # the type alone: the words of an unforeseen error may hold anything
                self._hold(call_id, str(error) if isinstance(error, StoppedError) else type(error).__name__)
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
            lost = self._lost(call_id, Status.ERROR, f"reply cannot be parsed: {error}", raw.latency_s)
            return replace(lost, n_repeats=MAX_CALLS_PER_OUTCOME - 1)
        if reply.status is Status.ERROR and reply.usage == Usage():
            return self._refused(endpoint, call_id, reply, raw)
        try:
            cost = self.prices.cost(endpoint, reply.usage)
        except PriceUnknownError as error:
            told = str(PriceUnknownError(kind=error.kind, endpoint_id=endpoint.id))
            self._warn_of_price(endpoint, told)
            return self._lost(call_id, Status.ERROR, told, raw.latency_s)
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
            PriceUnknownError: nobody knows what serving it costs (any more).
        """
        usage = self.decode(endpoint, raw).usage
        if raw.is_of_batch:  # what it reports was the price of a batch, and it took hours
            usage, raw = replace(usage, reported_usd=None), replace(raw, latency_s=math.nan)
        return self.paid(endpoint, CallId(f"stored-{key[:16]}"), raw, self.prices.cost(endpoint, usage))

    def paid(self, endpoint: Endpoint, call_id: CallId, raw: RawReply, cost_usd: Decimal) -> Answer:
        """A reply whose cost is booked.

        Raises:
            ValueError: it cannot be parsed (any more).
        """
        return Answer(
            call_id=call_id, reply=self.decode(endpoint, raw), cost_usd=cost_usd, latency_s=raw.latency_s
        )  # fmt: skip

    def decode(self, endpoint: Endpoint, raw: RawReply) -> Reply:
        """The reply in the provider's own dialect."""
        return self._dialect(endpoint).decode(raw)

    def _dialect(self, endpoint: Endpoint) -> Dialect:
        return dialect_of(self.market.providers[endpoint.provider_id].dialect)

    def _failed(self, endpoint: Endpoint, call_id: CallId, raw: RawReply) -> Answer:
        """No 200: an error status is not billed; silence after sending, a gateway's too, may be."""
        if raw.is_unanswered:
            is_late = raw.http_status != 0 or "timeout" in raw.failure.lower()
            told = raw.failure or f"HTTP {raw.http_status}: a gateway's timeout"
            lost = self._lost(call_id, Status.TIMEOUT if is_late else Status.ERROR, told, raw.latency_s)
            return replace(lost, n_repeats=MAX_CALLS_PER_OUTCOME - 1)
        retry, told = Retry(kind="transient"), raw.failure
        if raw.http_status:
            retry = self._dialect(endpoint).classify(raw)
            told = f"{retry.kind}: HTTP {raw.http_status} {retry.message}".strip()
        self._release(call_id, told)
        reply = Reply(text="", status=Status.ERROR, usage=Usage(), error=told)
        return Answer(
            call_id=call_id, reply=reply, cost_usd=Decimal(0), latency_s=raw.latency_s, kind=retry.kind,
            wait_s=raw.wait_s,
        )  # fmt: skip

    def _refused(self, endpoint: Endpoint, call_id: CallId, reply: Reply, raw: RawReply) -> Answer:
        """An error inside a 200, without usage: held once. The client has repeated a rate limit as often as it helps;
        anything but that, or an endpoint that is of no use, is worth one more call.
        """
        retry = self._dialect(endpoint).classify(raw)
        lost = self._lost(call_id, Status.ERROR, reply.error or "error inside a 200", raw.latency_s)
        n_repeats = 0 if retry.kind in ("rate", "gone", "incapable") else 1
        return replace(lost, kind=retry.kind, n_repeats=n_repeats, wait_s=ERROR_WAIT_S)

    def _lost(self, call_id: CallId, status: Status, reason: str, latency_s: float) -> Answer:
        self._hold(call_id, reason)
        reply = Reply(text="", status=status, usage=Usage(), error=reason)
        return Answer(call_id=call_id, reply=reply, cost_usd=Decimal(0), latency_s=latency_s, is_unknown=True)

    def _warn_of_price(self, endpoint: Endpoint, told: str) -> None:
        """Once an endpoint: its calls stay unknown at their bounds."""
        if endpoint.id not in self.without_price:
            self.without_price.add(endpoint.id)
            message = f"{told}; until then its calls count as spent at the most that they can cost"
            self.recorder.append(Warned(code="price-unknown", subject=endpoint.id, message=message))

    def _hold(self, call_id: CallId, reason: str) -> None:
        self.recorder.append(CallUnknown(call_id=call_id, reason=reason))
        self.ledger.hold(call_id)

    def _release(self, call_id: CallId, reason: str) -> None:
        self.recorder.append(CallReleased(call_id=call_id, reason=reason))
        self.ledger.release(call_id)


def _is_unsent(error: BaseException) -> bool:
    """Whether the call was surely not billed: bad input is found before sending; who cannot go on did not serve."""
    return isinstance(error, InputError) or (isinstance(error, StoppedError) and not error.is_perhaps_billed)


def _timed(endpoint: Endpoint, raw: RawReply) -> RawReply:
    """The reply with its latency as measured; from the provider of recorded tables as recorded, NaN where unknown."""
    if endpoint.provider_id != PROVIDER_ID or raw.http_status not in _SUCCESS:
        return raw
    return replace(raw, latency_s=float(raw.headers.get(LATENCY_HEADER, "nan")))
