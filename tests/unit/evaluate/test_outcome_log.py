"""The log of outcomes: what comes out is what was put in, packed or not, and it is small."""

import math
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import CallId, CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.evaluate import outcome_log
from modelsearch.evaluate.outcome_log import Cell, OutcomeLog

amounts = st.decimals(min_value=0, max_value=1000, places=12)
outcomes = st.builds(
    Outcome,
    candidate_id=st.sampled_from([CandidateId("a"), CandidateId("b")]),
    item_id=st.integers(0, 30).map(lambda number: ItemId(f"i{number}")),
    repeat=st.integers(0, 2),
    status=st.sampled_from([status for status in Status if status is not Status.NOT_RUN]),
    answer=st.none() | st.text(st.characters(codec="utf-8"), max_size=50),
    score=st.none() | st.floats(0, 1),
    confidence=st.none() | st.floats(0, 1),
    cost_usd=amounts,
    spend_usd=amounts,
    latency_s=st.floats(0, 100),
    call_ids=st.lists(st.integers(0, 999).map(lambda number: CallId(f"call-{number:06d}")), max_size=3).map(tuple),
    served_by=st.sampled_from(["", "m|h|f", "m" * 60]),
)


def cell_of(outcome: Outcome) -> Cell:
    return outcome.candidate_id, outcome.item_id, outcome.repeat


@given(st.lists(outcomes, max_size=40), st.integers(0, 5))
def test_it_is_a_dict_of_outcomes(some: list[Outcome], n_fresh: int) -> None:
    known: dict[Cell, Outcome] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome_log, "MAX_FRESH", n_fresh)
        log = OutcomeLog()
        for outcome in some:
            if cell_of(outcome) not in log:
                known[cell_of(outcome)] = log[cell_of(outcome)] = outcome
    for outcome in some:
        found = log.get(cell_of(outcome))
        assert found == known[cell_of(outcome)]
        assert repr(found) == repr(known[cell_of(outcome)])
        assert cell_of(outcome) in log
    assert (CandidateId("a"), ItemId("never"), 0) not in log
    assert log.get((CandidateId("never"), ItemId("i0"), 0)) is None


def test_a_latency_that_nobody_knows_stays_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome_log, "MAX_FRESH", 0)
    log = OutcomeLog()
    outcome = Outcome(candidate_id=CandidateId("a"), item_id=ItemId("i"), status=Status.OK, latency_s=math.nan)
    log[cell_of(outcome)] = outcome
    found = log.get(cell_of(outcome))
    assert found is not None
    assert math.isnan(found.latency_s)


def test_an_outcome_takes_some_120_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome_log, "MAX_FRESH", 0)
    log = OutcomeLog()
    for number in range(100):
        outcome = Outcome(
            candidate_id=CandidateId("a"), item_id=ItemId(f"i{number}"), status=Status.OK, answer="refund", score=1.0,
            cost_usd=Decimal("0.000042150000"), spend_usd=Decimal("0.000042150000"), latency_s=0.412345,
            call_ids=(CallId(f"call-{number:06d}"),), served_by="some-model-2026|Host|fp_0123456789",
        )  # fmt: skip
        log[cell_of(outcome)] = outcome
    (row,) = log._rows.values()
    assert all(sys.getsizeof(packed) + 8 <= 150 for packed in row)
