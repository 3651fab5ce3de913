"""Where batches are handed in and collected: what both sides share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from modelsearch.core.batch import BatchClient, BatchDialect
from modelsearch.core.events import BatchClosed, CallReleased, CallUnknown, Event, Warned
from modelsearch.core.ids import CallId, EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.ports import Clock, Ledger, Recorder
from modelsearch.core.registry import lookup
from modelsearch.core.wire import WireRequest
from modelsearch.evaluate.batch_books import BatchBooks
from modelsearch.evaluate.batch_state import BatchState, OpenBatch
from modelsearch.evaluate.caller import Answer
from modelsearch.providers.clock import SystemClock

KeepResults = Callable[[str, bytes], None]
"""Makes a file of results durable under a name, before anything of it is used."""


@lru_cache(maxsize=64)
def batch_dialect_of(name: str) -> BatchDialect:
    """The batch dialect of a name."""
    dialect: BatchDialect = lookup("batch_dialect", name).cls()
    return dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call that may go into a batch; `bound_usd` is the most that it costs there."""

    key: str
    endpoint: Endpoint
    wire: WireRequest
    bound_usd: Decimal


@dataclass(frozen=True, kw_only=True)
class BatchDesk:
    """What submitting and collecting need.

    Attributes:
        recorder: of the run; `state` hears of everything that goes there, the books' own entries too.
        books: of batched calls; what they append is heard as well.
        paid: answers by key, for whoever scores them; filled here.
        keep: makes raw results durable.
        now_s: epoch seconds.
        refused: endpoints that take no batch in this life of the run; `given_up`: keys that a batch does not help.
    """

    market: Market
    client: BatchClient
    recorder: Recorder
    ledger: Ledger
    books: BatchBooks
    state: BatchState
    next_id: Callable[[], CallId]
    paid: dict[str, Answer]
    keep: KeepResults
    clock: Clock = field(default_factory=SystemClock)
    now_s: Callable[[], float] = time.time
    refused: set[EndpointId] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)

    def dialect(self, endpoint: Endpoint) -> BatchDialect | None:
        """The batch dialect of an endpoint's provider; None where it has no batches, or took none."""
        name = self.market.providers[endpoint.provider_id].batch
        return None if name is None or endpoint.id in self.refused else batch_dialect_of(name)

    def endpoint(self, batch: OpenBatch) -> Endpoint:
        """Of a batch."""
        return self.market.endpoints[batch.endpoint_id]

    def provider_id(self, batch: OpenBatch) -> ProviderId:
        """Of a batch."""
        return self.endpoint(batch).provider_id

    def dialect_of(self, batch: OpenBatch) -> BatchDialect:
        """Of an open batch, which its provider has taken."""
        return batch_dialect_of(str(self.market.providers[self.provider_id(batch)].batch))

    def record(self, event: Event) -> None:
        """Append to the journal; the state hears of it."""
        self.recorder.append(event)

    def release(self, call_id: CallId, reason: str) -> None:
        """Give a reservation back: surely not billed."""
        self.record(CallReleased(call_id=call_id, reason=reason))
        self.ledger.release(call_id)

    def hold(self, call_id: CallId, reason: str) -> None:
        """Keep a reservation for good: perhaps billed."""
        self.record(CallUnknown(call_id=call_id, reason=reason))
        self.ledger.hold(call_id)

    def close_unbilled(self, batch: OpenBatch, reason: str) -> None:
        """End a batch that was not taken: its calls are free again, and made live."""
        for call_id in list(batch.keys):
            self.release(call_id, reason)
        self.record(BatchClosed(batch_id=batch.id, reason=reason))
        if batch.endpoint_id not in self.refused:
            self.refused.add(batch.endpoint_id)
            told = f"{reason}; called live"
            self.record(Warned(code="batch-refused", subject=batch.endpoint_id, message=told))

    def close_lost(self, batch: OpenBatch, reason: str) -> None:
        """End a batch that nobody can find any more: its calls may be on the bill."""
        n_lost = len(batch.keys)
        for call_id in list(batch.keys):
            self.hold(call_id, reason)
        self.record(BatchClosed(batch_id=batch.id, reason=reason))
        told = f"{reason}: its {n_lost} calls count as spent at the most that they can cost"
        self.record(Warned(code="batch-lost", subject=batch.endpoint_id, message=told))


class Heard:
    """A recorder that tells the state of batches what it has made durable."""

    def __init__(self, recorder: Recorder, state: BatchState) -> None:
        self._recorder = recorder
        self._state = state

    def append(self, event: Event) -> None:
        """Write, then tell."""
        self._recorder.append(event)
        self._state.append(event)


def release_unsent(state: BatchState, recorder: Recorder) -> None:
    """Give back what an earlier life prepared and never sent; `recorder` is the open journal."""
    for batch in list(state.unsent()):
        for call_id in list(batch.keys):
            event = CallReleased(call_id=call_id, reason="the run ended before its batch was sent")
            recorder.append(event)
            state.append(event)
        closed = BatchClosed(batch_id=batch.id, reason="never sent")
        recorder.append(closed)
        state.append(closed)
