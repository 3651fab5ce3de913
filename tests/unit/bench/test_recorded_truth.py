from pathlib import Path

import pytest

from bench.recorded import is_true, kept_or, row_of
from bench.recorded_truth import Row, Truth, vote_of
from bench.trajectory import RoundFacts, Trajectory
from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.result import Certainty, SearchResult
from modelsearch.core.search import Move
from modelsearch.store.recorded import write_recorded_table
from tests.unit.api.small import make_table
from tests.unit.report.results import make_recommendation, make_result

TRUTH = Truth(
    rows={
        "big": Row(quality=0.8, cost_usd=1.0),
        "good": Row(quality=0.79, cost_usd=0.2),
        "bad": Row(quality=0.5, cost_usd=0.1),
    },
    exhaustive_usd=1.0,
)


def vote_on(*names: str) -> Ensemble:
    return Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in names))


def answering(name: str, certainty: Certainty = Certainty.LIKELY, reason: str = "because") -> SearchResult:
    answer = make_recommendation(candidate_id=CandidateId(name), certainty=certainty, reason=reason)
    return make_result(recommendation=answer)


def test_the_truth_of_a_vote_is_counted_from_the_whole_table() -> None:
    table = make_table()
    right = vote_of(table, vote_on("m2", "m3", "m4"))
    assert right.quality == 1.0
    assert right.cost_usd == pytest.approx(table.cost_usd[2:].sum() / 12)
    assert vote_of(table, vote_on("m1", "m2")).quality == 0.0  # a tie goes to the first
    assert vote_of(table, vote_on("m2", "m1")).quality == pytest.approx(8 / 12)


def test_a_recommended_vote_is_found_in_the_journals_moves_and_judged(tmp_path: Path) -> None:
    table, vote = make_table(), vote_on("m2", "m3", "m4")
    write_recorded_table(table, tmp_path / "small")
    path = Trajectory(rounds=[RoundFacts(move=Move(phase="p", round=0, additions=(vote,)))])
    known = row_of(answering(vote.id), path, TRUTH, tmp_path / "small")
    assert known == vote_of(table, vote)
    assert is_true(TRUTH, answering(vote.id), known)
    assert not is_true(TRUTH, answering(vote.id), Row(quality=0.7, cost_usd=0.1))
    assert not is_true(TRUTH, answering("cascade-1"), row_of(answering("cascade-1"), path, TRUTH, tmp_path))


def test_a_single_must_be_within_the_margin() -> None:
    assert is_true(TRUTH, answering("good"), TRUTH.of("good"))
    assert not is_true(TRUTH, answering("bad"), TRUTH.of("bad"))


def test_keeping_the_baseline_needs_a_reason_and_a_certificate_must_be_true() -> None:
    kept = answering("big", Certainty.UNDECIDED)
    assert is_true(TRUTH, kept, TRUTH.of("big"))
    assert kept_or(kept) == "kept the baseline (undecided)"
    assert not is_true(TRUTH, answering("big", Certainty.UNDECIDED, reason=""), TRUTH.of("big"))
    assert not is_true(TRUTH, answering("big", Certainty.CERTIFIED), TRUTH.of("big"))
    nothing = Truth(rows={name: row for name, row in TRUTH.rows.items() if name != "good"}, exhaustive_usd=1.0)
    assert is_true(nothing, answering("big", Certainty.CERTIFIED), nothing.of("big"))
