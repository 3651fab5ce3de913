import numpy as np
import pytest

from modelsearch.stats.within import error_variance, filled, variance_of_mean

NAN = float("nan")


def test_the_variance_of_a_mean_is_unbiased() -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(0.0, 0.3, (20_000, 4))
    assert variance_of_mean(draws).mean() == pytest.approx(0.3**2 / 4, rel=0.02)
    assert np.isnan(variance_of_mean(np.array([[1.0, NAN]]))).all()
    assert variance_of_mean(np.array([[0.0, 1.0, NAN]]))[0] == pytest.approx(0.25)


def test_unknown_noise_is_that_of_its_row_then_of_all() -> None:
    noise = np.array([[0.1, NAN, 0.3], [NAN, NAN, NAN]])
    has = np.array([[True, True, True], [True, False, True]])
    assert filled(noise, has).ravel().tolist() == pytest.approx([0.1, 0.2, 0.3, 0.2, 0.0, 0.2])


@pytest.mark.parametrize("n_seen", [10, 25, 40])
def test_the_error_is_that_of_two_stage_sampling(n_seen: int) -> None:
    """Items without replacement from 40, three noisy repeats each: the variance of the mean, by simulation."""
    rng = np.random.default_rng(n_seen)
    n, k, sd = 40, 3, 0.4
    truth = rng.uniform(0.2, 0.8, n)
    means, stated = [], []
    for _ in range(1500):
        seen = rng.permutation(n)[:n_seen]
        repeats = truth[seen][:, None] + rng.normal(0.0, sd, (n_seen, k))
        scores = repeats.mean(axis=1)
        within = np.array([variance_of_mean(repeats).mean()])
        means.append(scores.mean())
        stated.append(error_variance(np.array([scores.var(ddof=1)]), within, np.array([float(n_seen)]), n)[0])
    assert np.mean(stated) == pytest.approx(np.var(means), rel=0.12)
