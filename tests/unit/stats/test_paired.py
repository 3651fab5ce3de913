import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelsearch.stats.paired import discordance, mcnemar_exact, paired_mean, unit_sums

NAN = float("nan")


def test_plain_pairs_have_the_textbook_mean_and_variance() -> None:
    d = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=(3, 40))
    got = paired_mean(d, np.ones(40), np.arange(40))
    np.testing.assert_allclose(got.mean, d.mean(axis=1))
    np.testing.assert_allclose(got.variance, d.var(axis=1, ddof=1))
    np.testing.assert_allclose(got.n_worth, 40)


def test_missing_pairs_are_left_out() -> None:
    d = np.array([[1.0, NAN, 0.0, NAN], [NAN, NAN, NAN, NAN]])
    got = paired_mean(d, np.ones(4), np.arange(4))
    assert got.n_pairs.tolist() == [2, 0]
    assert got.mean[0] == 0.5
    assert np.isnan(got.mean[1])
    assert got.n_worth[1] == 0


def test_weights_move_the_mean_and_lower_the_worth() -> None:
    got = paired_mean(np.array([[1.0, 0.0, 0.0]]), np.array([2.0, 1.0, 1.0]), np.arange(3))
    assert got.mean[0] == pytest.approx(0.5)
    assert got.n_worth[0] == pytest.approx(16 / 6)


def test_copies_in_clusters_are_worth_no_more_than_one_each() -> None:
    d = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], size=(1, 30))
    one = paired_mean(d, np.ones(30), np.arange(30))
    five = paired_mean(np.repeat(d, 5, axis=1), np.ones(150), np.repeat(np.arange(30), 5))
    assert five.n_worth[0] == pytest.approx(30)
    assert five.variance[0] == pytest.approx(one.variance[0])


def test_unit_sums_do_not_need_clusters_side_by_side() -> None:
    values = np.array([[1.0, 2.0, 3.0, 4.0]])
    np.testing.assert_array_equal(unit_sums(values, np.array([0, 1, 0, 1])), [[4.0, 6.0]])
    np.testing.assert_array_equal(unit_sums(values, np.array([0, 0, 1, 1])), [[3.0, 7.0]])


@given(st.integers(0, 30), st.integers(0, 30))
def test_mcnemar_agrees_with_the_binomial_test(n_better: int, n_worse: int) -> None:
    n = n_better + n_worse
    expected = stats.binomtest(n_better, n).pvalue if n else 1.0
    assert mcnemar_exact(n_better, n_worse) == pytest.approx(expected)


def test_discordance_counts_pairs_that_differ() -> None:
    assert discordance(np.array([0.0, 1.0, NAN, -1.0, 0.0])) == 0.5
    assert np.isnan(discordance(np.array([NAN])))
