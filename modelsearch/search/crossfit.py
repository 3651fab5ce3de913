"""Whether a composite is worth proposing: the best of very many, judged on items that did not choose it.

The best of a hundred thousand composites looks better than it is. So the choice is made once for each fold of the
items, without that fold, and what it chose is scored on the fold: together an honest estimate of what choosing this
way is worth. The same is done for singles. Source: Stone 1974, Cross-validatory choice and assessment of statistical
predictions, doi:10.1111/j.2517-6161.1974.tb00994.x.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from modelsearch.core.search import Floats
from modelsearch.search.composing import Bought, Sums

PRIOR_UNITS = 20.0
PRIOR_VARIANCE = 0.05
"""Of a unit's gap, worth `PRIOR_UNITS` units: that few items tie does not make the rest tie."""
PRIOR_GAP, PRIOR_SPREAD = -0.04, 0.03
"""Mean and standard deviation, in score units, of the gaps of those that a choice considers: most lose a little."""
DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """margin: in score units; max_usd: a composite's cost per item; base_usd: the baseline's; min_items: shared."""

    margin: float
    max_usd: float
    base_usd: float
    min_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Of composites or of one way of choosing: arrays or 0-d arrays.

    Attributes:
        worth: p (saving + 1) - 1, as in `decide.choice`; -1 where a limit is broken.
        gap: mean gap to the baseline, score units; p: chance that it is at least -margin; usd: per item.
    """

    worth: Floats
    gap: Floats
    p: Floats
    usd: Floats


def worth_of(found: Bought, total: Sums, limits: Limits) -> Worth:
    """What each would be worth in place of the baseline, taken at its sums.

    The chance is that of a normal posterior of the gap over all items: the prior above, the sampling variance with the
    finite-population factor.
    """
    n = np.maximum(total.n, 1e-9)
    gap, usd = total.gap / n, total.usd / n
    n_worth = n * found.units_per_item
    own = np.maximum(total.square / n - gap * gap, 0.0)
    variance = (n_worth * own + PRIOR_UNITS * PRIOR_VARIANCE) / (n_worth + PRIOR_UNITS)
    left = np.clip(1.0 - n_worth / found.n_units, 0.0, 1.0)
    error = variance * left / np.maximum(n_worth, 1e-9)
    trust = PRIOR_SPREAD**2 / (PRIOR_SPREAD**2 + error)
    sd = np.sqrt(trust * error)
    p = ndtr((PRIOR_GAP + trust * (gap - PRIOR_GAP) + limits.margin + 1e-9) / np.maximum(sd, 1e-9))
    is_able = (total.n >= limits.min_items * (1 - 1e-6)) & (usd < limits.max_usd)
    worth = np.where(is_able, p * (2.0 - usd / limits.base_usd) - 1.0, -1.0)
    rounded = np.asarray(np.round(worth, DIGITS), dtype=np.float64)
    return Worth(worth=rounded, gap=gap, p=np.asarray(p, dtype=np.float64), usd=usd)


def crossfitted(found: Bought, by_fold: Sums, limits: Limits) -> Worth | None:
    """What choosing the worthiest is worth on items that did not choose; None where no fold can choose.

    Args:
        found: the items.
        by_fold: (n_folds, ...) sums of all that can be chosen.
        limits: of a choice; `min_items` on the items that choose, the items judged on being fewer.
    """
    judged = None
    for fold in range(len(by_fold.n)):
        training = worth_of(found, by_fold.without(fold), limits)
        chosen = np.unravel_index(int(training.worth.argmax()), training.worth.shape)
        if training.worth[chosen] > -1.0:
            seen = by_fold.at(fold, *(int(i) for i in chosen))
            judged = seen if judged is None else judged + seen
    if judged is None:
        return None
    return worth_of(found, judged, Limits(
        margin=limits.margin, max_usd=limits.max_usd, base_usd=limits.base_usd, min_items=min(2, limits.min_items)
    ))  # fmt: skip


def best_first(worth: Worth, n_most: int) -> Iterator[tuple[int, ...]]:
    """Indices of the worthiest with worth above 0, at most `n_most`; ties to the lower cost, then the earlier."""
    flat, usd = worth.worth.ravel(), worth.usd.ravel()
    top = np.argpartition(-flat, min(n_most, flat.size - 1))[: n_most + 1] if flat.size else np.array([], dtype=int)
    order = sorted((int(i) for i in top if flat[i] > 0), key=lambda i: (-flat[i], float(usd[i]), i))
    for place in order[:n_most]:
        yield tuple(int(i) for i in np.unravel_index(place, worth.worth.shape))
