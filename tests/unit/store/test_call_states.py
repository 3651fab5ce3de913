"""States of calls: a dict in a byte a call."""

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import CallId
from modelsearch.store.call_states import CallStates

ids = st.one_of(
    st.integers(0, 300).map(lambda number: f"call-{number:06d}"),
    st.integers(0, 10**12).map(lambda number: f"call-{number}"),
    st.sampled_from(["call-1", "call-01", "call-", "call", "", "7", "-7", "a-b-7", "call-٣", "call-²"]),
    st.text(max_size=8),
).map(CallId)
states = st.sampled_from(["settled", "released", "held"])


@given(st.lists(st.tuples(ids, states)), st.lists(ids))
def test_it_is_a_dict(puts: list[tuple[CallId, str]], others: list[CallId]) -> None:
    known: dict[CallId, str] = {}
    found = CallStates()
    for call_id, state in puts:
        known[call_id] = state
        found.put(call_id, state)
    for call_id in [*known, *others]:
        assert found.get(call_id) == known.get(call_id, "")


def test_numbered_calls_take_a_byte_each() -> None:
    found = CallStates()
    for number in range(1000):
        found.put(CallId(f"call-{number:06d}"), "settled")
    assert sum(map(len, found._numbered.values())) == 1000
    assert not found._named


def test_a_number_out_of_all_proportion_takes_no_room() -> None:
    found = CallStates()
    found.put(CallId("call-999999999"), "held")
    assert found.get(CallId("call-999999999")) == "held"
    assert sum(map(len, found._numbered.values())) == 0
