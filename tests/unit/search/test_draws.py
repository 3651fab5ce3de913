import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.search import Floats, Move, Probe, SearchView
from modelsearch.search.draws import NEVER, drawn_row, history
from modelsearch.stats.doubly_robust import step_estimates
from modelsearch.testing.factories import make_view

NAN = float("nan")


def probe(row: int, *columns: int, p_draw: tuple[float, ...] | None = None) -> Probe:
    return Probe(
        candidate_id=CandidateId(f"m{row:02d}"),
        item_ids=tuple(ItemId(f"i{column:04d}") for column in columns),
        p_draw=p_draw,
    )


def moves(*rounds: tuple[Probe, ...]) -> tuple[Move, ...]:
    return tuple(Move(phase="test", round=number, probes=probes) for number, probes in enumerate(rounds))


def bought(score: list[list[float]], *rounds: tuple[Probe, ...]) -> SearchView:
    return make_view(score, moves=moves(*rounds))


def test_cells_are_dated_by_the_round_that_first_asked() -> None:
    view = bought([[1.0, 1.0, NAN], [1.0, 0.0, 1.0]], (probe(0, 0),), (probe(0, 0, 1), probe(1, 2)))
    assert history(view).asked_at.tolist() == [[0, 1, NEVER], [-1, -1, 1]]


def test_draws_are_kept_in_order_those_never_answered_left_out() -> None:
    view = bought([[1.0, NAN, 0.0, 1.0]], (probe(0, 2, 1, p_draw=(0.4, 0.3)),), (probe(0, 3, p_draw=(0.5,)),))
    drawn = history(view).draws[CandidateId("m00")]
    assert [(d.round, d.column, d.p_draw) for d in drawn] == [(0, 2, 0.4), (1, 3, 0.5)]


def test_what_was_known_before_a_round_is_all_that_it_may_be_predicted_from() -> None:
    view = bought([[1.0, 1.0, NAN], [1.0, 0.0, 1.0]], (probe(0, 0),), (probe(0, 1), probe(1, 2)))
    known = history(view)
    scores = view.outcomes.score.astype(np.float64)
    assert np.isnan(known.known_before(scores, 0)).tolist() == [[True, True, True], [False, False, True]]
    assert np.isnan(known.known_before(scores, 1)).tolist() == [[False, True, True], [False, False, True]]
    assert np.isnan(known.known_before(scores, 2)).tolist() == [[False, False, True], [False, False, False]]


def test_predictions_are_refitted_when_what_is_known_has_doubled() -> None:
    score = [[1.0] * 16]
    view = bought(score, (probe(0, 0, 1),), (probe(0, 2),), (probe(0, 3),), (probe(0, 4),), (probe(0, *range(5, 16)),))
    assert history(view).fit_round.tolist() == [0, 1, 2, 2, 2, 5]


def test_members_of_a_composite_are_dated_with_it() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01")))
    asked = Probe(candidate_id=vote.id, item_ids=(ItemId("i0001"),))
    view = make_view(
        [[1.0, 1.0], [NAN, 1.0], [NAN, 1.0]], composites=[vote], moves=[Move(phase="test", round=0, probes=(asked,))]
    )
    assert history(view).asked_at.tolist() == [[-1, 0], [NEVER, 0], [NEVER, 0]]


def test_a_row_is_told_as_the_estimate_needs_it() -> None:
    view = bought(
        [[1.0, 0.0, 1.0, NAN, 1.0]],
        (probe(0, 0),),
        (probe(0, 2, p_draw=(0.25,)),),
        (probe(0, 4),),
        (probe(0, 1, p_draw=(0.5,)),),
    )
    used: list[int] = []

    def predicted(at: int) -> Floats:
        used.append(at)
        return np.full((1, 5), 0.5)

    row = drawn_row(view, history(view), CandidateId("m00"), predicted, view.outcomes.score.astype(np.float64))
    assert row.known_from.tolist() == [0, 2, 1, 3, 1]
    assert row.column.tolist() == [2, 1]
    assert sorted(used) == [1, 3]  # fitted when one cell was known, and when three were: a doubling below each draw
    first = (1.0 + 4 * 0.5 + 0.5 / 0.25) / 5
    second = (3.0 + 2 * 0.5 - 0.5 / 0.5) / 5
    assert step_estimates(row).tolist() == pytest.approx([first, second])


def test_without_moves_everything_was_there_before() -> None:
    view = make_view([[1.0, NAN]])
    known = history(view)
    assert known.asked_at.tolist() == [[-1, NEVER]]
    assert known.draws == {}
    assert drawn_row(view, known, CandidateId("m00"), lambda _: np.zeros((1, 2)), np.zeros((1, 2))).n_steps == 0
