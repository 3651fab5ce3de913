import numpy as np

from modelsearch.stats.normal import normal_quantile, normal_share


def test_share_and_quantile_are_known_and_undo_each_other() -> None:
    z = np.linspace(-4, 4, 17).reshape(1, -1)
    np.testing.assert_allclose(normal_quantile(normal_share(z)), z, atol=1e-9)
    np.testing.assert_allclose(normal_share(np.array([0.0, 1.959963984540054])), [0.5, 0.975])
    np.testing.assert_array_equal(normal_quantile(np.array([0.0, 1.0])), [-np.inf, np.inf])
