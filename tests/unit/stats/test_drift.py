import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.stats.drift import (
    N_FALLS,
    RANK_POWERS,
    RANK_WEIGHTS,
    SCORE_WEIGHTS,
    Floats,
    References,
    evidence,
    rank_log_bets,
    score_log_bets,
)

scores = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
bags = st.lists(scores, min_size=2, max_size=9)


def references(bag: Sequence[float]) -> References:
    found = np.array(bag)
    return References(
        n=np.array([float(len(bag))]),
        total=found.sum(keepdims=True),
        low=found.min(keepdims=True),
        high=found.max(keepdims=True),
    )


def bets(new: float, *old: float) -> Floats:
    return np.asarray(np.exp(score_log_bets(references(old), np.array([new]))[0]))


@given(bags)
def test_whichever_of_a_bag_is_the_newest_the_bets_are_fair(bag: list[float]) -> None:
    each = [bets(bag[at], *bag[:at], *bag[at + 1 :]) for at in range(len(bag))]
    assert np.mean(each, axis=0) == pytest.approx(1.0, abs=1e-6)


@given(bags)
def test_no_bet_loses_everything(bag: list[float]) -> None:
    assert (bets(*bag) > 0).all()


def test_an_item_that_always_said_the_same_tells_nothing_until_it_changes() -> None:
    assert bets(1.0, 1.0, 1.0, 1.0) == pytest.approx(1.0)
    assert bets(0.0, 1.0, 1.0, 1.0)[0] > 3.0
    assert bets(0.0, 1.0, 1.0, 1.0)[-1] < 1.0


def test_a_flip_of_an_item_that_flips_anyway_counts_for_little() -> None:
    stable, flippy = bets(0.0, *[1.0] * 6), bets(0.0, *[1.0, 0.0] * 3)
    assert (stable[:N_FALLS] > flippy[:N_FALLS]).all()
    assert flippy[1] < 1.2


def test_without_earlier_scores_nothing_is_bet() -> None:
    none = References(n=np.zeros(2), total=np.zeros(2), low=np.zeros(2), high=np.zeros(2))
    assert (score_log_bets(none, np.array([0.0, 1.0])) == 0).all()


@given(st.integers(0, 30))
def test_every_rank_of_a_night_is_a_fair_bet(n: int) -> None:
    nights = np.arange(n + 1.0)
    each = [np.exp(rank_log_bets(night, np.delete(nights, at))) for at, night in enumerate(nights)]
    assert np.mean(each, axis=0) == pytest.approx(1.0)


def test_ties_count_against_both_directions() -> None:
    assert (np.exp(rank_log_bets(1.0, np.ones(20))) < 1.0).all()


def test_the_largest_of_many_wins_for_up_and_loses_for_down() -> None:
    found = np.exp(rank_log_bets(99.0, np.arange(50.0)))
    half = len(RANK_POWERS)
    assert (found[:half] > 4).all()
    assert (found[half:] < 1).all()


def test_evidence_is_the_sum_over_the_starts_of_a_block() -> None:
    log_bets = np.log([[1.0, 1.0], [4.0, 1.0], [4.0, 1.0]])
    weights = np.array([0.5, 0.5])
    starts = [0.5 * 16 + 0.5, 0.5 * 16 + 0.5, 0.5 * 4 + 0.5]
    one = evidence(log_bets, np.array([0, 0, 0]), weights, 1)
    assert np.exp(one.log_e_value) == pytest.approx(sum(starts))
    assert one.is_first_half
    two = evidence(log_bets, np.array([0, 1, 1]), weights, 1)
    assert np.exp(two.log_e_value) == pytest.approx(starts[1] + starts[2])


def test_weights_are_shares() -> None:
    assert SCORE_WEIGHTS.sum() == pytest.approx(1.0)
    assert RANK_WEIGHTS.sum() == pytest.approx(1.0)


def test_blocks_reach_a_threshold_no_oftener_than_they_may() -> None:
    """1,000 blocks of 4 nights with 60 flipping items each: at threshold 20 at most 1 in 5 of them, and some do."""
    rng, n_blocks, n_items = np.random.default_rng(0), 1000, 60
    p = rng.beta(0.5, 0.2, (n_blocks, 4, n_items))
    n_old = rng.integers(1, 6, p.shape)
    old, new = rng.binomial(n_old, p).astype(np.float64), (rng.random(p.shape) < p).astype(np.float64)
    found = References(
        n=n_old.ravel().astype(np.float64),
        total=old.ravel(),
        low=(old == n_old).ravel().astype(np.float64),
        high=(old > 0).ravel().astype(np.float64),
    )
    nights = score_log_bets(found, new.ravel()).reshape(*p.shape, -1).sum(axis=2)
    ever = sum(any(is_reached(block[: last + 1]) for last in range(4)) for block in nights)
    standard_error = np.sqrt(0.2 * 0.8 / n_blocks)
    assert 0 < ever / n_blocks <= 0.2 + 3 * standard_error


def is_reached(nights: Floats) -> bool:
    one_block = np.zeros(len(nights), dtype=np.int64)
    return evidence(nights, one_block, SCORE_WEIGHTS, N_FALLS).log_e_value >= math.log(20)
