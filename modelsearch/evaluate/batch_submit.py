"""Handing in batches: reserve at the batch's price, journal the intent, send, journal the provider's id.

The order is what makes a kill harmless at any point. Before `BatchSent` nothing was billed, and a resumed run gives the
reservations back; between it and `BatchAccepted` the provider may have the batch, and the collecting side looks for it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from secrets import token_hex

from modelsearch.core.batch import BatchDialect, BatchLine, Submission
from modelsearch.core.events import BatchAccepted, BatchPrepared, BatchSent, CallReserved
from modelsearch.core.ids import CallId
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.batch_desk import BatchDesk, Wanted
from modelsearch.evaluate.batch_state import OpenBatch

MAX_AT_ONCE = 4
"""Uploads under way: each is a whole batch in memory."""
LINE_BYTES = 200
"""What a line may add around a request."""
_OK = range(200, 300)
_SURE_REFUSALS = frozenset(range(400, 500)) - {408, 409, 425, 499}
"""An error of ours, or a rate limit: the batch was not taken. Any other status may hide one that was."""


async def submit(desk: BatchDesk, wanted: Sequence[Wanted]) -> None:
    """Hand in all of `wanted`, one or more batches an endpoint; what the budget does not hold is left out.

    Batches that are refused are released, and their endpoints called live from then on.
    """
    places = asyncio.Semaphore(MAX_AT_ONCE)

    async def hand_in(dialect: BatchDialect, chunk: list[Wanted]) -> None:
        async with places:
            await _hand_in(desk, dialect, chunk)

    ended = await asyncio.gather(*(hand_in(*each) for each in _chunks(desk, wanted)), return_exceptions=True)
    for error in ended:
        if isinstance(error, BaseException):
            raise error


def _chunks(desk: BatchDesk, wanted: Sequence[Wanted]) -> Iterator[tuple[BatchDialect, list[Wanted]]]:
    """Batches of one endpoint each, within the provider's limits of number and bytes."""
    by_endpoint: dict[str, list[Wanted]] = {}
    for each in wanted:
        by_endpoint.setdefault(each.endpoint.id, []).append(each)
    for calls in by_endpoint.values():
        dialect = desk.dialect(calls[0].endpoint)
        if dialect is None:
            continue
        chunk: list[Wanted] = []
        n_bytes = 0
        for each in calls:
            n_more = len(each.wire.body) + LINE_BYTES
            if chunk and (len(chunk) >= dialect.max_calls or n_bytes + n_more > dialect.max_bytes):
                yield dialect, chunk
                chunk, n_bytes = [], 0
            chunk.append(each)
            n_bytes += n_more
        yield dialect, chunk


async def _hand_in(desk: BatchDesk, dialect: BatchDialect, chunk: list[Wanted]) -> None:
    """One batch, from reservation to the provider's id."""
    reserved = _reserved(desk, chunk)
    if not reserved:
        return
    batch = _prepared(desk, reserved)
    lines = [BatchLine(custom_id=batch.custom_id(number), wire=each.wire) for number, (_, each) in enumerate(reserved)]
    submission = Submission(name=batch.id, model=chunk[0].endpoint.wire_name, lines=lines)
    file_id = await _uploaded(desk, dialect, batch, submission)
    if file_id is None:
        return
    desk.record(BatchSent(batch_id=batch.id, at_s=desk.now_s(), file_id=file_id))
    raw = await desk.client.exchange(desk.provider_id(batch), dialect.create(submission, file_id))
    _take_reply(desk, dialect, batch, raw)


def _reserved(desk: BatchDesk, chunk: list[Wanted]) -> list[tuple[CallId, Wanted]]:
    """The calls that the budget holds, with their ids; the rest is left to the live side, which finds the same."""
    found = []
    for each in chunk:
        call_id = desk.next_id()
        if not desk.ledger.reserve(call_id, each.bound_usd):
            break
        found.append((call_id, each))
    return found


def _prepared(desk: BatchDesk, reserved: Sequence[tuple[CallId, Wanted]]) -> OpenBatch:
    """The batch and its reservations in the journal."""
    batch_id = f"ms-{token_hex(6)}"
    endpoint_id = reserved[0][1].endpoint.id
    call_ids = tuple(call_id for call_id, _ in reserved)
    desk.record(BatchPrepared(batch_id=batch_id, endpoint_id=endpoint_id, call_ids=call_ids, at_s=desk.now_s()))
    for call_id, each in reserved:
        desk.record(
            CallReserved(
                call_id=call_id, key=each.key, endpoint_id=endpoint_id, amount_usd=each.bound_usd, batch_id=batch_id
            )
        )
    return desk.state.batches[batch_id]


async def _uploaded(desk: BatchDesk, dialect: BatchDialect, batch: OpenBatch, submission: Submission) -> str | None:
    """The id of the input file, "" where none is needed; None where the provider did not take it."""
    call = dialect.upload(submission)
    if call is None:
        return ""
    raw = await desk.client.exchange(desk.provider_id(batch), call)
    try:
        if raw.http_status in _OK:
            return dialect.file_id(raw)
        told = _told(raw)
    except ValueError as error:
        told = str(error)
    desk.close_unbilled(batch, f"batch file not taken: {told}")
    return None


def _take_reply(desk: BatchDesk, dialect: BatchDialect, batch: OpenBatch, raw: RawReply) -> None:
    """Note the provider's id; without one the batch is refused, or has to be looked for."""
    if raw.http_status in _SURE_REFUSALS or (raw.http_status == 0 and not raw.is_sent):
        desk.close_unbilled(batch, f"batch not taken: {_told(raw)}")
        return
    if raw.http_status not in _OK:
        return
    try:
        status = dialect.status(raw)
    except ValueError:
        return
    desk.record(BatchAccepted(batch_id=batch.id, provider_batch_id=status.id))


def _told(raw: RawReply) -> str:
    """Why, in one line; a body may be long, and is the provider's."""
    words = raw.failure or raw.body[:300].decode(errors="replace")
    return f"HTTP {raw.http_status} {' '.join(words.split())}".strip()
