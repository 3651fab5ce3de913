"""What the journal tells of batches: which are under way, what they hold, and how often an item was handed in."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from modelsearch.core.events import (
    BatchAccepted,
    BatchClosed,
    BatchPrepared,
    BatchSent,
    CallReleased,
    CallReserved,
    CallSettled,
    CallUnknown,
    Event,
)
from modelsearch.core.ids import CallId, EndpointId


@dataclass(kw_only=True)
class OpenBatch:
    """A batch that is not closed.

    Attributes:
        call_ids: in the order of the custom ids.
        keys: call key of each call that is reserved and not settled, released or unknown.
        sent_s: epoch seconds at which it was sent; None = it never was.
        provider_batch_id: "" = not known: the reply that said so was never seen.
    """

    id: str
    endpoint_id: EndpointId
    call_ids: tuple[CallId, ...]
    keys: dict[CallId, str] = field(default_factory=dict)
    sent_s: float | None = None
    file_id: str = ""
    provider_batch_id: str = ""

    def custom_id(self, number: int) -> str:
        """Of the call at a place."""
        return f"{self.id}-{number}"

    def call_of(self, custom_id: str) -> CallId | None:
        """The call of a custom id; None for a stranger's."""
        name, _, number = custom_id.rpartition("-")
        if name != self.id or not number.isdecimal() or int(number) >= len(self.call_ids):
            return None
        return self.call_ids[int(number)]


class BatchState:
    """The open batches of a run, kept up to date by its events; a `core.ports.Recorder` that writes nothing."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.batches: dict[str, OpenBatch] = {}
        self.n_tries: Counter[str] = Counter()
        self.provider_ids: set[str] = set()
        self.began_s: float | None = None
        self._batch_of: dict[CallId, str] = {}
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Take in one event; those of live calls change nothing."""
        if isinstance(event, BatchPrepared | BatchSent | BatchAccepted | BatchClosed):
            self._apply(event)
        elif isinstance(event, CallReserved) and event.batch_id in self.batches:
            self.batches[event.batch_id].keys[event.call_id] = event.key
            self._batch_of[event.call_id] = event.batch_id
        elif isinstance(event, CallSettled):
            self._close(event.call.id)
        elif isinstance(event, CallReleased | CallUnknown):
            self._close(event.call_id)

    def open_calls(self) -> frozenset[CallId]:
        """Every call that a provider may still answer."""
        return frozenset(call_id for batch in self.batches.values() for call_id in batch.keys)

    def unsent(self) -> Iterator[OpenBatch]:
        """Batches that were prepared and never sent."""
        yield from [batch for batch in self.batches.values() if batch.sent_s is None]

    def _apply(self, event: BatchPrepared | BatchSent | BatchAccepted | BatchClosed) -> None:
        if isinstance(event, BatchPrepared):
            batch = OpenBatch(id=event.batch_id, endpoint_id=event.endpoint_id, call_ids=event.call_ids)
            self.batches[event.batch_id] = batch
        elif isinstance(event, BatchSent):
            batch = self.batches[event.batch_id]
            batch.sent_s, batch.file_id = event.at_s, event.file_id
            self.began_s = event.at_s if self.began_s is None else self.began_s
            self.n_tries.update(batch.keys.values())
        elif isinstance(event, BatchAccepted):
            self.batches[event.batch_id].provider_batch_id = event.provider_batch_id
            self.provider_ids.add(event.provider_batch_id)
        else:
            self.batches.pop(event.batch_id, None)

    def _close(self, call_id: CallId) -> None:
        batch = self.batches.get(self._batch_of.pop(call_id, ""))
        if batch is not None:
            batch.keys.pop(call_id, None)
