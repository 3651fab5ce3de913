import numpy as np
import pytest
from scipy import stats

from modelsearch.stats.intervals import bootstrap, student, wilson


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 7), (90, 100), (10, 10)])
def test_wilson_agrees_with_scipy(k: int, n: int) -> None:
    low, high = wilson(np.array([k / n]), np.array([float(n)]))
    other = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert low[0] == pytest.approx(other.low, abs=1e-9)
    assert high[0] == pytest.approx(other.high, abs=1e-9)


def test_wilson_of_a_whole_population_is_the_mean_itself() -> None:
    low, high = wilson(np.array([0.3, 0.3]), np.array([10.0, 9.0]), 10.0)
    assert low[0] == high[0] == pytest.approx(0.3)
    assert low[1] < 0.3 < high[1]


def test_wilson_covers_a_finite_population() -> None:
    rng = np.random.default_rng(0)
    items = (np.arange(200) < 140).astype(np.float64)
    means = np.array([rng.permutation(items)[:80].mean() for _ in range(2000)])
    low, high = wilson(means, np.full(2000, 80.0), 200.0)
    assert ((low <= 0.7) & (high >= 0.7)).mean() >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_student_agrees_with_scipy() -> None:
    low, high = student(np.array([0.1]), np.array([0.05]), np.array([7.0]))
    assert (low[0], high[0]) == pytest.approx(stats.t.interval(0.95, 7, loc=0.1, scale=0.05))


def test_bootstrap_is_seeded_and_brackets_the_mean() -> None:
    values = np.random.default_rng(1).normal(size=200)
    one = bootstrap(values, lambda x: float(x.mean()), np.random.default_rng(2))
    two = bootstrap(values, lambda x: float(x.mean()), np.random.default_rng(2))
    assert one == two
    error = values.std() / np.sqrt(200)
    assert one[0] == pytest.approx(values.mean() - 1.96 * error, abs=0.5 * error)
    with pytest.raises(ValueError, match="at least 1 value"):
        bootstrap(values[:0], lambda x: float(x.mean()), np.random.default_rng(2))
