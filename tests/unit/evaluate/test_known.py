from dataclasses import replace
from decimal import Decimal

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single
from modelsearch.core.events import OutcomeScored
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.testing.factories import make_task
from tests.doubles import MemoryRecorder
from tests.unit.evaluate.live import probe

TASK = make_task(4)
A, B, C = (Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01", "m02"))
VOTE = Ensemble(members=(A, B, C))
CASCADE = Cascade(legs=(B, A), thresholds=(0.5,))
CANDIDATES: dict[CandidateId, Candidate] = {c.id: c for c in (A, B, C, VOTE, CASCADE)}


def outcome(single: Single, column: int = 0, **parts: object) -> Outcome:
    plain = Outcome(
        candidate_id=single.id, item_id=TASK.items[column].id, status=Status.OK, answer="yes", score=1.0,
        cost_usd=Decimal("0.1"), spend_usd=Decimal("0.1"), latency_s=1.0, confidence=0.9,
    )  # fmt: skip
    return replace(plain, **parts)  # type: ignore[arg-type]


def known(*outcomes: Outcome) -> tuple[Known, MemoryRecorder]:
    recorder = MemoryRecorder()
    found = Known(TASK, make_scorer(TASK), recorder)
    for each in outcomes:
        found.add(each)
    return found, recorder


def test_an_outcome_is_journalled_once_and_the_first_stays() -> None:
    found, recorder = known(outcome(A), outcome(A, answer="no", score=0.0))
    assert recorder.events == [OutcomeScored(outcome=outcome(A))]
    assert found.collect([probe("m00", 0)], CANDIDATES) == [outcome(A)]


def test_not_run_is_neither_kept_nor_journalled() -> None:
    found, recorder = known(outcome(A, status=Status.NOT_RUN))
    assert recorder.events == []
    assert not found.is_known(A.id, TASK.items[0].id, 0)
    assert [job.cell for job in found.jobs([probe("m00", 0)], CANDIDATES)] == [(A.id, TASK.items[0].id, 0)]


def test_restored_outcomes_are_known_and_not_journalled_again() -> None:
    found, recorder = known()
    found.restore([outcome(A), outcome(B, status=Status.NOT_RUN), outcome(C, status=Status.ERROR, score=None)])
    assert recorder.events == []
    assert [job.single for job in found.jobs([probe("m00", 0), probe("m01", 0), probe("m02", 0)], CANDIDATES)] == [B]


def test_jobs_are_each_once_in_the_order_of_the_probes() -> None:
    found, _ = known(outcome(B))
    jobs = found.jobs([probe("m02", 1), probe(VOTE.id, 0, 1), probe("m02", 0, 1)], CANDIDATES)
    assert [(job.single.id, job.item.id) for job in jobs] == [
        ("m02", "i0001"), ("m00", "i0000"), ("m02", "i0000"), ("m00", "i0001"), ("m01", "i0001"),
    ]  # fmt: skip


def test_a_vote_is_made_of_its_members_and_costs_their_sum_but_no_spend() -> None:
    found, recorder = known(outcome(A, answer="no", score=0.0, latency_s=3.0), outcome(B), outcome(C))
    (made,) = found.collect([probe(VOTE.id, 0)], CANDIDATES)
    assert (made.answer, made.score, made.cost_usd, made.spend_usd) == ("yes", 1.0, Decimal("0.3"), Decimal(0))
    assert made.latency_s == 3.0
    assert recorder.events[-1] == OutcomeScored(outcome=made)
    found.collect([probe(VOTE.id, 0)], CANDIDATES)
    assert len(recorder.events) == 4


def test_a_tie_goes_to_the_member_that_stood_first_when_the_vote_was_made() -> None:
    pair = Ensemble(members=(C, A))
    found, _ = known(outcome(A, answer="no", score=0.0), outcome(C))
    (made,) = found.collect([probe(pair.id, 0)], {**CANDIDATES, pair.id: pair})
    assert made.answer == "yes"


def test_a_vote_waits_for_all_its_members() -> None:
    found, recorder = known(outcome(A), outcome(B))
    (made,) = found.collect([probe(VOTE.id, 0)], CANDIDATES)
    assert made.status is Status.NOT_RUN
    assert len(recorder.events) == 2


def test_a_cascade_stops_at_the_first_sure_leg() -> None:
    found, _ = known(outcome(B), outcome(A, answer="no", score=0.0))
    (made,) = found.collect([probe(CASCADE.id, 0)], CANDIDATES)
    assert (made.answer, made.cost_usd) == ("yes", Decimal("0.1"))


def test_an_unbought_single_is_not_run() -> None:
    found, _ = known()
    assert [o.status for o in found.collect([probe("m00", 0, 1)], CANDIDATES)] == [Status.NOT_RUN] * 2
