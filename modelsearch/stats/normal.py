"""The standard normal distribution of arrays."""

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


def normal_share(z: Floats) -> Floats:
    """Chance of at most z, of the shape of z."""
    return np.asarray(special.ndtr(z), dtype=np.float64)


def normal_quantile(p: Floats) -> Floats:
    """The number that is exceeded with chance 1 - p; -inf at 0, inf at 1, of the shape of p."""
    return np.asarray(special.ndtri(p), dtype=np.float64)
