"""What goes into the journal, in the order in which it happened. The trajectory is the moves and the outcomes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from modelsearch.core.candidate import Single
from modelsearch.core.ids import CallId, CandidateId, EndpointId
from modelsearch.core.outcome import Call, Outcome
from modelsearch.core.search import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted:
    """A phase began with this much to spend, in USD."""

    phase: str
    spend_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundClosed:
    """Every probe of the move of this round has its outcomes."""

    phase: str
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseClosed:
    """A phase ended, and why."""

    phase: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReserved:
    """Durable before a call is sent: the most that it can cost; `batch_id` names the batch that it goes into."""

    call_id: CallId
    key: str
    endpoint_id: EndpointId
    amount_usd: Decimal
    batch_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReplied:
    """Durable before a reply is used: the raw bytes, for what cannot be parsed was still paid."""

    call_id: CallId
    http_status: int
    body: bytes
    latency_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettled:
    """The call's cost is known and paid."""

    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReleased:
    """The call was surely not billed; its reservation is free again."""

    call_id: CallId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUnknown:
    """The call may have been billed (sent and not answered, or answered beyond parsing): its bound stays taken."""

    call_id: CallId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPrepared:
    """Calls that go into one batch, before they are reserved; `batch_id` is ours, places make custom ids."""

    batch_id: str
    endpoint_id: EndpointId
    call_ids: tuple[CallId, ...]
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSent:
    """Durable before the call that begins the bill; without it nothing of the batch was sent. `at_s`: epoch seconds."""

    batch_id: str
    at_s: float
    file_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAccepted:
    """The provider has the batch, under this id of its own."""

    batch_id: str
    provider_batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchClosed:
    """Each call of the batch is settled, released or unknown, and why it ended."""

    batch_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeScored:
    """One outcome."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSplit:
    """Another model or pinned host answered for a candidate: what it answers is the outcome of another candidate.

    Durable before the first outcome of `into`; the loop puts `into` into the pool with the next move.

    Attributes:
        candidate_id: who was asked; it keeps its outcomes and is bought no further.
        into: what serves since; the candidate of the starting pool itself where what was there first is back.
        first, now: who answered first and who does, as `ServedBy.text`.
    """

    candidate_id: CandidateId
    into: Single
    first: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that the user should know; `subject` is whose it is (an endpoint, the task, ...)."""

    code: str
    subject: str
    message: str


Event: TypeAlias = (
    PhaseStarted
    | Move
    | RoundClosed
    | PhaseClosed
    | CallReserved
    | CallReplied
    | CallSettled
    | CallReleased
    | CallUnknown
    | OutcomeScored
    | Warned
    | CandidateSplit
    | BatchPrepared
    | BatchSent
    | BatchAccepted
    | BatchClosed
)
