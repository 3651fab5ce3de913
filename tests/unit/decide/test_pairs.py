import numpy as np

from modelsearch.core.outcome import Status
from modelsearch.decide.pairs import paired
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
