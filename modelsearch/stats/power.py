"""How many items a statement needs, before any is bought. Rules of thumb of the e-process, not guarantees."""

import numpy as np


def items_to_certify(discordance: float, gap: float, margin: float, alpha: float) -> float:
    """About 2 d ln(1/alpha) / (gap + margin)^2 pairs until a candidate is certified, endless population.

    Args:
        discordance: share of pairs that differ (their variance, for scores of 0 and 1 and a small gap).
        gap: the true gap to the baseline.
        margin: largest loss accepted.
        alpha: level; with K candidates the share of this one.

    Returns:
        Items; inf where gap <= -margin.
    """
    edge = gap + margin
    return 2 * discordance * np.log(1 / alpha) / edge**2 if edge > 0 else float("inf")


def items_to_drop(discordance: float, gap: float, margin: float, alpha: float) -> float:
    """About 2 d ln(1/alpha) / (gap + margin)^2 pairs until the twin calls a candidate inferior; inf if it is not."""
    edge = -(gap + margin)
    return 2 * discordance * np.log(1 / alpha) / edge**2 if edge > 0 else float("inf")


def items_of_finite(n_endless: float, n_total: int) -> float:
    """Items needed out of `n_total` without replacement for the precision of `n_endless` with: n N / (n + N)."""
    return float(n_total) if np.isinf(n_endless) else n_endless * n_total / (n_endless + n_total)


def margin_within_reach(discordance: float, n_items: int, alpha: float) -> float:
    """The smallest margin at which an equal candidate is likely to be certified on `n_items` of a population."""
    return float(np.sqrt(2 * discordance * np.log(1 / alpha) / n_items))
