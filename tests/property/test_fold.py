"""The view is a function of what is known, not of the way to it."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Candidate, Ensemble, Single
from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed, Warned
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import STATUS_CODES, Drop, Move, Probe, SearchView, Setting
from modelsearch.search.fold import Fold
from modelsearch.testing.factories import make_setting, make_task

N_CANDIDATES, N_ITEMS, N_REPEATS = 4, 5, 2
SETTING: Setting = make_setting(N_CANDIDATES, task=make_task(N_ITEMS, n_repeats=N_REPEATS))
IDS = [candidate.id for candidate in SETTING.candidates]
VOTES = tuple(
    Ensemble(members=tuple(Single(endpoint_id=EndpointId(f"m{n:02d}")) for n in rows)) for rows in ((1, 2), (1, 2, 3))
)

amounts = st.decimals(min_value=0, max_value=1, places=6)


@st.composite
def outcomes_of(draw: st.DrawFn, candidate_id: CandidateId, item_id: ItemId) -> Outcome:
    status = draw(st.sampled_from(Status))
    return Outcome(
        candidate_id=candidate_id,
        item_id=item_id,
        repeat=draw(st.integers(0, N_REPEATS - 1)),
        status=status,
        answer=draw(st.sampled_from([None, "a", "b", "c"])),
        score=draw(st.sampled_from([0.0, 0.25, 1.0])) if status is Status.OK else draw(st.sampled_from([None, 0.0])),
        cost_usd=draw(amounts),
        spend_usd=draw(amounts),
        latency_s=draw(st.floats(0, 10, width=16)),
        confidence=draw(st.sampled_from([None, 0.0, 0.25, 1.0])),
    )


@st.composite
def trajectories(draw: st.DrawFn) -> list[Event]:
    """A legal journal: phases of rounds, each a move, the outcomes of its probes, and its end; cut anywhere."""
    pool, known = list(IDS), list(IDS)
    events: list[Event] = []
    for phase in range(draw(st.integers(1, 3))):
        events.append(PhaseStarted(phase=f"phase{phase}", spend_usd=draw(amounts)))
        for number in range(draw(st.integers(0, 3))):
            dropped = draw(
                st.lists(st.sampled_from(pool), unique=True, max_size=2).map(lambda ids: set(ids) - {IDS[0]})
            )
            pool = [c for c in pool if c not in dropped]
            added: tuple[Candidate, ...] = tuple(vote for vote in VOTES if vote.id not in known and draw(st.booleans()))
            pool += [vote.id for vote in added]
            known += [vote.id for vote in added]
            cells = draw(
                st.lists(st.tuples(st.sampled_from(pool), st.sampled_from(SETTING.item_ids)), unique=True, max_size=6)
            )
            probes = tuple(Probe(candidate_id=c, item_ids=(i,)) for c, i in cells)
            drops = tuple(Drop(candidate_id=c, reason="because") for c in sorted(dropped))
            events.append(Move(phase=f"phase{phase}", round=number, drops=drops, additions=added, probes=probes))
            bought = [draw(outcomes_of(c, i)) for c, i in cells]
            events += [OutcomeScored(outcome=outcome) for outcome in draw(st.permutations(bought))]
            if draw(st.booleans()):
                events.append(Warned(code="x", subject="y", message="z"))
            events.append(RoundClosed(phase=f"phase{phase}", round=number))
        events.append(PhaseClosed(phase=f"phase{phase}", reason="enough"))
    return events[: draw(st.integers(0, len(events)))]


def folded(events: Sequence[Event]) -> Fold:
    fold = Fold(SETTING)
    for event in events:
        fold.apply(event)
    return fold


def assert_same_view(left: SearchView, right: SearchView) -> None:
    for name in ("candidates", "pool", "phase", "priors", "spend_left_usd", "round", "made_at", "dropped_free"):
        assert getattr(left, name) == getattr(right, name), name
    for name in ("score", "status", "cost_usd", "latency_s", "answer", "confidence"):
        np.testing.assert_array_equal(getattr(left.outcomes, name), getattr(right.outcomes, name), err_msg=name)
    assert tuple(left.outcomes.answers) == tuple(right.outcomes.answers)


@given(trajectories())
def test_looking_at_every_step_gives_the_same_as_folding_at_once(events: list[Event]) -> None:
    fold = Fold(SETTING)
    for number, event in enumerate(events):
        fold.apply(event)
        assert_same_view(fold.view(), folded(events[: number + 1]).view())


@given(trajectories(), st.randoms(use_true_random=False))
def test_outcomes_of_a_round_come_in_any_order_and_twice(events: list[Event], random: object) -> None:
    rounds: list[list[Event]] = [[]]
    for event in events:
        if isinstance(event, OutcomeScored):
            rounds[-1].append(event)
        else:
            rounds += [[event], []]
    mixed: list[Event] = []
    for group in rounds:
        first = _first_of_each_cell(group)
        random.shuffle(first)  # type: ignore[attr-defined]
        mixed += [*first, *group]
    assert_same_view(folded(mixed).view(), folded(events).view())
    assert folded(mixed).spend_usd == folded(events).spend_usd


def _first_of_each_cell(group: list[Event]) -> list[Event]:
    cells: dict[tuple[str, str, int], Event] = {}
    for event in group:
        if isinstance(event, OutcomeScored):
            o = event.outcome
            if o.status is not Status.NOT_RUN:
                cells.setdefault((o.candidate_id, o.item_id, o.repeat), event)
        else:
            return list(group)
    return list(cells.values())


@given(trajectories())
def test_a_view_is_not_touched_by_what_comes_after(events: list[Event]) -> None:
    half = len(events) // 2
    fold = folded(events[:half])
    view = fold.view()
    kept = copy.deepcopy(view)
    for event in events[half:]:
        fold.apply(event)
    assert_same_view(view, kept)


@given(trajectories())
def test_the_matrix_says_what_the_outcomes_said(events: list[Event]) -> None:
    view = folded(events).view()
    known: dict[tuple[str, str], dict[int, Outcome]] = {}
    for event in events:
        if isinstance(event, OutcomeScored) and event.outcome.status is not Status.NOT_RUN:
            o = event.outcome
            known.setdefault((o.candidate_id, o.item_id), {}).setdefault(o.repeat, o)
    for candidate_id, row in view.row.items():
        for item_id, column in SETTING.item_index.items():
            repeats = known.get((candidate_id, item_id), {})
            scores = [o.score for o in repeats.values() if o.score is not None]
            cell = view.outcomes.score[row, column]
            assert (np.isnan(cell) and not scores) or cell == pytest.approx(np.mean(scores))
            assert (view.outcomes.status[row, column] == 0) == (not repeats)
            if any(o.status is Status.OK for o in repeats.values()):
                assert view.outcomes.status[row, column] == STATUS_CODES[Status.OK]
            answers = [repeats[r].answer for r in sorted(repeats) if repeats[r].answer is not None]
            code = view.outcomes.answer[row, column]
            assert (None if code < 0 else view.outcomes.answers[code]) == (answers[0] if answers else None)


@given(trajectories())
def test_the_pool_shrinks_by_drops_and_grows_by_additions_only(events: list[Event]) -> None:
    fold = folded(events)
    moves = [event for event in events if isinstance(event, Move)]
    gone = {drop.candidate_id for move in moves for drop in move.drops}
    added = {candidate.id for move in moves for candidate in move.additions}
    assert set(fold.pool) == (set(IDS) | added) - gone
    assert list(fold.pool) == sorted(fold.pool)
    assert IDS[0] in fold.pool
    assert len(fold.drops) == len(gone)


@given(trajectories())
def test_money_of_a_phase_is_what_its_own_outcomes_cost(events: list[Event]) -> None:
    fold = folded(events)
    assert fold.spend_usd >= fold.phase_spend_usd >= 0
    assert fold.view().spend_left_usd == max(Decimal(0), fold.phase_budget_usd - fold.phase_spend_usd)


def test_arrays_are_read_only() -> None:
    outcomes = folded([]).view().outcomes
    for name in ("score", "status", "cost_usd", "latency_s", "answer"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(outcomes, name)[0, 0] = 1


def test_a_replaced_view_is_another() -> None:
    view = folded([]).view()
    assert replace(view, round=3).round == 3
    assert view.round == 0
