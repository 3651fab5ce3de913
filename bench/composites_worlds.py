"""Votes of members that say how sure they are, in made-up worlds where the truth is known.

An item has four answers. A member is right with log-odds ability - difficulty + its own luck on the item; half of the
wrong answers fall on one tempting answer, so that errors are correlated. It states those log-odds truly (`calibrated`),
or stretched and shifted (`boasting`: all state 3 x odds + 2; `one boaster`: only the worst does), or states noise
(`noise`). Weights are fitted on the first items, votes are counted on the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.composites_truth import Codes, Floats
from modelsearch.search.combiners.weighted_vote import weights_of
from modelsearch.search.composing import Bought, bought
from modelsearch.search.voting import log_odds_of, vote_scores
from modelsearch.testing.factories import make_view

N_ANSWERS = 4
N_FITTED, N_COUNTED = 100, 2000
ABILITIES = (1.0, 0.7, 0.4, 0.2, 0.0)
WORLDS = ("calibrated", "boasting", "one boaster", "noise")
N_WORLDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """(n_members, n_items) answers, whether they are right, and stated confidences."""

    answer: Codes
    score: Floats
    confidence: Floats


def said(kind: str, seed: int) -> Said:
    """What five members say to the items of a world."""
    rng = np.random.default_rng([seed, WORLDS.index(kind)])
    shape = (len(ABILITIES), N_FITTED + N_COUNTED)
    odds = np.array(ABILITIES)[:, None] - rng.normal(0.0, 1.0, shape[1]) + rng.normal(0.0, 1.0, shape)
    score = (rng.random(shape) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    tempting = rng.random(shape) < 0.5
    wrong = np.where(tempting, 1, rng.integers(1, N_ANSWERS, shape))
    stated = odds.copy()
    if kind == "boasting":
        stated = 3 * odds + 2
    elif kind == "one boaster":
        stated[-1] = 3 * odds[-1] + 2
    elif kind == "noise":
        stated = rng.normal(1.0, 1.5, shape)
    confidence = 1 / (1 + np.exp(-stated))
    return Said(answer=np.where(score == 1, 0, wrong).astype(np.int32), score=score, confidence=confidence)


def accuracies(kind: str, seed: int) -> Mapping[str, float]:
    """Share of right votes on the items that weights were not fitted on, by way of voting."""
    world = said(kind, seed)
    found = _bought(world)
    order = np.argsort(-found.mean_gap[1:], kind="stable")
    answer, score = world.answer[order, N_FITTED:], world.score[order, N_FITTED:]
    odds = log_odds_of(world.confidence[order, N_FITTED:].astype(np.float32))
    everything = np.ones(N_FITTED, dtype=np.bool_)
    worths = {"majority": None, "confidence as stated": np.maximum(0.0, odds + np.log(N_ANSWERS - 1))}
    for by in ("quality", "confidence"):
        slopes, offsets = (w[1:][order][:, None] for w in weights_of(found, everything, N_ANSWERS, by))
        worths["confidence, calibrated" if by == "confidence" else by] = np.maximum(0.0, offsets + slopes * odds)
    votes = {way: float(vote_scores(answer, score, 0.0, worth).mean()) for way, worth in worths.items()}
    return {"best single": float(score[0].mean())} | votes


def _bought(world: Said) -> Bought:
    """The items that weights are fitted on, with a baseline that is always right; row 0."""
    columns = slice(0, N_FITTED)
    score = np.vstack([np.ones(N_FITTED), world.score[:, columns]])
    texts = [["0"] * N_FITTED, *[[str(a) for a in row] for row in world.answer[:, columns]]]
    sure = np.vstack([np.full(N_FITTED, np.nan), world.confidence[:, columns]])
    found = bought(make_view(score, answers=texts, confidence=sure), min_items=1)
    if found is None:
        message = "the baseline has items, yet nothing is found"
        raise ValueError(message)
    return found


def gains(kind: str) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Mean accuracy of each way over worlds, and its gain over the majority with its standard error."""
    runs = [accuracies(kind, seed) for seed in range(N_WORLDS)]
    means = {way: float(np.mean([run[way] for run in runs])) for way in runs[0]}
    paired = {way: np.array([run[way] - run["majority"] for run in runs]) for way in runs[0]}
    return means, {w: (float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d)))) for w, d in paired.items()}
