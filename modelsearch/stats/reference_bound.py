"""One e-process for every candidate whose row is complete: how good can the reference be?

A candidate with a complete row has a known mean. Whether it is non-inferior then depends on one unknown alone, the
total of the reference row R, and all candidates ask the same question of it: is R below my total plus the margin?
So there is one test, "R is at least T", for all T at once, and no level is lost to how many candidates there are,
nor to how they were chosen or made.

Control variates. Other complete rows x tell how hard each item is. With b_t fitted on what was seen before item t,
`Z_t = y_t - b_t (x_t - mean of x over the items left)` has the conditional mean of y_t, for the order is random and
that mean does not depend on it. So the factors `1 + lam_t (mu_t - Z_t)`, mu_t = (T - sum of y before) / n_left, make a
supermartingale wherever R >= T, and a good x leaves little variance to bet against. Only complete rows may be used,
and which of them are complete may depend on outcomes; so the features and their parts of the stake are fixed
beforehand, each bets for itself, and one that is not complete counts as lost.

All T at once. lam_t = min(best bet, c / (top_t - mu_t)) with top_t = 1 + b_t * (mean of x left), the largest that Z_t
can be; the best bet, b_t and the variance do not depend on T. A larger T then only raises mu_t, and every factor with
it: the evidence against "R >= T" is monotone in T. So if any T at or below the true R is ever rejected, R itself is,
and that has a chance of at most alpha, whatever was chosen by looking.

Source: Waudby-Smith & Ramdas 2024, doi:10.1093/jrsssb/qkad009 (betting without replacement); the control variate is
the uniform-draw case of the doubly robust estimate (Robins, Rotnitzky & Zhao 1994, doi:10.1080/01621459.1994.10476818).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelsearch.stats.noninferiority import (
    EDGES,
    MAX_BET_SHARE,
    PRIOR_UNITS,
    TOLERANCE_PER_UNIT,
    best_bet,
    log_factors,
    log_sum,
    past_variance,
)

Floats = npt.NDArray[np.float64]

FIRST_SLOPE = 0.5
"""The slope b_t starts here, as if seen on `PRIOR_UNITS` units: rows of one task move together."""
FIRST_VARIANCE = 0.1
_LEAST_ROOM = 1e-9


@dataclass(frozen=True, kw_only=True)
class ReferenceBets:
    """What is bet on the reference, everything that does not depend on the threshold. Make it with `reference_bets`.

    Attributes:
        before: (n_steps,) total of the reference before each step; n_left: (n_steps,) units from this one on.
        parts: (n_features,) of the first stake.
        z: (n_features, n_steps) values corrected by the control variate; top: the largest that they can be.
        stakes: (n_edges, n_features, n_steps) best bets.
    """

    before: Floats
    n_left: Floats
    parts: Floats
    z: Floats
    top: Floats
    stakes: Floats


def reference_bets(y: Floats, features: Floats, parts: Floats, edge: float) -> ReferenceBets:
    """Prepare the bets. O(n_features x n_steps).

    Args:
        y: (n_steps,) the reference's values in [0, 1] in the shared order, from the first unit on, without a hole.
        features: (n_features, n_units) complete rows in [0, 1]; a row of zeros is no control variate.
        parts: (n_features,) of the first stake, fixed before any outcome, together at most 1.
        edge: how far below a threshold the reference's mean is expected, per unit.

    Raises:
        ValueError: values out of [0, 1], more steps than units, or parts above 1.
    """
    n_features, n_units = features.shape
    n_steps = len(y)
    slack = TOLERANCE_PER_UNIT
    if n_steps > n_units or parts.min(initial=0.0) < 0 or parts.sum() > 1.0 + slack:
        message = f"reference: at most {n_units} steps and parts that add up to at most 1, got {n_steps}, {parts.sum()}"
        raise ValueError(message)
    if min(y.min(initial=0.0), features.min(initial=0.0)) < -slack or (
        max(y.max(initial=0.0), features.max(initial=0.0)) > 1.0 + slack
    ):
        raise ValueError("values of a reference and of its features must lie in [0, 1]")
    n_left = n_units - np.arange(n_steps, dtype=np.float64)
    x = features[:, :n_steps]
    left = (features.sum(axis=1, keepdims=True) - (np.cumsum(x, axis=1) - x)) / n_left
    slope = _slopes(y, features)
    z = y - slope * (x - left)
    centred = y - slope * (x - features.mean(axis=1, keepdims=True))
    variance = past_variance(centred, FIRST_VARIANCE)
    expected = edge * n_units / n_left
    stakes = np.array([best_bet(times * expected, variance) for times, _ in EDGES]).reshape(
        len(EDGES), n_features, n_steps
    )
    return ReferenceBets(
        before=np.asarray(np.cumsum(y) - y, dtype=np.float64),
        n_left=n_left,
        parts=parts,
        z=np.asarray(z, dtype=np.float64),
        top=np.asarray(1.0 + slope * left, dtype=np.float64),
        stakes=stakes,
    )


def _slopes(y: Floats, features: Floats) -> Floats:
    """(n_features, n_steps) b_t in [0, 1]: least squares on what was seen before each step, begun at `FIRST_SLOPE`."""
    x = features[:, : len(y)] - features.mean(axis=1, keepdims=True)
    n_before = np.maximum(np.arange(len(y), dtype=np.float64), 1.0)
    x_before, y_before = np.cumsum(x, axis=1) - x, np.cumsum(y) - y
    covariance = np.cumsum(x * y, axis=1) - x * y - x_before * y_before / n_before
    variance = np.cumsum(x * x, axis=1) - x * x - x_before * x_before / n_before
    prior = PRIOR_UNITS * features.var(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (covariance + FIRST_SLOPE * prior) / (variance + prior)
    return np.asarray(np.clip(np.nan_to_num(slope), 0.0, 1.0), dtype=np.float64)


def best_log_wealth_below(bets: ReferenceBets, total: float) -> float:
    """Largest log wealth so far against "the reference's total is at least `total`"; at least 0, monotone in `total`.

    O(n_features x n_steps) for each call. What is sure is for the caller to say.
    """
    if bets.z.size == 0:
        return 0.0
    null = (total - bets.before) / bets.n_left
    room = np.maximum(bets.top - null, _LEAST_ROOM)
    move = bets.top - room - bets.z
    logs = []
    for (_, part), stake in zip(EDGES, bets.stakes, strict=True):
        wealth = np.cumsum(log_factors(np.minimum(stake, MAX_BET_SHARE / room) * move), axis=1)
        logs.append(np.log(part) + _log_mean(wealth, bets.parts))
    return float(max(0.0, log_sum(logs).max()))


def _log_mean(logs: Floats, parts: Floats) -> Floats:
    """(n_steps,) log of the sum of parts times wealth."""
    with np.errstate(divide="ignore"):
        weighed = logs + np.log(parts)[:, None]
    return log_sum(list(weighed))


def upper_bound(bets: ReferenceBets, n_units: int, alpha: float, n_halvings: int = 20) -> float:
    """Anytime-valid upper confidence bound of the reference's total at level 1 - alpha, by bisection."""
    low, high = 0.0, float(n_units)
    if best_log_wealth_below(bets, high) < -np.log(alpha):
        return high
    for _ in range(n_halvings):
        middle = (low + high) / 2
        if best_log_wealth_below(bets, middle) >= -np.log(alpha):
            high = middle
        else:
            low = middle
    return high
