"""What the journal tells of batches: the same state event by event and from scratch."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.events import (
    BatchAccepted,
    BatchClosed,
    BatchPrepared,
    BatchSent,
    CallReleased,
    CallReserved,
    CallUnknown,
    Event,
)
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.evaluate.batch_state import BatchState, OpenBatch
from modelsearch.store.event_codec import event_bytes, event_of

CALLS = tuple(CallId(f"call-{n}") for n in range(3))


def story() -> list[Event]:
    reserved = [
        CallReserved(call_id=c, key=f"k{n}", endpoint_id=EndpointId("e"), amount_usd=Decimal(1), batch_id="ms-a")
        for n, c in enumerate(CALLS)
    ]
    return [
        BatchPrepared(batch_id="ms-a", endpoint_id=EndpointId("e"), call_ids=CALLS, at_s=1.0),
        *reserved,
        BatchSent(batch_id="ms-a", at_s=2.0, file_id="f"),
        BatchAccepted(batch_id="ms-a", provider_batch_id="p"),
        CallReleased(call_id=CALLS[0], reason="r"),
        CallUnknown(call_id=CALLS[1], reason="r"),
    ]


def test_calls_are_open_until_they_are_closed() -> None:
    state = BatchState(story()[:4])
    assert state.open_calls() == set(CALLS)
    assert [batch.id for batch in state.unsent()] == ["ms-a"]
    assert state.began_s is None
    state = BatchState(story())
    assert state.open_calls() == {CALLS[2]}
    assert list(state.unsent()) == []
    assert (state.began_s, state.provider_ids, dict(state.n_tries)) == (2.0, {"p"}, {"k0": 1, "k1": 1, "k2": 1})
    state.append(BatchClosed(batch_id="ms-a", reason="r"))
    assert (state.batches, state.open_calls()) == ({}, frozenset())


@given(st.integers(min_value=0, max_value=8))
def test_events_one_by_one_and_through_the_journal_are_the_same(cut: int) -> None:
    events = story()
    state = BatchState(events[:cut])
    for event in events[cut:]:
        state.append(event_of(event_bytes(event)))
    assert state.batches == BatchState(events).batches


def test_live_calls_are_none_of_its_business() -> None:
    live = CallReserved(call_id=CallId("x"), key="k", endpoint_id=EndpointId("e"), amount_usd=Decimal(1))
    assert BatchState([live, CallReleased(call_id=CallId("x"), reason="r")]).open_calls() == frozenset()


@given(st.text(max_size=20))
def test_only_its_own_custom_ids_name_its_calls(custom_id: str) -> None:
    batch = OpenBatch(id="ms-a", endpoint_id=EndpointId("e"), call_ids=CALLS)
    assert batch.call_of(custom_id) is None
    assert [batch.call_of(batch.custom_id(n)) for n in range(3)] == list(CALLS)
    assert batch.call_of("ms-a-3") is None
    assert batch.call_of("ms-a-²") is None
