"""Collecting batches: ask how far they are, keep the raw results, book each call by its custom id.

Results come in any order. A call that was answered is settled; one that failed or expired was not billed and is free
again; one that the results leave out may have been, and stays taken. A batch whose id was never seen (the reply to its
submission was lost, or the run was killed before it was in the journal) is looked for in the provider's list, by what
it carries of ours; where it carries nothing, by its size and time, and then by the custom ids in its results.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from modelsearch.core.batch import BatchStatus, HttpCall, LineResult
from modelsearch.core.errors import OverbilledError
from modelsearch.core.events import BatchAccepted, BatchClosed, CallReplied
from modelsearch.core.ids import CallId
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.batch_desk import BatchDesk
from modelsearch.evaluate.batch_state import OpenBatch
from modelsearch.evaluate.caller import dialect_of

LOST_AFTER_S = 20.0
"""A batch that was sent so long ago and is in no list was not taken, or is not to be found."""
MAX_LOOKS = 8
"""Batches asked about at once."""
CLOCK_SLACK_S = 120.0
"""By how much a provider's clock may be behind ours."""
_OK = range(200, 300)
_GONE = frozenset({404, 410})
_WORTH_A_BATCH = ("rate", "transient")


@dataclass(kw_only=True)
class Collector:
    """Looks after the open batches of a desk.

    Attributes:
        n_silent: looks in a row at a provider that did not answer, by batch.
        strangers: batches of the provider that were found not to be ours.
        stopped: batches that were asked to stop.
    """

    desk: BatchDesk
    n_silent: Counter[str] = field(default_factory=Counter)
    strangers: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)

    async def look(self) -> int:
        """Look at every open batch once, and collect those that have ended; how many are still open.

        Raises:
            OverbilledError: a call cost more than its bound; the truth is booked.
        """
        places = asyncio.Semaphore(MAX_LOOKS)

        async def look_at(batch: OpenBatch) -> None:
            async with places:
                await self._look_at(batch)

        batches = list(self.desk.state.batches.values())
        ended = await asyncio.gather(*map(look_at, batches), return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error
        return len(self.desk.state.batches)

    async def stop(self) -> None:
        """Ask providers to stop what is open; what is done by then is billed and collected like any other."""
        for batch in list(self.desk.state.batches.values()):
            call = self.desk.dialect_of(batch).cancel_call(batch.provider_batch_id)
            if call is not None and batch.provider_batch_id and batch.id not in self.stopped:
                self.stopped.add(batch.id)
                await self._send(batch, call)

    async def _look_at(self, batch: OpenBatch) -> None:
        if not batch.provider_batch_id and not await self._found(batch):
            return
        dialect = self.desk.dialect_of(batch)
        raw = await self._send(batch, dialect.status_call(batch.provider_batch_id))
        if raw.http_status in _GONE:
            self.desk.close_lost(batch, f"batch {batch.provider_batch_id} is no longer known to its provider")
            return
        status = self._status(batch, raw)
        if status is None or not status.is_ended:
            return
        if status.failure:
            self.desk.close_unbilled(batch, f"batch not done: {status.failure}")
            return
        results = await self._results(batch, status)
        if results is not None:
            self._book(batch, results)

    def _status(self, batch: OpenBatch, raw: RawReply) -> BatchStatus | None:
        """What the reply tells; None where it tells nothing."""
        try:
            status = self.desk.dialect_of(batch).status(raw) if raw.http_status in _OK else None
        except ValueError:
            status = None
        self.n_silent[batch.id] = self.n_silent[batch.id] + 1 if status is None else 0
        return status

    async def _results(self, batch: OpenBatch, status: BatchStatus) -> list[LineResult] | None:
        """All results, durable as they came; None where they cannot be had now."""
        found: list[LineResult] = []
        for number, path in enumerate(status.result_paths):
            raw = await self._fetched(batch, path)
            if raw is None:
                return None
            self.desk.keep(f"{batch.id}-{number}", raw.body)
            try:
                found += self.desk.dialect_of(batch).results(raw)
            except ValueError:
                continue  # what cannot be read at all was paid all the same: its calls stay taken
        return found

    async def _fetched(self, batch: OpenBatch, path: str) -> RawReply | None:
        headers = self.desk.dialect_of(batch).status_call(batch.provider_batch_id).headers
        raw = await self._send(batch, HttpCall(method="GET", path=path, headers=headers))
        return raw if raw.http_status in _OK else None

    def _book(self, batch: OpenBatch, results: Iterable[LineResult]) -> None:
        """Settle, release or hold every call of the batch, then close it.

        Raises:
            OverbilledError: calls cost more than their bounds; all of the batch is booked first.
        """
        overbilled: list[OverbilledError] = []
        for result in results:
            call_id = batch.call_of(result.custom_id)
            if call_id is None or call_id not in batch.keys:
                continue
            if result.kind != "replied":
                self._release(batch, call_id, result)
                continue
            try:
                self._settle(batch, call_id, result.raw)
            except OverbilledError as error:
                overbilled.append(error)
        for call_id in list(batch.keys):
            self.desk.hold(call_id, "its batch ended without a result for it")
        self.desk.record(BatchClosed(batch_id=batch.id, reason="collected"))
        if overbilled:
            raise overbilled[0]

    def _settle(self, batch: OpenBatch, call_id: CallId, raw: RawReply) -> None:
        key, endpoint = batch.keys[call_id], self.desk.endpoint(batch)
        self.desk.record(
            CallReplied(call_id=call_id, http_status=raw.http_status, body=raw.body, latency_s=raw.latency_s)
        )
        answer = self.desk.books.book(endpoint, call_id, key, raw)
        if not answer.is_unknown:
            self.desk.paid[key] = answer

    def _release(self, batch: OpenBatch, call_id: CallId, result: LineResult) -> None:
        """Free what was not done; what a second batch would not change is left to a live call."""
        told, raw = result.raw.failure or "expired", result.raw
        if raw.http_status:
            provider = self.desk.market.providers[self.desk.provider_id(batch)]
            retry = dialect_of(provider.dialect).classify(raw)
            told = f"{retry.kind}: HTTP {raw.http_status} {retry.message}".strip()
            if retry.kind not in _WORTH_A_BATCH:
                self.desk.given_up.add(batch.keys[call_id])
        self.desk.release(call_id, f"in its batch: {told}")

    async def _found(self, batch: OpenBatch) -> bool:
        """Look for a batch whose id was never seen; True once it is known."""
        call = self.desk.dialect_of(batch).list_call()
        raw = await self._send(batch, call) if call is not None else RawReply(http_status=404)
        try:
            listed = self.desk.dialect_of(batch).listed(raw) if raw.http_status in _OK else None
        except ValueError:
            listed = None
        if listed is None and call is not None:
            return False
        ours = await self._ours(batch, listed or ())
        if isinstance(ours, BatchStatus):
            self.desk.record(BatchAccepted(batch_id=batch.id, provider_batch_id=ours.id))
            return True
        if not ours and self.desk.now_s() - (batch.sent_s or 0.0) >= LOST_AFTER_S:
            self.desk.close_lost(batch, "the batch was sent, and its provider does not list it")
        return False

    async def _ours(self, batch: OpenBatch, listed: Sequence[BatchStatus]) -> BatchStatus | bool:
        """The batch among those listed; else whether one of them may still turn out to be it."""
        marks = {batch.id, batch.file_id} - {""}
        for status in listed:
            if marks & status.marks:
                return status
        may_be = False
        for status in listed:
            if not self._may_be(batch, status):
                continue
            if not status.is_ended:
                may_be = True
                continue
            is_ours = await self._is_ours(batch, status)
            if is_ours:
                return status
            may_be = may_be or is_ours is None
        return may_be

    def _may_be(self, batch: OpenBatch, status: BatchStatus) -> bool:
        """Whether a batch that carries nothing of ours has the right size and time, and is nobody else's."""
        if status.marks or status.id in self.strangers or status.id in self.desk.state.provider_ids:
            return False
        is_size = status.n_calls in (0, len(batch.call_ids))
        return is_size and (status.created_s is None or status.created_s >= (batch.sent_s or 0.0) - CLOCK_SLACK_S)

    async def _is_ours(self, batch: OpenBatch, status: BatchStatus) -> bool | None:
        """Whether the custom ids in its results are ours; None where they cannot be had now."""
        dialect = self.desk.dialect_of(batch)
        for path in status.result_paths:
            raw = await self._fetched(batch, path)
            if raw is None:
                return None
            try:
                if any(batch.call_of(result.custom_id) is not None for result in dialect.results(raw)):
                    return True
            except ValueError:
                continue
        self.strangers.add(status.id)
        return False

    async def _send(self, batch: OpenBatch, call: HttpCall) -> RawReply:
        return await self.desk.client.exchange(self.desk.provider_id(batch), call)
