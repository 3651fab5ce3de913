import numpy as np
import pytest

from modelsearch.stats.sequential import difference_sequence, empirical_bernstein


def test_it_covers_the_population_mean_at_every_look() -> None:
    rng = np.random.default_rng(0)
    n_runs, missed = 800, 0
    for _ in range(n_runs):
        low, high = empirical_bernstein((rng.random(300) < 0.8).astype(np.float64), 0.1)
        missed += bool(((low > 0.8) | (high < 0.8)).any())
    assert missed / n_runs <= 0.1 + 3 * np.sqrt(0.09 / n_runs)


def test_it_covers_the_mean_of_these_items_at_every_look() -> None:
    rng = np.random.default_rng(1)
    items = (np.arange(120) < 84).astype(np.float64)
    n_runs, missed = 800, 0
    for _ in range(n_runs):
        low, high = empirical_bernstein(rng.permutation(items), 0.1, n_items=120)
        is_missed = bool(((low > 0.7 + 1e-9) | (high < 0.7 - 1e-9)).any())
        missed += is_missed
        assert is_missed or (low[-1], high[-1]) == pytest.approx((0.7, 0.7))
    assert missed / n_runs <= 0.1 + 3 * np.sqrt(0.09 / n_runs)


def test_bounds_only_narrow_and_know_the_size_of_the_population() -> None:
    x = (np.random.default_rng(2).random(200) < 0.5).astype(np.float64)
    endless, finite = empirical_bernstein(x, 0.05), empirical_bernstein(x, 0.05, n_items=210)
    assert (np.diff(endless[0]) >= 0).all()
    assert (np.diff(endless[1]) <= 0).all()
    assert finite[1][-1] - finite[0][-1] < endless[1][-1] - endless[0][-1]


def test_differences_are_mapped_to_their_own_range() -> None:
    d = np.array([1.0, -1.0, 0.0, 0.0])
    low, high = difference_sequence(d, 0.05, n_items=4)
    assert (low[-1], high[-1]) == pytest.approx((0.0, 0.0))


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        empirical_bernstein(np.array([1.2]), 0.05)
    with pytest.raises(ValueError, match="without replacement"):
        empirical_bernstein(np.zeros(3), 0.05, n_items=2)
    assert empirical_bernstein(np.zeros(0), 0.05)[0].size == 0
