from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.candidate import Cascade, Single
from modelsearch.core.events import OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import STATUS_CODES, Drop, Move, Probe
from modelsearch.search.fold import Fold
from modelsearch.testing.factories import make_setting, make_task


def outcome(row: int, column: int, **parts: object) -> Outcome:
    plain: dict[str, object] = {
        "status": Status.OK,
        "score": 1.0,
        "cost_usd": Decimal("0.5"),
        "spend_usd": Decimal("0.5"),
    }
    return Outcome(
        candidate_id=CandidateId(f"m{row:02d}"),
        item_id=ItemId(f"i{column:04d}"),
        **{**plain, **parts},  # type: ignore[arg-type]
    )


def test_nothing_known_is_nan_and_zero() -> None:
    view = Fold(make_setting(3, 4)).view()
    assert view.outcomes.score.shape == (3, 4)
    assert np.isnan(view.outcomes.score).all()
    assert np.isnan(view.outcomes.cost_usd).all()
    assert not view.outcomes.status.any()
    assert (view.outcomes.answer == -1).all()


def test_an_outcome_not_run_leaves_its_cell_empty_and_open() -> None:
    fold = Fold(make_setting(2, 3))
    fold.take(outcome(1, 2, status=Status.NOT_RUN, score=None))
    assert not fold.view().outcomes.status.any()
    assert not fold.is_known(CandidateId("m01"), "i0002")
    fold.take(outcome(1, 2))
    assert fold.view().outcomes.status[1, 2] == STATUS_CODES[Status.OK]
    assert fold.is_known(CandidateId("m01"), "i0002")


def test_a_failure_has_a_status_and_neither_score_nor_cost() -> None:
    fold = Fold(make_setting(2, 3))
    fold.take(outcome(1, 0, status=Status.ERROR, score=None, latency_s=9.0))
    outcomes = fold.view().outcomes
    assert outcomes.status[1, 0] == STATUS_CODES[Status.ERROR]
    assert np.isnan([outcomes.score[1, 0], outcomes.cost_usd[1, 0], outcomes.latency_s[1, 0]]).all()


def test_strangers_change_nothing() -> None:
    fold = Fold(make_setting(2, 3))
    fold.take(outcome(9, 0))
    fold.take(outcome(1, 99))
    assert not fold.view().outcomes.status.any()
    assert fold.spend_usd == 0


def test_repeats_are_averaged_and_all_needed() -> None:
    fold = Fold(make_setting(2, task=make_task(3, n_repeats=2)))
    fold.take(outcome(1, 0, repeat=1, score=0.0, cost_usd=Decimal("0.1"), answer="late"))
    assert not fold.is_known(CandidateId("m01"), "i0000")
    fold.take(outcome(1, 0, repeat=0, score=1.0, cost_usd=Decimal("0.3"), answer="early"))
    outcomes = fold.view().outcomes
    assert fold.is_known(CandidateId("m01"), "i0000")
    assert (outcomes.score[1, 0], outcomes.cost_usd[1, 0]) == (0.5, pytest.approx(0.2))
    assert outcomes.answers[outcomes.answer[1, 0]] == "early"
    assert list(outcomes.answers) == ["early"]


def test_confidence_is_that_of_answers_alone_the_mean_over_repeats() -> None:
    fold = Fold(make_setting(2, task=make_task(3, n_repeats=2)))
    fold.take(outcome(1, 0, repeat=0, confidence=0.5))
    fold.take(outcome(1, 0, repeat=1, confidence=1.0))
    fold.take(outcome(1, 1, repeat=0))
    fold.take(outcome(1, 1, repeat=1, confidence=0.25))
    fold.take(outcome(1, 2, status=Status.ERROR, score=None, confidence=0.9))
    np.testing.assert_array_equal(fold.view().outcomes.confidence, [[np.nan] * 3, [0.75, 0.25, np.nan]])


