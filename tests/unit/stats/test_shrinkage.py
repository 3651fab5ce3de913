import numpy as np
import pytest

from modelsearch.stats.shrinkage import Prior, shrunk_variance

PRIOR = Prior()


def test_variance_is_shrunk_to_the_pool_with_a_floor() -> None:
    v = shrunk_variance(np.array([0.0, 0.3]), np.array([5.0, 500.0]), PRIOR)
    assert v[0] > 0.1
    assert v[1] == pytest.approx(0.3, abs=0.02)
    assert (shrunk_variance(np.zeros(2), np.array([1e6, 1e6]), PRIOR) > 0).all()
    assert shrunk_variance(np.zeros(1), np.zeros(1), PRIOR)[0] == pytest.approx(PRIOR.variance)
