import numpy as np
import pytest
from hypothesis import given

from modelsearch.core.events import Event, OutcomeScored
from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Drop, Move
from modelsearch.store.event_codec import event_bytes, event_of
from tests.unit.store.events import events, outcome


@given(events)
def test_every_event_comes_back_equal(event: Event) -> None:
    assert event_of(event_bytes(event)) == event


def test_numbers_of_numpy_are_written_as_plain_ones() -> None:
    drop = Drop(candidate_id=CandidateId("a"), reason="", evidence={"gap": np.float64(-0.25), "n": 3.0})
    move = event_of(event_bytes(Move(phase="race", round=0, drops=(drop,))))
    assert isinstance(move, Move)
    assert move.drops[0].evidence == {"gap": -0.25, "n": 3.0}


def test_half_a_surrogate_pair_does_not_lose_the_outcome() -> None:
    broken = outcome("a\ud83d", "i1", 0.5)
    read = event_of(event_bytes(OutcomeScored(outcome=broken)))
    assert isinstance(read, OutcomeScored)
    assert read.outcome.candidate_id == "a\\ud83d"
    assert (read.outcome.score, read.outcome.cost_usd) == (0.5, broken.cost_usd)


@pytest.mark.parametrize("payload", [b"", b"\xfe", b"\x00\x01", b"\x04\x80"])
def test_what_is_no_event_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"tag|Expected|missing|truncated"):
        event_of(payload)


def test_an_object_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot write a object"):
        event_bytes(Move(phase="race", round=0, drops=(object(),)))  # type: ignore[arg-type]
