"""Events for the tests of the store: one of each type, and a strategy over all of them."""

from decimal import Decimal

from hypothesis import strategies as st

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, GenParams, Single
from modelsearch.core.events import (
    CallReleased,
    CallReplied,
    CallReserved,
    CallSettled,
    CallUnknown,
    CandidateSplit,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
    Warned,
)
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, PromptId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.core.search import Drop, Move, Probe

texts = st.text(max_size=8)
numbers = st.floats(allow_nan=False)
finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(min_value=0, max_value=2**53)
amounts = st.decimals(min_value=0, max_value=10**6, places=12)
statuses = st.sampled_from(Status)

params = st.builds(
    GenParams,
    temperature=st.none() | finite,
    max_output_tokens=st.none() | counts,
    reasoning_effort=st.none() | texts,
)
singles = st.builds(
    Single, endpoint_id=texts.map(EndpointId), prompt_id=texts.map(PromptId), params=params, served_by=texts
)
candidates: st.SearchStrategy[Candidate] = st.one_of(
    singles,
    st.builds(
        Ensemble,
        members=st.lists(singles, max_size=3).map(tuple),
        rule=st.sampled_from(("majority", "weighted")),
    ),
    st.builds(
        lambda legs: Cascade(legs=tuple(leg for leg, _ in legs), thresholds=tuple(above for _, above in legs[1:])),
        st.lists(st.tuples(singles, finite), min_size=1, max_size=3),
    ),
)
drops = st.builds(
    Drop,
    candidate_id=texts.map(CandidateId),
    reason=texts,
    evidence=st.dictionaries(texts, numbers, max_size=2),
    remedy=texts,
    strategy=texts,
)
probes = st.builds(
    Probe,
    candidate_id=texts.map(CandidateId),
    item_ids=st.lists(texts.map(ItemId), max_size=3).map(tuple),
    p_draw=st.none() | st.lists(numbers, max_size=3).map(tuple),
)
moves = st.builds(
    Move,
    phase=texts,
    round=counts,
    drops=st.lists(drops, max_size=2).map(tuple),
    additions=st.lists(candidates, max_size=3).map(tuple),
    probes=st.lists(probes, max_size=2).map(tuple),
)
usages = st.builds(
    Usage,
    input_tokens=counts,
    cache_read_tokens=counts,
    output_tokens=counts,
    reasoning_tokens=counts,
    compute_s=amounts,
    reported_usd=st.none() | amounts,
)
calls = st.builds(
    Call,
    id=texts.map(CallId),
    key=texts,
    endpoint_id=texts.map(EndpointId),
    status=statuses,
    usage=usages,
    cost_usd=amounts,
    latency_s=numbers,
    n_attempts=counts,
    served_by=texts,
    error=texts,
)
outcomes = st.builds(
    Outcome,
    candidate_id=texts.map(CandidateId),
    item_id=texts.map(ItemId),
    status=statuses,
    repeat=counts,
    answer=st.none() | texts,
    score=st.none() | numbers,
    confidence=st.none() | numbers,
    cost_usd=amounts,
    spend_usd=amounts,
    latency_s=numbers,
    call_ids=st.lists(texts.map(CallId), max_size=2).map(tuple),
    served_by=texts,
)
replies = st.builds(
    CallReplied, call_id=texts.map(CallId), http_status=counts, body=st.binary(max_size=64), latency_s=numbers
)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(PhaseStarted, phase=texts, spend_usd=amounts),
    moves,
    st.builds(RoundClosed, phase=texts, round=counts),
    st.builds(PhaseClosed, phase=texts, reason=texts),
    st.builds(
        CallReserved, call_id=texts.map(CallId), key=texts, endpoint_id=texts.map(EndpointId), amount_usd=amounts
    ),
    replies,
    st.builds(CallSettled, call=calls),
    st.builds(CallReleased, call_id=texts.map(CallId), reason=texts),
    st.builds(CallUnknown, call_id=texts.map(CallId), reason=texts),
    st.builds(OutcomeScored, outcome=outcomes),
    st.builds(Warned, code=texts, subject=texts, message=texts),
    st.builds(CandidateSplit, candidate_id=texts.map(CandidateId), into=singles, first=texts, now=texts),
)


def reserved(call_id: str, amount_usd: str = "0.01") -> CallReserved:
    return CallReserved(
        call_id=CallId(call_id), key="k", endpoint_id=EndpointId("acme/small"), amount_usd=Decimal(amount_usd)
    )


def call(call_id: str, cost_usd: str = "0.004") -> Call:
    return Call(
        id=CallId(call_id),
        key="k",
        endpoint_id=EndpointId("acme/small"),
        status=Status.OK,
        usage=Usage(input_tokens=90, output_tokens=7),
        cost_usd=Decimal(cost_usd),
        latency_s=0.5,
    )


def outcome(candidate_id: str, item_id: str, score: float | None = 1.0) -> Outcome:
    return Outcome(
        candidate_id=CandidateId(candidate_id),
        item_id=ItemId(item_id),
        status=Status.OK,
        answer="b",
        score=score,
        cost_usd=Decimal("0.004"),
        spend_usd=Decimal("0.004"),
        latency_s=0.5,
        call_ids=(CallId("c1"),),
    )
