"""Votes over recorded answers: who wins, with what score, by weights that come from what members got right."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import MIN_DOUBT
from modelsearch.core.search import Floats, Ints
from modelsearch.search.composing import Bought, Floats32, Fronts

VOTE_DIGITS = 6
"""Sums of votes that differ by less are a tie, as in the evaluation."""
RIDGE = 1.0
"""Weight, in squared log-odds, of the prior of a calibration: slope 1, offset that of an even chance."""
N_STEPS = 12


def vote_scores(answers: npt.NDArray[np.int32], scores: Floats, invalid: float, worth: Floats | None = None) -> Floats:
    """(n_items,) score of the winning answer.

    Args:
        answers: (n_members, n_items) codes, -1 = abstains; members sorted best first, which decides ties.
        scores: (n_members, n_items) of each member's own answer.
        invalid: score where all abstain.
        worth: (n_members, n_items) of each vote, at least 0; None = 1 each.
    """
    has_voted = answers >= 0
    worths = np.ones(answers.shape) if worth is None else worth
    same = (answers[:, None] == answers[None]) & has_voted[None]
    votes = np.where(has_voted, np.round((same * worths[None]).sum(axis=1), VOTE_DIGITS), -1.0)
    winner: Ints = votes.argmax(axis=0)
    won = scores[winner, np.arange(scores.shape[1])]
    return np.asarray(np.where(has_voted.any(axis=0), won, invalid), dtype=np.float64)


def vote_fronts(
    found: Bought, voters: Sequence[int], n_members: int, invalid: float, worth: Floats | None = None
) -> Fronts:
    """Every vote of `n_members` of the voters, members best first; a vote is known where all members are.

    Args:
        found: what was bought.
        voters: rows of `found`.
        n_members: of a vote.
        invalid: score where all abstain.
        worth: (n_rows, n_items) of each vote; None = 1 each.
    """
    gaps = found.mean_gap
    best = sorted(voters, key=lambda row: (-round(float(gaps[row]), 9), found.singles[row].id))
    groups = [group for group in combinations(best, n_members) if (found.answer[list(group)] >= 0).any()]
    shape = (len(groups), found.gap.shape[1])
    gap = np.zeros(shape, dtype=np.float32)
    known, usd = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for place, group in enumerate(groups):
        rows = list(group)
        scores = found.score[rows].astype(np.float64)
        voted = vote_scores(found.answer[rows], scores, invalid, None if worth is None else worth[rows])
        known[place] = found.known[rows].min(axis=0)
        gap[place] = (voted - found.score[found.base]) * known[place]
        usd[place] = found.item_usd[rows].sum(axis=0)
    return Fronts(
        legs=tuple(groups),
        thresholds=((),) * len(groups),
        stops=np.ones(shape, dtype=np.float32),
        known=known,
        gap=gap,
        item_usd=usd,
    )


def log_odds_of(confidence: Floats32) -> Floats:
    """log(c / (1 - c)) of confidences as `core.candidate.log_odds` has it, 0 for NaN."""
    sure = np.clip(np.nan_to_num(confidence.astype(np.float64), nan=0.5), MIN_DOUBT, 1.0 - MIN_DOUBT)
    return np.asarray(np.log(sure / (1.0 - sure)), dtype=np.float64)


def quality_worth(found: Bought, is_used: npt.NDArray[np.bool_], n_answers: int) -> Floats:
    """(n_rows,) log-odds that a member is right, over those of a wrong answer given by somebody else; at least 0.

    log(q (L - 1) / (1 - q)) with L answers to choose from is the best weight of independent voters whose wrong answers
    are alike likely: Nitzan & Paroush 1982, Theorem 1, doi:10.2307/2526438. Two more items, one of them right, count.

    Args:
        found: what was bought.
        is_used: (n_items,) the items that may be looked at.
        n_answers: that an item can have, at least 2.
    """
    weight = found.known * found.weight * is_used
    right = (found.score * weight).sum(axis=1) + 1.0
    quality = right / (weight.sum(axis=1) + 2.0)
    return np.asarray(np.maximum(0.0, np.log(quality * (n_answers - 1) / (1.0 - quality))), dtype=np.float64)


def calibrations(found: Bought, is_used: npt.NDArray[np.bool_], n_answers: int) -> tuple[Floats, Floats]:
    """(n_rows,) slopes and offsets of the log-odds that an answer is right in the log-odds of its confidence.

    A logistic regression per member by Newton's method with a ridge to slope 1 and offset log(n_answers - 1), at which
    calibrated confidences give the best vote; the slope is at least 0. Source: Platt 1999, Probabilistic outputs for
    support vector machines; the offset for several answers as in `quality_worth`.
    """
    odds = log_odds_of(found.confidence)
    has = (found.answer >= 0) & (found.known > 0) & is_used & ~np.isnan(found.confidence)
    slope, level = np.zeros(len(odds)), np.zeros(len(odds))  # where the curve is steepest: no step goes too far
    for _ in range(N_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(level[:, None] + slope[:, None] * odds, -30.0, 30.0)))
        miss, curve = np.where(has, found.score - p, 0.0), np.where(has, p * (1.0 - p), 0.0)
        g_level, g_slope = miss.sum(axis=1) - RIDGE * level, (miss * odds).sum(axis=1) - RIDGE * (slope - 1.0)
        h_level, h_slope = curve.sum(axis=1) + RIDGE, (curve * odds * odds).sum(axis=1) + RIDGE
        cross = (curve * odds).sum(axis=1)
        det = h_level * h_slope - cross * cross
        level = np.clip(level + (h_slope * g_level - cross * g_slope) / det, -20.0, 20.0)
        slope = np.clip(slope + (h_level * g_slope - cross * g_level) / det, 0.0, 20.0)
    return slope, level + np.log(n_answers - 1)
