"""Bandits: who is worth the next pull, as indices and probabilities, and the regret of a choice. Higher is better.

An arm is a row, a pull one item. Indices say what is promising; what a pull costs is for the caller to divide by.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def ucb_e(
    mean: Floats, n_pulls: Floats | Ints, exploration: float | Floats, is_finished: Bools | None = None
) -> Floats:
    """(n_arms,) mean + sqrt(a / n): infinite for an arm never pulled, -infinite for a finished one.

    Args:
        mean: (n_arms,) of what was seen; read only where there was a pull.
        n_pulls: (n_arms,) at least 0.
        exploration: a >= 0, in squared score units; one for all or (n_arms,).
        is_finished: (n_arms,) arms that have nothing left to pull.

    Source: Audibert, Bubeck & Munos 2010, Best Arm Identification in Multi-Armed Bandits, COLT, figure 1.
    """
    bonus = np.sqrt(exploration / np.maximum(n_pulls, 1e-300))
    index = np.where(n_pulls > 0, np.nan_to_num(mean) + np.where(n_pulls > 0, bonus, 0.0), np.inf)
    return index if is_finished is None else np.where(is_finished, -np.inf, index)


def p_best(value: Floats) -> Floats:
    """(n_arms,) how often each arm is the largest of (n_draws, n_arms) posterior draws; ties go to the first."""
    counts = np.bincount(np.argmax(value, axis=1), minlength=value.shape[1])
    return np.asarray(counts / len(value), dtype=np.float64)


def top_two(p: Floats, leader_share: float) -> Floats:
    """(n_arms,) chance of a pull under top-two Thompson sampling, from (n_arms,) chances to be best.

    psi_i = p_i [beta + (1 - beta) sum_{j != i} p_j / (1 - p_j)]: the leader is drawn by p and pulled with probability
    beta, else drawing goes on until another arm wins. beta = 1 is plain Thompson sampling. Where one arm is surely the
    best there is no other to draw, and it gets everything.

    Source: Russo 2016, Simple Bayesian Algorithms for Best Arm Identification, section 3.3, arXiv 1602.08448.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(p < 1.0, p / (1.0 - p), 0.0)
    psi = p * (leader_share + (1.0 - leader_share) * (odds.sum() - odds))
    return np.asarray(psi / psi.sum() if psi.sum() > 0 else p, dtype=np.float64)


def simple_regret(value: Floats, chosen: int) -> float:
    """What the choice lacks to the best of (n_arms,) true values."""
    return float(value.max() - value[chosen])


def cumulative_regret(value: Floats, pulled: Ints, cost_usd: Floats | None = None) -> Floats:
    """(n_pulls,) running sum of what each pull lacked to the best of (n_arms,) true values.

    With (n_arms,) costs each pull counts by its USD, so that a dear pull of a bad arm weighs more.
    """
    lacked = float(value.max()) - value[pulled]
    weight = np.ones(len(pulled)) if cost_usd is None else cost_usd[pulled]
    return np.asarray(np.cumsum(lacked * weight), dtype=np.float64)
