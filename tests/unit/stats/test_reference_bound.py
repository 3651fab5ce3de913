import numpy as np
import pytest

from modelsearch.stats.reference_bound import (
    Floats,
    ReferenceBets,
    best_log_wealth_below,
    reference_bets,
    upper_bound,
)

ALPHA = 0.05
THRESHOLD = -np.log(ALPHA)
N_ITEMS = 150


def table(seed: int, n_features: int = 4) -> tuple[Floats, Floats]:
    """A reference of quality 0.8 and rows that share its hard items."""
    rng = np.random.default_rng(seed)
    hardness = rng.random(N_ITEMS)[None, :] + rng.normal(0, 0.08, (n_features + 1, N_ITEMS))
    rank = hardness.argsort(axis=1).argsort(axis=1)
    scores = (rank < np.linspace(0.8, 0.6, n_features + 1)[:, None] * N_ITEMS).astype(np.float64)
    return scores[0], scores[1:]


def bets_in(order: np.ndarray[tuple[int], np.dtype[np.int64]], n_seen: int = N_ITEMS) -> ReferenceBets:
    y, features = table(0)
    return reference_bets(y[order][:n_seen], features[:, order], np.full(4, 0.25), edge=0.02)


def test_the_true_total_is_rarely_rejected_at_any_look() -> None:
    rng = np.random.default_rng(1)
    total = float(table(0)[0].sum())
    n_runs = 1500
    wrong = sum(best_log_wealth_below(bets_in(rng.permutation(N_ITEMS)), total) >= THRESHOLD for _ in range(n_runs))
    assert wrong / n_runs <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / n_runs)


def test_evidence_is_monotone_in_the_threshold_so_that_one_level_serves_all() -> None:
    rng = np.random.default_rng(2)
    for _ in range(30):
        bets = bets_in(rng.permutation(N_ITEMS), int(rng.integers(5, N_ITEMS)))
        wealth = [best_log_wealth_below(bets, total) for total in np.linspace(0, 1.2 * N_ITEMS, 60)]
        assert (np.diff(wealth) >= -1e-9).all()


def test_a_control_variate_shortens_the_way_to_a_bound() -> None:
    rng = np.random.default_rng(3)
    y, features = table(0)
    with_it: list[float] = []
    without: list[float] = []
    for _ in range(40):
        order = rng.permutation(N_ITEMS)
        for found, rows in ((with_it, features[:1, order]), (without, np.zeros((1, N_ITEMS)))):
            found.append(upper_bound(reference_bets(y[order][:60], rows, np.ones(1), 0.05), N_ITEMS, ALPHA))
    assert np.mean(with_it) < np.mean(without) - 2
    assert min(with_it) >= 100


def test_bets_use_the_past_and_the_complete_rows_as_a_set() -> None:
    """What comes later may change places: neither the later order of the reference nor of the rows is looked at."""
    y, features = table(0)
    order = np.arange(N_ITEMS)
    other = np.concatenate([order[:60], order[60:][::-1]])
    first = reference_bets(y[order][:60], features[:, order], np.full(4, 0.25), 0.02)
    second = reference_bets(y[other][:60], features[:, other], np.full(4, 0.25), 0.02)
    np.testing.assert_allclose(first.z, second.z)
    np.testing.assert_allclose(first.stakes, second.stakes)


def test_features_that_are_not_there_yet_only_cost_stake() -> None:
    y, features = table(0)
    few = reference_bets(y[:80], features[:2], np.full(2, 0.25), 0.05)
    many = reference_bets(y[:80], features, np.full(4, 0.25), 0.05)
    for total in (0.8 * N_ITEMS, 0.9 * N_ITEMS):
        assert best_log_wealth_below(few, total) <= best_log_wealth_below(many, total) + 1e-12


def test_the_upper_bound_is_where_rejection_ends() -> None:
    bets = bets_in(np.random.default_rng(5).permutation(N_ITEMS), 120)
    bound = upper_bound(bets, N_ITEMS, ALPHA)
    assert 0.8 * N_ITEMS <= bound < N_ITEMS
    assert best_log_wealth_below(bets, bound + 0.01) >= THRESHOLD
    assert best_log_wealth_below(bets, bound - 0.01) < THRESHOLD
    nothing = reference_bets(np.zeros(0), np.zeros((1, 5)), np.ones(1), 0.02)
    assert upper_bound(nothing, 5, ALPHA) == 5
    assert best_log_wealth_below(nothing, 5) == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 3 steps"):
        reference_bets(np.zeros(4), np.zeros((1, 3)), np.ones(1), 0.02)
    with pytest.raises(ValueError, match="at most 1"):
        reference_bets(np.zeros(2), np.zeros((2, 3)), np.ones(2), 0.02)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        reference_bets(np.full(2, 1.5), np.zeros((1, 3)), np.ones(1), 0.02)
