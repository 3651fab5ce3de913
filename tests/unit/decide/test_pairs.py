from dataclasses import replace

import numpy as np

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.outcome import Status
from modelsearch.core.search import Move, Probe
from modelsearch.decide.pairs import evenly_bought, paired
from tests.unit.decide.views import NAN, make_view, with_status


def test_only_items_of_both_are_pairs() -> None:
    pairs = paired(make_view([[1, 0, NAN], [0, NAN, 1]]))
    np.testing.assert_array_equal(pairs.scored[1], [-1, NAN, NAN])
    np.testing.assert_array_equal(pairs.scored[0], [0, 0, NAN])


def test_failures_are_taken_at_their_worst_and_best_never_as_wrong() -> None:
    view = make_view([[1, 0, 1, 0], [1, 1, 1, 1]])
    view = with_status(view, 1, slice(0, 1), Status.ERROR)
    view = with_status(view, 0, slice(1, 2), Status.TIMEOUT)
    pairs = paired(view)
    np.testing.assert_array_equal(pairs.scored[1], [NAN, NAN, 0, 1])
    np.testing.assert_array_equal(pairs.worst[1], [-1, 0, 0, 1])
    np.testing.assert_array_equal(pairs.best[1], [0, 1, 0, 1])
    assert pairs.is_failed[1].tolist() == [True, True, False, False]


def test_both_failed_may_be_anything() -> None:
    view = make_view([[1.0], [1.0]])
    for row in (0, 1):
        view = with_status(view, row, slice(0, 1), Status.ERROR)
    pairs = paired(view)
    assert (pairs.worst[1, 0], pairs.best[1, 0]) == (-1, 1)


def test_a_refusal_that_counts_as_zero_is_scored() -> None:
    assert paired(make_view([[1.0], [0.0]], statuses=[[Status.OK], [Status.REFUSED]])).scored[1, 0] == -1


def test_of_what_was_drawn_only_the_unbroken_run_is_an_even_sample() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02", "m03")))
    holes: list[list[float]] = [
        [1, 1, NAN, 1, NAN],
        [0, 1, NAN, 1, NAN],
        [1, 1, 1, 1, 1],
        [0, 1, NAN, 1, NAN],
        [1, 1, NAN, 1, NAN],
    ]
    view = make_view(holes, composites=[vote])
    ids = view.setting.item_ids
    asked = Probe(candidate_id=CandidateId("m03"), item_ids=ids[:4])
    drawn = [Probe(candidate_id=CandidateId(name), item_ids=(ids[3],), p_draw=(0.5,)) for name in ("m01", "m02")]
    assert evenly_bought(replace(view, moves=(Move(phase="p", round=0, probes=(asked,)),))).outcomes is view.outcomes
    even = evenly_bought(replace(view, moves=(Move(phase="p", round=0, probes=(asked, *drawn)),)))
    assert (even.outcomes.status > 0).sum(axis=1).tolist() == [3, 2, 5, 3, 2]
    np.testing.assert_array_equal(even.outcomes.score[1], [0, 1, NAN, NAN, NAN])
    np.testing.assert_array_equal(even.outcomes.score[3], holes[3])
