import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from modelsearch.search import gaussian_process as gp

RNG = np.random.default_rng(5)
POINTS = RNG.normal(size=(12, 3))
GROUP = np.array([0, 0, 1])
ROWS = np.arange(8)
TARGET = RNG.normal(scale=0.1, size=8)
NOISE = np.full(8, 0.004)


@pytest.fixture
def _features_tell_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gp, "OWN_SD", 0.0)


def test_kin_do_not_answer_for_each_other() -> None:
    points = np.zeros((9, 1))
    found = gp.posterior(points, np.array([0]), np.arange(8), np.full(8, -0.2), np.full(8, 1e-4))
    assert found.mean[8] == pytest.approx(-0.2, abs=0.03)
    assert found.sd[8] > 0.9 * gp.OWN_SD
    assert found.sd[0] < 0.02


@pytest.mark.usefixtures("_features_tell_all")
def test_it_agrees_with_scikit_learn_at_the_same_scales() -> None:
    distances = gp.squared_distances(POINTS, POINTS[ROWS], GROUP)
    amplitude, *lengths = np.exp(gp.fit(distances[:, ROWS], TARGET, NOISE))
    kernel = ConstantKernel(gp.MEAN_SD**2, "fixed") + ConstantKernel(amplitude**2, "fixed") * Matern(
        [lengths[0], lengths[0], lengths[1]], "fixed", nu=2.5
    )
    other = GaussianProcessRegressor(kernel, alpha=NOISE + gp.JITTER, optimizer=None).fit(POINTS[ROWS], TARGET)
    mean, sd = other.predict(POINTS, return_std=True)
    found = gp.posterior(POINTS, GROUP, ROWS, TARGET, NOISE)
    np.testing.assert_allclose(found.mean, mean, atol=1e-8)
    np.testing.assert_allclose(found.sd, sd, atol=1e-6)


def test_the_gradient_is_the_gradient() -> None:
    distances = gp.squared_distances(POINTS[ROWS], POINTS[ROWS], GROUP)
    centre = np.log([gp.AMPLITUDE, gp.LENGTH, gp.LENGTH])
    at = centre + np.array([0.3, -0.4, 0.2])

    def value(log_params: npt.NDArray[np.float64]) -> float:
        return gp._negative_log_posterior(log_params, centre, distances, TARGET, NOISE)[0]

    _, gradient = gp._negative_log_posterior(at, centre, distances, TARGET, NOISE)
    np.testing.assert_allclose(gradient, approx_fprime(at, value, 1e-7), rtol=1e-4)


def test_fitting_improves_on_the_start() -> None:
    distances = gp.squared_distances(POINTS[ROWS], POINTS[ROWS], GROUP)
    start = np.log([gp.AMPLITUDE, gp.LENGTH, gp.LENGTH])
    found = gp.fit(distances, TARGET, NOISE)
    args = (start, distances, TARGET, NOISE)
    assert gp._negative_log_posterior(found, *args)[0] <= gp._negative_log_posterior(start, *args)[0]


@pytest.mark.usefixtures("_features_tell_all")
def test_exact_points_are_believed_and_far_ones_are_not() -> None:
    points = np.array([[0.0], [0.1], [50.0]])
    found = gp.posterior(points, np.array([0]), np.array([0]), np.array([-0.2]), np.array([1e-9]))
    assert found.mean[0] == pytest.approx(-0.2, abs=1e-3)
    assert found.sd[0] < found.sd[1] < found.sd[2]
    assert found.sd[2] > gp.AMPLITUDE / 4


def test_more_noise_is_less_belief() -> None:
    quiet = gp.posterior(POINTS, GROUP, ROWS, TARGET, np.full(8, 1e-4))
    loud = gp.posterior(POINTS, GROUP, ROWS, TARGET, np.full(8, 1.0))
    assert (quiet.sd[ROWS] < loud.sd[ROWS]).all()


@pytest.mark.usefixtures("_features_tell_all")
def test_scales_are_fitted_on_the_least_noisy_points() -> None:
    rng = np.random.default_rng(0)
    n = gp.MAX_FIT + 30
    points, target = rng.normal(size=(n, 2)), rng.normal(0, 0.1, n)
    noise = np.where(np.arange(n) < gp.MAX_FIT, 0.01, 0.5)
    distances = gp.squared_distances(points, points, np.array([0, 1]))
    quiet = slice(0, gp.MAX_FIT)
    log_params = gp.fit(distances[:, quiet, quiet], target[quiet], noise[quiet])
    cross = gp.covariances(points, points, np.array([0, 1]), log_params)
    mean = cross @ np.linalg.solve(cross + np.diag(noise + gp.JITTER), target)
    found = gp.posterior(points, np.array([0, 1]), np.arange(n), target, noise)
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)
