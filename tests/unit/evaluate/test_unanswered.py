"""Failures of a round: when they stop a search, and what is kept of them."""

from decimal import Decimal

import pytest

from modelsearch.core.candidate import Single
from modelsearch.core.errors import NoAnswerError
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item
from modelsearch.evaluate.known import Job, Known
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.evaluate.unanswered import MAX_TRIES, MIN_FAILED, Failure, Unanswered
from modelsearch.testing.factories import make_task
from tests.doubles import MemoryRecorder

TASK = make_task(6)
DOWN = Failure("HTTP 503", "outage")
FAULT = Failure("HTTP 400", "fault")


def job(name: str, item: Item) -> Job:
    return Job(single=Single(endpoint_id=EndpointId(name)), item=item, repeat=0)


def outcome(name: str, item: Item, status: Status = Status.ERROR) -> Outcome:
    score = 1.0 if status is Status.OK else None
    return Outcome(candidate_id=CandidateId(name), item_id=item.id, status=status, score=score)


def fail(unanswered: Unanswered, name: str, n_items: int = MIN_FAILED, failure: Failure = DOWN) -> list[bool]:
    return [unanswered.take(job(name, item), outcome(name, item), failure) for item in TASK.items[:n_items]]


def answer(unanswered: Unanswered, name: str) -> bool:
    item = TASK.items[-1]
    return unanswered.take(job(name, item), outcome(name, item, Status.OK), None)


@pytest.fixture
def known(recorder: MemoryRecorder) -> Known:
    return Known(TASK, make_scorer(TASK), recorder)


def test_the_faults_of_items_become_outcomes_at_the_end_of_the_round(known: Known, recorder: MemoryRecorder) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    assert fail(unanswered, "m01", failure=FAULT) == [True] * MIN_FAILED
    assert not answer(unanswered, "m00")
    assert recorder.events == []
    assert unanswered.holds(job("m01", TASK.items[0]))
    unanswered.close(known)
    assert len(recorder.events) == MIN_FAILED
    assert not unanswered.holds(job("m01", TASK.items[0]))


def test_an_outage_leaves_items_open_for_so_many_rounds(known: Known, recorder: MemoryRecorder) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    for n_tries in range(1, MAX_TRIES + 1):
        assert fail(unanswered, "m01", 2) == [True, True]
        assert unanswered.holds(job("m01", TASK.items[0]))
        unanswered.close(known)
        assert not unanswered.holds(job("m01", TASK.items[0]))
        assert len(recorder.events) == (2 if n_tries == MAX_TRIES else 0)
    assert known.is_known(CandidateId("m01"), TASK.items[0].id, 0)


def test_a_silent_baseline_stops_and_leaves_no_trace(known: Known, recorder: MemoryRecorder) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    fail(unanswered, "m00")
    answer(unanswered, "m01")
    with pytest.raises(NoAnswerError, match=r"'m00' in 3 calls .*HTTP 503.*modelsearch resume"):
        unanswered.close(known)
    assert recorder.events == []
    assert not unanswered.holds(job("m00", TASK.items[0]))
    unanswered.close(known)
    assert recorder.events == []


@pytest.mark.parametrize("kind", ["outage", "unknown", "closed"])
def test_a_baseline_that_lost_more_than_its_share_stops(known: Known, kind: str) -> None:
    for n_good, is_stopped in ((1, True), (146, True), (147, False)):
        unanswered = Unanswered(baseline_id=CandidateId("m00"))
        fail(unanswered, "m00", failure=Failure("HTTP 503", kind))  # type: ignore[arg-type]
        for _ in range(n_good):
            answer(unanswered, "m00")
        if is_stopped:
            with pytest.raises(NoAnswerError, match=rf"'m00' in 3 of {n_good + 3} calls"):
                unanswered.close(known)
        else:
            unanswered.close(known)


def test_the_faults_of_single_items_do_not_stop_for_no_repeat_would_help(known: Known) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    fail(unanswered, "m00", failure=FAULT)
    answer(unanswered, "m00")
    unanswered.close(known)
    fail(unanswered, "m00", failure=FAULT)
    with pytest.raises(NoAnswerError, match="'m00' in 3 calls"):
        unanswered.close(known)


def test_what_another_model_answered_is_no_answer_and_no_failure(known: Known) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    for item in TASK.items:
        assert not unanswered.take(job("m00", item), outcome("m00", item), None)
    unanswered.close(known)


def test_nobody_stops_without_a_baseline(known: Known) -> None:
    unanswered = Unanswered()
    fail(unanswered, "m01")
    fail(unanswered, "m02")
    with pytest.raises(NoAnswerError, match="any of 2 candidates in 6 calls"):
        unanswered.close(known)


def test_one_candidate_alone_stops_nothing(known: Known) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    fail(unanswered, "m01", len(TASK.items))
    unanswered.close(known)


def test_few_failures_stop_nothing(known: Known) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    fail(unanswered, "m00", MIN_FAILED - 1)
    unanswered.close(known)


def test_what_may_be_billed_is_not_kept_back_but_counts(known: Known) -> None:
    unanswered = Unanswered(baseline_id=CandidateId("m00"))
    assert fail(unanswered, "m00", failure=Failure("timeout", "unknown")) == [False] * MIN_FAILED
    with pytest.raises(NoAnswerError, match="timeout"):
        unanswered.close(known)


def test_a_failure_that_was_paid_goes_to_the_journal_at_once() -> None:
    unanswered = Unanswered()
    item = TASK.items[0]
    paid = Outcome(candidate_id=CandidateId("m01"), item_id=item.id, status=Status.ERROR, spend_usd=Decimal("0.1"))
    assert not unanswered.take(job("m01", item), paid, DOWN)


def test_an_outcome_not_run_is_no_answer(known: Known) -> None:
    unanswered = Unanswered()
    item = TASK.items[0]
    unanswered.take(job("m03", item), outcome("m03", item, Status.NOT_RUN), None)
    fail(unanswered, "m01")
    fail(unanswered, "m02")
    with pytest.raises(NoAnswerError):
        unanswered.close(known)