def test_answers_are_numbered_by_their_text() -> None:
    fold = Fold(make_setting(2, 3))
    for column, text in enumerate(("z", "a", "m")):
        fold.take(outcome(0, column, answer=text))
    outcomes = fold.view().outcomes
    assert list(outcomes.answers) == ["a", "m", "z"]
    assert outcomes.answer[0].tolist() == [2, 0, 1]


def test_a_composite_is_made_at_the_depth_that_was_looked_at() -> None:
    legs = tuple(Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01"))
    early, late = Cascade(legs=legs, thresholds=(0.1,)), Cascade(legs=legs, thresholds=(0.2,))
    fold = Fold(make_setting(2, 6))
    fold.apply(PhaseStarted(phase="p", spend_usd=Decimal(9)))
    fold.apply(Move(phase="p", round=0, additions=(early,)))
    fold.apply(OutcomeScored(outcome=outcome(1, 3)))
    fold.apply(RoundClosed(phase="p", round=0))
    fold.apply(Move(phase="p", round=1, additions=(late, early)))
    view = fold.view()
    assert view.made_at == {early.id: 0, late.id: 4}
    assert view.candidates[2:] == (early, late)
    assert {early.id, late.id} < set(view.pool)


def test_an_open_round_is_remembered_until_it_closes() -> None:
    fold = Fold(make_setting(2, 3))
    move = Move(phase="p", round=0, probes=(Probe(candidate_id=CandidateId("m00"), item_ids=(ItemId("i0000"),)),))
    fold.apply(PhaseStarted(phase="p", spend_usd=Decimal(2)))
    fold.apply(move)
    assert (fold.open_move, fold.closed_move, fold.next_round) == (move, None, 0)
    assert not fold.has_any(move)
    fold.take(outcome(0, 0))
    fold.apply(RoundClosed(phase="p", round=0))
    assert (fold.open_move, fold.closed_move, fold.next_round) == (None, move, 1)
    assert fold.has_any(move)
    assert fold.view().spend_left_usd == Decimal("1.5")
    fold.apply(PhaseClosed(phase="p", reason="done"))
    assert (fold.open_phase, fold.closed_phases) == (None, ["p"])
    fold.apply(PhaseStarted(phase="q", spend_usd=Decimal(1)))
    assert (fold.closed_move, fold.next_round, fold.view().spend_left_usd) == (None, 0, Decimal(1))


def test_a_drop_counts_once() -> None:
    fold = Fold(make_setting(3, 2))
    move = Move(phase="p", round=0, drops=(Drop(candidate_id=CandidateId("m02"), reason="r"),))
    fold.apply(move)
    fold.apply(move)
    assert fold.pool == ("m00", "m01")
    assert len(fold.drops) == 1


def test_money_overspent_is_no_negative_rest() -> None:
    fold = Fold(make_setting(2, 3))
    fold.apply(PhaseStarted(phase="p", spend_usd=Decimal("0.1")))
    fold.take(outcome(0, 0))
    assert fold.view().spend_left_usd == 0


def test_a_phase_to_come_is_seen_as_it_would_start() -> None:
    view = Fold(make_setting(2, 3)).view_of("next", Decimal(7))
    assert (view.phase, view.spend_left_usd, view.round) == ("next", Decimal(7), 0)


def test_moves_of_closed_rounds_are_kept_over_phases() -> None:
    fold = Fold(make_setting(2, 4))
    first = Move(
        phase="a", round=0, probes=(Probe(candidate_id=fold.pool[1], item_ids=(ItemId("i0002"),), p_draw=(0.25,)),)
    )
    second = Move(phase="b", round=0)
    for event in (PhaseStarted(phase="a", spend_usd=Decimal(1)), first):
        fold.apply(event)
    assert fold.view().moves == ()
    for later in (RoundClosed(phase="a", round=0), PhaseStarted(phase="b", spend_usd=Decimal(1)), second):
        fold.apply(later)
    fold.apply(RoundClosed(phase="b", round=0))
    assert fold.view().moves == (first, second)
