import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.low_rank import FitOptions, ensemble, fitted

NAN = float("nan")


def logistic_world(n_rows: int = 20, n_items: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Chances and scores of rows of different ability on items of different difficulty."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(rng.normal(0, 1.5, n_items)[None, :] - rng.normal(0.5, 1.2, n_rows)[:, None]))
    return p, (rng.random(p.shape) < p).astype(np.float64)


def with_gaps(scores: np.ndarray, share: float, seed: int = 1) -> np.ndarray:
    return np.asarray(np.where(np.random.default_rng(seed).random(scores.shape) < share, NAN, scores))


def test_without_scores_everything_is_a_half() -> None:
    assert (fitted(np.full((3, 4), NAN), FitOptions()) == 0.5).all()


def test_a_matrix_of_effects_is_recovered() -> None:
    truth = np.linspace(0.1, 0.5, 12)[:, None] + np.linspace(0.0, 0.4, 30)[None, :]
    found = fitted(with_gaps(truth, 0.4), FitOptions(rank=1, ridge=0.01, n_sweeps=20))
    assert np.abs(found - truth).max() < 0.02


def test_a_product_is_recovered() -> None:
    rng = np.random.default_rng(3)
    truth = 0.5 + 0.4 * np.outer(rng.uniform(-1, 1, 20), rng.uniform(-1, 1, 40))
    options = FitOptions(rank=1, ridge=0.01, n_sweeps=30)
    assert np.abs(fitted(with_gaps(truth, 0.3), options) - truth).mean() < 0.02


def test_missing_cells_are_predicted_better_than_by_the_rows_means() -> None:
    _, scores = logistic_world()
    known = with_gaps(scores, 0.5)
    missing = np.isnan(known)
    by_row = np.repeat(np.nanmean(known, axis=1)[:, None], scores.shape[1], axis=1)
    found = fitted(known, FitOptions())
    assert ((found - scores)[missing] ** 2).mean() < 0.92 * ((by_row - scores)[missing] ** 2).mean()


@given(share=st.floats(0.0, 0.95), seed=st.integers(0, 100), rank=st.integers(0, 4))
@settings(max_examples=25)
def test_predictions_are_scores_and_rows_may_come_in_any_order(share: float, seed: int, rank: int) -> None:
    _, scores = logistic_world(6, 9, seed)
    known = with_gaps(scores, share, seed)
    found = fitted(known, FitOptions(rank=rank))
    assert found.shape == known.shape
    assert ((found >= 0) & (found <= 1)).all()
    order = np.random.default_rng(seed).permutation(9)
    assert fitted(known[:, order], FitOptions(rank=rank)) == pytest.approx(
        found[:, order], abs=1e-3
    )  # a few steps of two near factors


def test_an_item_nobody_has_is_predicted_as_the_row_is() -> None:
    scores = np.array([[1.0, 1.0, NAN], [0.0, 0.0, NAN]])
    found = fitted(scores, FitOptions(rank=1))
    assert found[:, 2] == pytest.approx(found[:, :2].mean(axis=1))
    assert found[0, 2] > found[1, 2]


def test_the_spread_is_larger_where_less_is_known() -> None:
    _, scores = logistic_world(20, 60)
    scores[:5, 10:] = NAN
    found = ensemble(scores, FitOptions(), np.random.default_rng(0), 8, 0.3)
    assert found.mean.shape == found.spread.shape == scores.shape
    row_spread = [fitted_rows(scores, seed) for seed in range(6)]
    by_row = np.std(row_spread, axis=0)
    assert by_row[:5].mean() > 1.5 * by_row[5:].mean()


def fitted_rows(scores: np.ndarray, seed: int) -> np.ndarray:
    """Mean prediction of each row, a third of the cells left out."""
    return np.asarray(fitted(with_gaps(scores, 0.3, seed), FitOptions()).mean(axis=1))


def test_the_same_seed_gives_the_same_ensemble() -> None:
    _, scores = logistic_world(5, 8)
    one, two = (ensemble(scores, FitOptions(), np.random.default_rng(4), 3, 0.2) for _ in range(2))
    assert (one.mean == two.mean).all()
    assert (one.spread == two.spread).all()


@pytest.mark.parametrize("bad", [{"rank": -1}, {"ridge": 0.0}, {"n_sweeps": 0}])
def test_options_out_of_range_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="rank >= 0"):
        FitOptions(**bad)


@pytest.mark.parametrize(("n_fits", "share"), [(1, 0.2), (3, 1.0)])
def test_an_ensemble_of_one_is_refused(n_fits: int, share: float) -> None:
    with pytest.raises(ValueError, match="n_fits"):
        ensemble(np.ones((2, 2)), FitOptions(), np.random.default_rng(0), n_fits, share)
