import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.gap_features import MAX_ROWS, NOISE_FLOOR, binary_variance, item_features

Floats = npt.NDArray[np.float64]


def items_of(n_items: int, n_factors: int, rng: np.random.Generator) -> Floats:
    """(n_items, n_factors) hidden factors of mean 0 and mean square 1."""
    factors = rng.normal(size=(n_items, n_factors))
    factors -= factors.mean(axis=0)
    return np.asarray(factors @ np.linalg.inv(np.linalg.cholesky(factors.T @ factors / n_items)).T, dtype=np.float64)


def logistic(n_rows: int, n_items: int, n_factors: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Scores and hidden factors where the log odds are linear in the factors."""
    rng = np.random.default_rng(seed)
    factors = items_of(n_items, n_factors, rng)
    odds = rng.normal(0.0, 0.7, (n_rows, 1)) + rng.normal(size=(n_rows, n_factors)) @ factors.T
    return (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(np.float64), factors


def linear(n_rows: int, n_items: int, n_factors: int, seed: int = 0) -> tuple[Floats, Floats]:
    """The same where the chances are linear in the factors, as the model has it."""
    rng = np.random.default_rng(seed)
    factors = items_of(n_items, n_factors, rng)
    p = rng.uniform(0.3, 0.7, (n_rows, 1)) + 0.12 * rng.normal(size=(n_rows, n_factors)) @ factors.T
    return (rng.random(p.shape) < p).astype(np.float64), factors


def explained(found: Floats, truth: Floats) -> float:
    """Share of the true factors' variance that a rotation and scaling of the found ones explains."""
    basis = np.concatenate([np.ones((len(found), 1)), found], axis=1)
    left = truth - basis @ np.linalg.lstsq(basis, truth, rcond=None)[0]
    return float(1.0 - (left**2).sum() / (truth**2).sum())


@pytest.mark.parametrize("world", [logistic, linear])
@pytest.mark.parametrize("n_factors", [1, 2])
def test_many_rows_recover_the_factors_up_to_rotation(world: object, n_factors: int) -> None:
    assert callable(world)
    rows, truth = world(100, 400, n_factors)
    assert explained(item_features(rows, n_factors).mean, truth) > 0.8


@pytest.mark.parametrize("n_factors", [1, 2])
def test_more_rows_tell_more(n_factors: int) -> None:
    shares = []
    for n_rows in (12, 30, 80):
        rows, truth = logistic(n_rows, 300, n_factors)
        shares.append(explained(item_features(rows, n_factors).mean, truth))
    assert shares == sorted(shares)


@pytest.mark.parametrize(("n_rows", "n_factors"), [(15, 1), (40, 1), (100, 1), (40, 2), (100, 2)])
def test_the_spread_says_how_much_is_not_known(n_rows: int, n_factors: int) -> None:
    told, true = [], []
    for seed in range(4):
        rows, truth = linear(n_rows, 400, n_factors, seed)
        found = item_features(rows, n_factors)
        told.append(1.0 - np.trace(found.spread.mean(axis=0)) / n_factors)
        true.append(explained(found.mean, truth))
    assert np.mean(told) == pytest.approx(np.mean(true), abs=0.08)


@given(n_rows=st.integers(4, 14), n_items=st.integers(10, 40), n_factors=st.integers(1, 3), seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_factors_are_of_mean_zero_and_mean_square_one(n_rows: int, n_items: int, n_factors: int, seed: int) -> None:
    rows, _ = logistic(n_rows, n_items, 2, seed)
    found = item_features(rows, n_factors)
    k = found.mean.shape[1]
    assert k == min(n_factors, (n_rows - 1) // 3)
    assert np.abs(found.mean.mean(axis=0)).max() < 1e-9
    square = found.mean.T @ found.mean / n_items + found.spread.mean(axis=0)
    assert square == pytest.approx(np.eye(k), abs=1e-5)
    assert np.linalg.eigvalsh(found.spread).min() >= -1e-12


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_and_items_does_not_matter(seed: int) -> None:
    rows, _ = logistic(10, 30, 2, seed)
    rng = np.random.default_rng(seed)
    by_row, by_item = rng.permutation(10), rng.permutation(30)
    plain, moved = item_features(rows, 2), item_features(rows[np.ix_(by_row, by_item)], 2)
    assert moved.mean @ moved.mean.T == pytest.approx((plain.mean @ plain.mean.T)[np.ix_(by_item, by_item)], abs=1e-6)


@pytest.mark.parametrize("n_rows", [0, 1, 2, 3])
def test_too_few_rows_tell_nothing(n_rows: int) -> None:
    found = item_features(np.ones((n_rows, 7)), 2)
    assert found.mean.shape == (7, 0)
    assert found.spread.shape == (7, 0, 0)
    assert np.array_equal(found.basis, np.ones((7, 1)))
    assert np.array_equal(found.moments, np.ones((7, 1, 1)))


@pytest.mark.parametrize("score", [0.0, 0.4, 1.0])
def test_rows_without_any_variation_survive(score: float) -> None:
    found = item_features(np.full((9, 12), score), 2)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.spread).all()
    assert np.abs(found.mean).max() < 1e-3


def test_rows_beyond_the_most_are_left_out() -> None:
    rows, _ = logistic(MAX_ROWS + 5, 20, 1)
    assert np.array_equal(item_features(rows, 1).mean, item_features(rows[:MAX_ROWS], 1).mean)


def test_moments_are_the_bases_outer_product_and_the_spread() -> None:
    found = item_features(logistic(20, 50, 2)[0], 2)
    drawn = np.random.default_rng(0).multivariate_normal(found.mean[3], found.spread[3], size=100_000)
    basis = np.concatenate([np.ones((len(drawn), 1)), drawn], axis=1)
    assert found.moments[3] == pytest.approx(basis.T @ basis / len(drawn), abs=0.02)


@given(p=st.floats(0.0, 1.0), n=st.floats(0.0, 1e4))
def test_a_binary_score_always_has_variance_and_failures_count_as_successes(p: float, n: float) -> None:
    variance = binary_variance(np.array([p]), n)[0]
    assert NOISE_FLOOR < variance <= 0.25 + NOISE_FLOOR
    assert variance == pytest.approx(binary_variance(np.array([1.0 - p]), n)[0])


def test_with_many_items_it_is_the_binomial_variance() -> None:
    p = np.array([-0.2, 0.0, 0.1, 0.5, 0.9, 1.0, 1.3])
    kept = np.clip(p, 0.0, 1.0)
    assert binary_variance(p, 1e9) - NOISE_FLOOR == pytest.approx(kept * (1 - kept), abs=1e-6)
    assert binary_variance(p, 0.0) == pytest.approx(np.full(7, 0.25 + NOISE_FLOOR))
