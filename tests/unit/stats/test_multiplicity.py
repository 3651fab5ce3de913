import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.stats.multiplicity import benjamini_hochberg, halving_level, holm, lifetime_level, shared_levels


@given(st.lists(st.floats(0, 10), min_size=1, max_size=30), st.floats(0.001, 0.2))
def test_shares_never_pass_alpha(weights: list[float], alpha: float) -> None:
    assert shared_levels(alpha, weights).sum() <= alpha * (1 + 1e-9)


def test_shares_follow_the_weights() -> None:
    np.testing.assert_allclose(shared_levels(0.05, [1, 3, 0]), [0.0125, 0.0375, 0])
    assert shared_levels(0.05, [0.0, 0.0]).tolist() == [0, 0]
    with pytest.raises(ValueError, match="at least 0"):
        shared_levels(0.05, [-1.0])


def test_endless_rows_of_tests_stay_within_alpha() -> None:
    assert sum(halving_level(0.05, k) for k in range(1, 60)) <= 0.05
    assert sum(lifetime_level(0.05, k) for k in range(1, 10_000)) <= 0.05
    with pytest.raises(ValueError, match="at least 1"):
        halving_level(0.05, 0)


def test_holm_on_a_known_case() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p, 0.05).tolist() == [True, False, False, True]


def test_benjamini_hochberg_on_a_known_case() -> None:
    p = np.array([0.039, 0.001, 0.008, 0.041, 0.042])
    assert benjamini_hochberg(p, 0.05).all()
    assert benjamini_hochberg(np.array([0.6, 0.03]), 0.05).tolist() == [False, False]
    assert benjamini_hochberg(np.zeros(0), 0.05).size == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_rejects_no_more_than_benjamini_hochberg(p_values: list[float]) -> None:
    p = np.array(p_values)
    assert not np.any(holm(p, 0.05) & ~benjamini_hochberg(p, 0.05))
