import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.stats.bandit import (
    cumulative_regret,
    p_best,
    simple_regret,
    top_two,
    ucb_e,
)

chances = st.lists(st.floats(0.001, 1.0), min_size=2, max_size=6).map(lambda p: np.array(p) / sum(p))


def test_ucb_e_is_the_mean_and_its_bonus() -> None:
    index = ucb_e(np.array([0.5, 0.5, np.nan]), np.array([4, 16, 0]), 0.16)
    assert index.tolist() == pytest.approx([0.7, 0.6, np.inf])


def test_a_finished_arm_is_never_pulled() -> None:
    index = ucb_e(np.array([0.9, 0.1]), np.array([10, 10]), 1.0, np.array([True, False]))
    assert index[0] == -np.inf
    assert np.argmax(index) == 1


def test_every_arm_may_have_a_bonus_of_its_own() -> None:
    index = ucb_e(np.array([0.0, 0.0]), np.array([1, 1]), np.array([0.25, 0.0]))
    assert index.tolist() == [0.5, 0.0]


def test_the_best_of_draws_is_counted_ties_to_the_first() -> None:
    assert p_best(np.array([[1.0, 2.0], [3.0, 0.0], [1.0, 1.0], [0.0, 5.0]])).tolist() == [0.5, 0.5]


def test_top_two_of_two_arms_is_a_half_each() -> None:
    assert top_two(np.array([0.9, 0.1]), 0.5).tolist() == pytest.approx([0.5, 0.5])


def test_top_two_agrees_with_drawing() -> None:
    p, rng, n = np.array([0.7, 0.2, 0.1]), np.random.default_rng(0), 20_000
    leader = rng.choice(3, size=n, p=p)
    others = np.array([[0, 2 / 3, 1 / 3], [7 / 8, 0, 1 / 8], [7 / 9, 2 / 9, 0]])
    challenger = np.array([rng.choice(3, p=others[first]) for first in leader[:2000]])
    is_leader = rng.random(2000) < 0.3
    pulled = np.bincount(np.where(is_leader, leader[:2000], challenger), minlength=3) / 2000
    assert top_two(p, 0.3) == pytest.approx(pulled, abs=0.04)  # 3.5 standard errors


@given(p=chances, beta=st.floats(0.05, 0.95))
def test_top_two_is_a_distribution_that_lowers_the_largest(p: np.ndarray, beta: float) -> None:
    psi = top_two(p, beta)
    assert psi.sum() == pytest.approx(1.0)
    assert (psi >= 0).all()
    assert psi.max() <= max(p.max(), beta, 1 - beta) + 1e-9


@given(p=chances)
def test_with_all_for_the_leader_it_is_thompson(p: np.ndarray) -> None:
    assert top_two(p, 1.0) == pytest.approx(p)


def test_a_sure_best_gets_everything() -> None:
    assert top_two(np.array([0.0, 1.0]), 0.5).tolist() == [0.0, 1.0]


def test_regret_is_what_is_lacked() -> None:
    value = np.array([0.2, 0.9, 0.5])
    assert simple_regret(value, 1) == 0.0
    assert simple_regret(value, 0) == pytest.approx(0.7)
    assert cumulative_regret(value, np.array([1, 2, 0])).tolist() == pytest.approx([0.0, 0.4, 1.1])
    dollars = cumulative_regret(value, np.array([1, 2, 0]), np.array([0.1, 9.0, 2.0]))
    assert dollars.tolist() == pytest.approx([0.0, 0.8, 0.87])
