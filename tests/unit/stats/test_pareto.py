import moocore
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from modelsearch.stats import pareto
from modelsearch.stats.pareto import (
    CUT_FROM,
    expected_hypervolume_improvement,
    expected_shortfall,
    front,
    hypervolume,
    hypervolume_improvement,
    surely_dominated,
)

Floats = npt.NDArray[np.float64]


def brute_force(points: Floats) -> list[bool]:
    return [not any(np.all(other <= point) and np.any(other < point) for other in points) for point in points]


def brute_force_boxes(low: Floats, high: Floats) -> list[bool]:
    return [
        any(np.all(high[j] <= low[i]) and np.any(high[j] < low[i]) for j in range(len(low)) if j != i)
        for i in range(len(low))
    ]


POINTS = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 4).map(float), min_size=n, max_size=n), min_size=1, max_size=15)
)


@given(POINTS)
def test_front_is_what_brute_force_says(rows: list[list[float]]) -> None:
    points = np.array(rows)
    assert front(points).tolist() == brute_force(points)


@given(POINTS, st.integers(0, 14))
def test_who_is_dominated_is_so_by_a_point_of_the_front_and_more_points_help_nobody(
    rows: list[list[float]], extra: int
) -> None:
    points = np.array(rows)
    kept = front(points)
    for point in points[~kept]:
        assert any(np.all(other <= point) and np.any(other < point) for other in points[kept])
    fewer = np.delete(points, extra % len(points), axis=0)
    was_kept = front(fewer)
    assert not (np.delete(kept, extra % len(points)) & ~was_kept).any()


@pytest.mark.parametrize("n_objectives", [2, 3, 4])
@pytest.mark.parametrize("decimals", [1, 12])
def test_the_first_cut_takes_nobody_from_the_front(n_objectives: int, decimals: int) -> None:
    points = np.round(np.random.default_rng(3).random((CUT_FROM + 200, n_objectives)), decimals)
    points[:, 0] *= 1e-6
    np.testing.assert_array_equal(front(points), moocore.is_nondominated(points, keep_weakly=True))


def test_the_first_cut_survives_twins_infinities_and_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pareto, "CUT_FROM", 1)
    monkeypatch.setattr(pareto, "CUT_SHARE", 0.0)
    points = np.array([[0.0, 7.0, 1.0], [0.0, 7.0, 1.0], [np.inf, 7.0, 0.0], [-np.inf, 7.0, 9.0], [1.0, 7.0, 1.0]])
    assert front(points).tolist() == [True, True, True, True, False]
    assert front(np.full((3, 2), 4.0)).tolist() == [True] * 3


def test_one_objective_keeps_all_the_least() -> None:
    assert front(np.array([[2.0], [1.0], [1.0]])).tolist() == [False, True, True]


def test_an_empty_front_and_a_nan() -> None:
    assert front(np.zeros((0, 2))).size == 0
    with pytest.raises(ValueError, match="NaN"):
        front(np.array([[np.nan, 1.0]]))


@given(POINTS)
def test_boxes_without_width_are_dominated_like_points(rows: list[list[float]]) -> None:
    points = np.array(rows)
    assert surely_dominated(points, points).tolist() == [not kept for kept in brute_force(points)]


@given(POINTS, st.integers(0, 2**32 - 1))
def test_boxes_are_dominated_as_brute_force_says(rows: list[list[float]], seed: int) -> None:
    low = np.array(rows)
    high = low + np.random.default_rng(seed).integers(0, 3, low.shape).astype(np.float64)
    assert surely_dominated(low, high).tolist() == brute_force_boxes(low, high)


@given(POINTS, st.integers(0, 2**32 - 1))
def test_who_is_surely_dominated_is_so_wherever_the_points_lie(rows: list[list[float]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = np.array(rows)
    high = low + rng.integers(0, 3, low.shape).astype(np.float64)
    at = low + rng.random(low.shape) * (high - low)
    assert not (front(at) & surely_dominated(low, high)).any()


def test_boxes_that_overlap_dominate_nobody() -> None:
    low, high = np.array([[0.0, 0.0], [0.5, 0.5]]), np.array([[1.0, 1.0], [2.0, 2.0]])
    assert not surely_dominated(low, high).any()
    assert surely_dominated(low, np.array([[0.4, 0.4], [2.0, 2.0]])).tolist() == [False, True]
    assert surely_dominated(np.zeros((0, 2)), np.zeros((0, 2))).tolist() == []


def test_boxes_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    low = np.random.default_rng(2).random((40, 3))
    whole = surely_dominated(low, low + 0.05)
    monkeypatch.setattr(pareto, "MAX_CELLS", 7)
    np.testing.assert_array_equal(surely_dominated(low, low + 0.05), whole)
    assert whole.any()


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_hypervolume_of_a_2d_staircase_has_a_closed_form(n: int) -> None:
    """Points (i, n - 1 - i) below (n, n): columns of heights 1, 2, ..., n."""
    steps = np.arange(n, dtype=np.float64)
    points = np.column_stack([steps, steps[::-1]])
    assert hypervolume(points, np.array([float(n), float(n)])) == pytest.approx(n * (n + 1) / 2)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_hypervolume_of_a_3d_grid_has_a_closed_form(n: int) -> None:
    """Points with i + j + k = n - 1 below (n, n, n): unit cells with i + j + k >= n - 1, n^3 - C(n + 1, 3) of them."""
    grid = np.array([[i, j, n - 1 - i - j] for i in range(n) for j in range(n - i)], dtype=np.float64)
    wanted = n**3 - (n + 1) * n * (n - 1) / 6
    assert hypervolume(grid, np.full(3, float(n))) == pytest.approx(wanted)


def test_points_that_do_not_reach_the_reference_have_no_volume() -> None:
    points = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0], [5.0, 5.0]])
    assert hypervolume(points, np.array([3.0, 3.0])) == pytest.approx(6.0)
    assert hypervolume(points, np.array([0.0, 0.0])) == 0.0


