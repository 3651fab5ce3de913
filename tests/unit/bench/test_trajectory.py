import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from bench.trajectory import Trajectory, difference, trajectory_of
from modelsearch.core.events import Event, OutcomeScored, PhaseStarted, RoundClosed
from modelsearch.core.ids import CallId, CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Move, Probe
from modelsearch.store.journal import Journal

FIRST = Outcome(candidate_id=CandidateId("a"), item_id=ItemId("i"), status=Status.OK, score=1.0, latency_s=math.nan)
SECOND = replace(FIRST, item_id=ItemId("j"))


def _read(path: Path, *outcomes: Outcome) -> Trajectory:
    probe = Probe(candidate_id=CandidateId("a"), item_ids=(ItemId("i"), ItemId("j")))
    events: list[Event] = [PhaseStarted(phase="p", spend_usd=Decimal(1)), Move(phase="p", round=0, probes=(probe,))]
    events += [OutcomeScored(outcome=outcome) for outcome in outcomes]
    with Journal.open(path, header={"run_id": "r", "fingerprint": "f"}) as journal:
        for event in [*events, RoundClosed(phase="p", round=0)]:
            journal.append(event)
    return trajectory_of(path)


def test_the_order_within_a_round_and_the_names_of_calls_do_not_count(tmp_path: Path) -> None:
    ours = _read(tmp_path / "a" / "journal.bin", FIRST, SECOND)
    theirs = _read(tmp_path / "b" / "journal.bin", SECOND, replace(FIRST, call_ids=(CallId("other"),)))
    assert list(difference(ours, theirs)) == []
    assert (ours.n_rounds, ours.n_moves, ours.n_outcomes) == (1, 1, 2)


def test_another_score_or_a_missing_round_is_a_difference(tmp_path: Path) -> None:
    ours = _read(tmp_path / "a" / "journal.bin", FIRST, SECOND)
    theirs = _read(tmp_path / "b" / "journal.bin", replace(FIRST, score=0.0), SECOND)
    assert [line for line in difference(ours, theirs) if "2 outcomes differ" in line]
    assert "round 0: only in the first" in list(difference(ours, Trajectory(phases=ours.phases)))
