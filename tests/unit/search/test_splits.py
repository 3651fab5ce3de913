"""What another model answers for goes on as a candidate of its own."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.events import CandidateSplit, Event, OutcomeScored, PhaseStarted, RoundClosed
from modelsearch.core.ids import CandidateId, EndpointId, ItemId, PromptId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Drop, Move, Probe
from modelsearch.decide.alpha import MADE_PART
from modelsearch.search.fold import Fold
from modelsearch.search.splits import SPLIT, is_of_splits, split_move
from modelsearch.testing.factories import make_setting


def single(row: int, served_by: str = "") -> Single:
    return Single(endpoint_id=EndpointId(f"m{row:02d}"), served_by=served_by)


def split(asked: Single, into: Single) -> CandidateSplit:
    return CandidateSplit(candidate_id=asked.id, into=into, first="old|host|", now="new||fp")


def outcome(candidate: Single, column: int, score: float = 1.0) -> OutcomeScored:
    return OutcomeScored(
        outcome=Outcome(
            candidate_id=candidate.id,
            item_id=ItemId(f"i{column:04d}"),
            status=Status.OK,
            score=score,
            cost_usd=Decimal("0.5"),
            spend_usd=Decimal("0.5"),
        )
    )


def fold_of(*events: Event, n_candidates: int = 4, list_cost_usd: object = None) -> Fold:
    costs = {} if list_cost_usd is None else {"list_cost_usd": list_cost_usd}
    fold = Fold(make_setting(n_candidates, 6, **costs))  # type: ignore[arg-type]
    for event in (PhaseStarted(phase="p", spend_usd=Decimal(10)), *events):
        fold.apply(event)
    return fold


def settled(fold: Fold) -> Move:
    move = split_move(fold.view(), fold.splits, fold.apart)
    assert move is not None
    fold.apply(move)
    fold.apply(RoundClosed(phase=move.phase, round=move.round))
    return move


NEW = single(1, "new||")


def test_an_id_says_who_serves() -> None:
    assert (NEW.id, NEW.as_first_served) == ("m01@new", single(1))
    assert single(1, "new|Host B|").id == "m01@new|Host B"
    prompted = replace(NEW, prompt_id=PromptId("p"))
    assert prompted.id == "m01#p@new"
    assert single(1).as_first_served is not None


def test_it_counts_as_spend_at_once_and_is_seen_once_it_is_in_the_pool() -> None:
    fold = fold_of(outcome(single(1), 0), split(single(1), NEW), outcome(NEW, 4, 0.25))
    before = fold.view()
    assert NEW.id not in before.row
    assert before.spend_left_usd == 9
    move = settled(fold)
    assert [(d.candidate_id, d.strategy) for d in move.drops] == [("m01", SPLIT)]
    assert move.additions == (NEW,)
    view = fold.view()
    assert view.pool == ("m00", "m01@new", "m02", "m03")
    np.testing.assert_array_equal(np.flatnonzero(view.outcomes.status[view.row[NEW.id]]), [4])
    assert view.outcomes.score[view.row[NEW.id], 4] == 0.25
    assert view.outcomes.score[view.row[CandidateId("m01")], 0] == 1.0
    assert view.made_at[NEW.id] == 5
    assert view.endpoint(NEW.id) == view.endpoint(CandidateId("m01"))
    assert split_move(view, fold.splits, fold.apart) is None


def test_what_comes_later_is_seen_too() -> None:
    fold = fold_of(split(single(1), NEW))
    settled(fold)
    fold.apply(outcome(NEW, 2))
    assert fold.view().n_bought(NEW.id) == 1


def test_everything_made_of_it_leaves_and_nobody_else() -> None:
    votes = [Ensemble(members=(single(row), single(3))) for row in (1, 2)]
    fold = fold_of(Move(phase="p", round=0, additions=tuple(votes)), split(single(1), NEW))
    move = settled(fold)
    assert {d.candidate_id for d in move.drops} == {"m01", votes[0].id}
    assert "its member m01 is served by new now, first by old@host" in next(
        d.reason for d in move.drops if d.candidate_id == votes[0].id
    )
    assert votes[1].id in fold.pool


def test_splits_of_a_round_are_settled_in_the_order_of_ids() -> None:
    other = single(2, "new||")
    moves = [
        settled(fold_of(*events))
        for events in (
            (split(single(1), NEW), split(single(2), other)),
            (split(single(2), other), split(single(1), NEW)),
        )
    ]
    assert moves[0] == moves[1]
    assert moves[0].additions == (NEW, other)


def test_where_the_first_is_back_the_heir_leaves_and_nobody_comes() -> None:
    fold = fold_of(split(single(1), NEW))
    settled(fold)
    fold.apply(split(NEW, single(1)))
    move = settled(fold)
    assert ([d.candidate_id for d in move.drops], move.additions) == ([NEW.id], ())
    assert fold.pool == ("m00", "m02", "m03")


def test_the_phase_goes_on_as_if_the_round_were_not_there() -> None:
    fold = fold_of(Move(phase="p", round=0, probes=(Probe(candidate_id=single(1).id, item_ids=(ItemId("i0000"),)),)))
    fold.apply(RoundClosed(phase="p", round=0))
    last, n_idle = fold.closed_move, fold.n_idle_rounds
    fold.apply(split(single(1), NEW))
    settled(fold)
    assert (fold.closed_move, fold.n_idle_rounds, fold.next_round) == (last, n_idle, 2)


@pytest.mark.parametrize(
    ("move", "is_one"),
    [
        (Move(phase="p", round=0), False),
        (Move(phase="p", round=0, drops=(Drop(candidate_id=single(1).id, reason="r", strategy="racing"),)), False),
        (Move(phase="p", round=0, drops=(Drop(candidate_id=single(1).id, reason="r", strategy=SPLIT),)), True),
    ],
)
def test_a_move_of_splits_is_known_by_its_drops(move: Move, is_one: bool) -> None:
    assert is_of_splits(move) is is_one


def test_the_baseline_hands_over_with_its_list_cost_and_at_a_level_of_its_own() -> None:
    new = single(0, "new||")
    fold = fold_of(outcome(single(0), 0), split(single(0), new), list_cost_usd=[3.0, 1.0, 1.0, 1.0])
    alpha = fold.setting.task.alpha
    settled(fold)
    view = fold.view()
    assert view.baseline_id == new.id
    assert new.id in view.pool
    assert CandidateId("m00") not in view.pool
    assert view.setting.list_cost_usd[new.id] == 3.0
    assert view.task.alpha == pytest.approx(alpha * MADE_PART / 2)


def test_a_baseline_that_is_served_by_turns_stays() -> None:
    new = single(0, "new||")
    fold = fold_of(split(single(0), new))
    settled(fold)
    fold.apply(split(new, single(0)))
    assert split_move(fold.view(), fold.splits, fold.apart) is None
    assert fold.view().baseline_id == new.id
