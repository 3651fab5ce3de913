import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.stats.pareto import front, hypervolume, surely_dominated


def brute_force(points: npt.NDArray[np.float64]) -> list[bool]:
    return [not any(np.all(other <= point) and np.any(other < point) for other in points) for point in points]


POINTS = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 4).map(float), min_size=n, max_size=n), min_size=1, max_size=15)
)


@given(POINTS)
def test_front_is_what_brute_force_says(rows: list[list[float]]) -> None:
    points = np.array(rows)
    assert front(points).tolist() == brute_force(points)


def test_an_empty_front_and_a_nan() -> None:
    assert front(np.zeros((0, 2))).size == 0
    with pytest.raises(ValueError, match="NaN"):
        front(np.array([[np.nan, 1.0]]))


@given(POINTS)
def test_boxes_without_width_are_dominated_like_points(rows: list[list[float]]) -> None:
    points = np.array(rows)
    assert surely_dominated(points, points).tolist() == [not kept for kept in brute_force(points)]


def test_boxes_that_overlap_dominate_nobody() -> None:
    low, high = np.array([[0.0, 0.0], [0.5, 0.5]]), np.array([[1.0, 1.0], [2.0, 2.0]])
    assert not surely_dominated(low, high).any()
    assert surely_dominated(low, np.array([[0.4, 0.4], [2.0, 2.0]])).tolist() == [False, True]


def test_hypervolume_of_a_staircase() -> None:
    points = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0], [5.0, 5.0]])
    assert hypervolume(points, np.array([3.0, 3.0])) == pytest.approx(6.0)
    assert hypervolume(points, np.array([0.0, 0.0])) == 0.0
