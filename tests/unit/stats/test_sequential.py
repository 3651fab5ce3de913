import numpy as np
import pytest

from modelsearch.stats.sequential import asymptotic_sequence, betting_sequence, difference_sequence, empirical_bernstein


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


def test_betting_covers_rarely_misses_and_ends_at_the_mean() -> None:
    rng = np.random.default_rng(3)
    items = np.concatenate([np.ones(12), -np.ones(20), np.zeros(88)])
    n_runs = 150
    runs = np.array([rng.permutation(items) for _ in range(n_runs)])
    missed = np.zeros(n_runs, dtype=np.bool_)
    for n_seen in (20, 60, 100, 120):
        low, high = betting_sequence(runs[:, :n_seen], 120, 0.1)
        missed |= (low > items.mean() + 1e-9) | (high < items.mean() - 1e-9)
    assert missed.mean() <= 0.1 + 3 * np.sqrt(0.09 / n_runs)
    np.testing.assert_allclose(low, items.mean())
    np.testing.assert_allclose(high, items.mean())


def test_betting_is_narrower_than_the_closed_form_and_reads_the_run_alone() -> None:
    rng = np.random.default_rng(4)
    d = rng.choice([-1.0, 0.0, 1.0], p=[0.05, 0.9, 0.05], size=(1, 200))
    low, high = betting_sequence(d, 1000, 0.05)
    wide = difference_sequence(d[0], 0.05, 1000)
    assert high[0] - low[0] < 0.8 * (wide[1][-1] - wide[0][-1])
    holed = np.concatenate([d, np.full((1, 1), np.nan), np.ones((1, 50))], axis=1)
    np.testing.assert_array_equal(np.array(betting_sequence(holed, 1000, 0.05)), np.array([low, high]))
    nothing = betting_sequence(np.full((1, 1), np.nan), 10, 0.05)
    assert (nothing[0][0], nothing[1][0]) == (-1.0, 1.0)


def test_the_asymptotic_sequence_covers_lognormal_costs_at_every_look() -> None:
    rng = np.random.default_rng(5)
    items = np.exp(0.6 * rng.normal(size=400))
    n_runs, missed = 400, 0
    n = np.arange(50, 401, dtype=np.float64)
    for _ in range(n_runs):
        x = rng.permutation(items)
        mean = np.cumsum(x) / np.arange(1, 401)
        variance = np.cumsum(x * x) / np.arange(1, 401) - mean**2
        half = asymptotic_sequence(variance[49:], n, 400.0, 0.1)
        missed += bool((np.abs(mean[49:] - items.mean()) > half + 1e-9).any())
    assert missed / n_runs <= 0.1 + 3 * np.sqrt(0.09 / n_runs)
    assert asymptotic_sequence(np.ones(1), np.zeros(1), np.inf, 0.05)[0] == np.inf
