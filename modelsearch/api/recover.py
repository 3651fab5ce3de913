"""What a killed run left: replies paid and not settled are settled, replies settled and not scored are kept for use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.core.events import CallReplied, CallReserved, CallSettled, CallUnknown, Event, OutcomeScored
from modelsearch.core.ids import CallId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.caller import Answer, Caller
from modelsearch.store.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """Paid answers by call key, outcomes, and how many calls were ever begun."""

    paid: dict[str, Answer]
    outcomes: list[Outcome]
    n_calls: int


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
            answer = caller.reused(endpoint, reservation.key, raw)
            answer = replace(answer, call_id=call_id, cost_usd=settled[call_id].cost_usd)
        else:
            scratch = _ledger_with(call_id, reservation.amount_usd)
            answer = replace(caller, ledger=scratch).book(endpoint, call_id, reservation.key, raw)
        if not answer.is_unknown:
            paid[reservation.key] = answer
    return Recovered(paid=paid, outcomes=outcomes, n_calls=len(reserved))


def _ledger_with(call_id: CallId, amount_usd: Decimal) -> Ledger:
    """A ledger of one reservation: the run's own is recomputed from the journal afterwards."""
    ledger = Ledger(amount_usd)
    ledger.reserve(call_id, amount_usd)
    return ledger