@given(POINTS)
def test_improvement_is_the_difference_of_two_hypervolumes(rows: list[list[float]]) -> None:
    points = np.array(rows)
    reference = np.full(points.shape[1], 3.5)
    known, new = points[::2], points[1::2]
    before = hypervolume(known, reference)
    wanted = [hypervolume(np.vstack([known, point]), reference) - before for point in new]
    np.testing.assert_allclose(hypervolume_improvement(new, known, reference), wanted, atol=1e-9)


KNOWN = np.array([[0.2, 0.7], [0.4, 0.5], [0.7, 0.1], [0.9, 0.9], [2.0, -1.0]])
REFERENCE = np.array([1.0, 1.0])


def test_of_sure_points_the_expectation_is_the_improvement() -> None:
    points = np.random.default_rng(1).random((50, 2)) * 1.3 - 0.1
    found = expected_hypervolume_improvement(points, np.zeros_like(points), KNOWN, REFERENCE)
    np.testing.assert_allclose(found, hypervolume_improvement(points, KNOWN, REFERENCE), atol=1e-12)
    assert (found > 0).any()
    assert (found == 0).any()


@pytest.mark.parametrize("mean", [(0.3, 0.3), (0.8, 0.8), (0.5, 0.05), (1.2, 0.2)])
@pytest.mark.parametrize("sd", [(0.1, 0.2), (0.3, 0.05)])
def test_expected_improvement_is_the_integral(mean: tuple[float, float], sd: tuple[float, float]) -> None:
    """Against a product rule of 801 x 801 points over +-8 standard deviations."""
    z = np.linspace(-8, 8, 801)
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    x, y = np.meshgrid(mean[0] + sd[0] * z, mean[1] + sd[1] * z, indexing="ij")
    gains = _improvement_2d(x.ravel(), y.ravel()).reshape(x.shape)
    wanted = float(weight @ gains @ weight)
    found = expected_hypervolume_improvement(np.array([mean]), np.array([sd]), KNOWN, REFERENCE)
    assert found[0] == pytest.approx(wanted, rel=2e-4, abs=1e-6)


def _improvement_2d(x: Floats, y: Floats) -> Floats:
    """Area that each point adds, from the staircase of KNOWN, column by column."""
    edges = [(-np.inf, 0.2, 1.0), (0.2, 0.4, 0.7), (0.4, 0.7, 0.5), (0.7, 1.0, 0.1)]
    parts = [np.clip(b - np.maximum(a, x), 0, None) * np.clip(top - y, 0, None) for a, b, top in edges]
    return np.asarray(sum(parts), dtype=np.float64)


def test_with_nothing_known_it_is_a_product_of_two() -> None:
    mean, sd = np.array([[0.4, 0.9]]), np.array([[0.2, 0.3]])
    one = expected_shortfall(REFERENCE, mean, sd)
    found = expected_hypervolume_improvement(mean, sd, np.zeros((0, 2)), REFERENCE)
    assert found[0] == pytest.approx(float(one.prod()))


@settings(max_examples=30)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.01, 2))
def test_shortfall_is_the_integral(bound: float, mean: float, sd: float) -> None:
    wanted, _ = integrate.quad(lambda y: (bound - y) * stats.norm.pdf(y, mean, sd), mean - 12 * sd, bound)
    found = float(expected_shortfall(np.array(bound), np.array(mean), np.array(sd)))
    assert found == pytest.approx(max(wanted, 0.0), rel=1e-6, abs=1e-9)


def test_shortfall_far_away_is_zero_and_never_negative() -> None:
    found = expected_shortfall(np.array([-1e6, 0.0, 1e6]), np.zeros(3), np.array([1.0, 0.0, 1e-9]))
    np.testing.assert_allclose(found, [0.0, 0.0, 1e6], atol=1e-300)
