import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.scaling import (
    Floats,
    Law,
    Rows,
    fit_plane,
    left_out_coverage,
    left_out_residuals,
    offsets,
    segments,
    weighted_quantile,
)

KNOTS = np.array([8.0, 70.0])


def _law(level: float, n_features: int, penalty: float = 0.0) -> Law:
    free = np.full(n_features, penalty)
    free[0] = 0.0
    return Law(level=level, penalty=free, is_rising=np.zeros(n_features, dtype=np.bool_))


def _grouped(seed: int, n_groups: int = 12, n_rows: int = 40) -> Rows:
    """Groups of one law with noise, their levels apart."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), n_rows)
    x = rng.uniform(0, 3, len(group))
    value = 0.5 * x + rng.normal(0, 0.1, n_groups)[group] + rng.normal(0, 0.2, len(group))
    return Rows(features=np.column_stack([np.ones(len(x)), x]), value=value, group=group)


def test_segments_are_pieces_of_log_size_flat_above_the_last_knot() -> None:
    found = segments(np.array([4.0, 8.0, 70.0, 400.0]), KNOTS)
    wanted = [[np.log(0.5), 0.0], [0.0, 0.0], [0.0, np.log(70 / 8)], [0.0, np.log(70 / 8)]]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.1, 2000), min_size=2, max_size=10))
def test_segments_never_fall_with_size(sizes: list[float]) -> None:
    assert (np.diff(segments(np.sort(np.array(sizes)), KNOTS), axis=0) >= -1e-12).all()


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_a_plane_of_a_constant_is_the_quantile(level: float) -> None:
    value = np.random.default_rng(0).normal(size=101)
    rows = Rows(features=np.ones((101, 1)), value=value, group=np.zeros(101, dtype=np.int64))
    assert fit_plane(rows, _law(level, 1))[0] == pytest.approx(np.quantile(value, level), abs=1e-9)


def test_an_exact_line_is_found_at_any_level() -> None:
    x = np.linspace(0, 1, 20)
    rows = Rows(features=np.column_stack([np.ones(20), x]), value=1 - 2 * x, group=np.arange(20) % 4)
    np.testing.assert_allclose(fit_plane(rows, _law(0.9, 2)), [1, -2], atol=1e-9)


def test_a_rising_coefficient_cannot_be_negative_and_a_dear_one_is_zero() -> None:
    x = np.linspace(0, 1, 20)
    rows = Rows(features=np.column_stack([np.ones(20), x]), value=1 - 2 * x, group=np.arange(20) % 4)
    rising = Law(level=0.5, penalty=np.zeros(2), is_rising=np.array([False, True]))
    assert fit_plane(rows, rising)[1] == pytest.approx(0.0, abs=1e-9)
    assert fit_plane(rows, _law(0.5, 2, penalty=10.0))[1] == pytest.approx(0.0, abs=1e-9)


def test_every_group_weighs_the_same() -> None:
    group = np.array([0] * 9 + [1])
    rows = Rows(features=np.ones((10, 1)), value=np.arange(10.0), group=group)
    assert rows.weights[:9].sum() == pytest.approx(rows.weights[9]) == pytest.approx(0.5)


def test_weighted_quantile_counts_weights() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25])
    assert [weighted_quantile(values, weights, level) for level in (0.25, 0.5, 0.51, 1.0)] == [1.0, 2.0, 3.0, 3.0]


def test_residuals_are_of_a_fit_that_has_not_seen_the_group() -> None:
    rows = Rows(features=np.ones((4, 1)), value=np.array([0.0, 0.0, 1.0, 1.0]), group=np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(left_out_residuals(rows, _law(0.5, 1)), [-1, -1, 1, 1], atol=1e-9)
    with pytest.raises(ValueError, match="at least 2 groups, got 1"):
        left_out_residuals(rows.of(rows.group == 0), _law(0.5, 1))


def test_left_out_groups_are_covered_about_as_often_as_stated() -> None:
    levels = np.array([0.8, 0.9, 0.95])
    covered: Floats = left_out_coverage(_grouped(1, n_groups=8, n_rows=15), _law(0.9, 2), levels)
    assert covered.shape == (8, 3)
    assert (np.abs(covered.mean(axis=0) - levels) < 0.08).all(), covered


def test_offsets_rise_with_the_level() -> None:
    found = offsets(_grouped(3, n_groups=6, n_rows=15), _law(0.5, 2), np.array([0.5, 0.8, 0.95]))
    assert (np.diff(found) > 0).all()
