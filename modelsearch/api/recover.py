"""What a killed run left: replies paid and not settled are settled, replies settled and not scored are kept for use."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.events import (
    CallReleased,
    CallReplied,
    CallReserved,
    CallSettled,
    CallUnknown,
    Event,
    OutcomeScored,
)
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.ports import Recorder, ReplyStore
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.batch_books import BatchBooks
from modelsearch.evaluate.caller import Answer, Caller
from modelsearch.evaluate.side_calls import SIDE_PREFIXES
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import replies_of

CALL_PREFIX = "call-"
KEPT = (Status.OK, Status.TRUNCATED)
"""Replies worth keeping, as `Caller.book` keeps them: a refusal may not be one tomorrow."""


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """Paid answers by call key, and outcomes."""

    paid: dict[str, Answer]
    outcomes: list[Outcome]


def recover(events: Sequence[Event], caller: Caller, market: Market) -> Recovered:
    """Finish the books of a killed run; what it appends goes to the caller's recorder.

    Args:
        events: the journal so far.
        caller: whose recorder is the open journal; its ledger is not touched.
        market: of the search.
    """
    reserved = {e.call_id: e for e in events if isinstance(e, CallReserved)}
    replied = {e.call_id: e for e in events if isinstance(e, CallReplied)}
    settled = {e.call.id: e.call for e in events if isinstance(e, CallSettled)}
    unknown = {e.call_id for e in events if isinstance(e, CallUnknown)}
    outcomes = [e.outcome for e in events if isinstance(e, OutcomeScored)]
    scored = {call_id for outcome in outcomes for call_id in outcome.call_ids}
    paid: dict[str, Answer] = {}
    for call_id, reply in replied.items():
        if call_id in scored or call_id in unknown:
            continue
        reservation = reserved[call_id]
        endpoint = market.endpoints[reservation.endpoint_id]
        raw = RawReply(http_status=reply.http_status, body=reply.body, latency_s=reply.latency_s)
        if call_id in settled:
            answer = _books(caller, reservation).paid(endpoint, call_id, raw, settled[call_id].cost_usd)
        else:
            own = replace(caller, ledger=_ledger_with(call_id, reservation.amount_usd))
            answer = _books(own, reservation).book(endpoint, call_id, reservation.key, raw)
        if not answer.is_unknown:
            paid[reservation.key] = answer
    return Recovered(paid=paid, outcomes=outcomes)


def _books(caller: Caller, reservation: CallReserved) -> Caller | BatchBooks:
    """Who booked the call: what came in a batch was paid at the batch's price."""
    return BatchBooks(live=caller) if reservation.batch_id else caller


def keep_replies(events: Sequence[Event], replies: ReplyStore) -> None:
    """Put what the journal holds into the store over runs: a kill may have lost the store's last batch."""
    kept = {e.call.id for e in events if isinstance(e, CallSettled) and e.call.status in KEPT}
    own = [e for e in events if isinstance(e, CallReserved | CallReplied) and e.call_id in kept]
    for key, raw in replies_of(own):
        replies.put(key, raw)


def release_unsold(events: Sequence[Event], recorder: Recorder) -> None:
    """Give back what a replay had reserved and not settled: a recorded table charges nothing in between."""
    booked = {e.call.id for e in events if isinstance(e, CallSettled)}
    released = Counter(e.call_id for e in events if isinstance(e, CallReleased))
    reserved = Counter(e.call_id for e in events if isinstance(e, CallReserved))
    for call_id, n_times in reserved.items():
        if call_id not in booked and n_times > released[call_id]:
            recorder.append(CallReleased(call_id=call_id, reason="the run ended before the recorded cell was sold"))


def settled_calls(events: Sequence[Event]) -> frozenset[CallId]:
    """Every call that is paid."""
    return frozenset(event.call.id for event in events if isinstance(event, CallSettled))


def first_free_number(events: Sequence[Event]) -> int:
    """Where the numbers of calls go on: above all that were used, though some calls were never reserved."""
    ids = (e.call_id for e in events if isinstance(e, CallReserved))
    names = (call_id.rpartition("-")[2] for call_id in ids if call_id.startswith((CALL_PREFIX, *SIDE_PREFIXES)))
    return 1 + max((int(name) for name in names if name.isdecimal()), default=0)


def first_served_by(events: Sequence[Event], candidates: Iterable[Candidate]) -> dict[EndpointId, str]:
    """Who answered first at each endpoint in an earlier life: what later answers are compared with.

    Outcomes say it in the order in which they were looked at, stored replies among them; calls only where there is no
    outcome yet.

    Args:
        events: the journal so far.
        candidates: the starting pool.
    """
    endpoint_ids = {single.id: single.endpoint_id for single in candidates if isinstance(single, Single)}
    found: dict[EndpointId, str] = {}
    for event in events:
        if isinstance(event, OutcomeScored) and event.outcome.candidate_id in endpoint_ids:
            _note_first(found, endpoint_ids[event.outcome.candidate_id], event.outcome.served_by)
    for event in events:
        if isinstance(event, CallSettled) and event.call.status is Status.OK:
            _note_first(found, event.call.endpoint_id, event.call.served_by)
    return found


def _note_first(found: dict[EndpointId, str], endpoint_id: EndpointId, served_by: str) -> None:
    if served_by.strip("|"):
        found.setdefault(endpoint_id, served_by)


def _ledger_with(call_id: CallId, amount_usd: Decimal) -> Ledger:
    """A ledger of one reservation: the run's own is recomputed from the journal afterwards."""
    ledger = Ledger(amount_usd)
    ledger.reserve(call_id, amount_usd)
    return ledger
