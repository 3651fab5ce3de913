"""Whether something has changed since it was first watched: bets that are fair as long as nothing has.

Two kinds of bets, both conditional on what was seen without its order, so that no spread, no rate of flips and no mean
has to be known, and nothing of the time before the watch is used (a candidate was perhaps chosen for its luck then):

`score_log_bets`, item by item. A new score and the earlier ones *of the same place* make a bag; as long as nothing has
changed each of the bag is equally likely to be the newest. A bet multiplies the odds of low ones: by much where all but
one agree (a stable item that fails), by next to nothing where the item flips anyway. So flips cost little power.

`rank_log_bets`, night by night, where items of a night share its luck (latency under load). The night's one number has
each rank among all nights watched with the same chance.

`evidence` multiplies the bets of each night since each possible start and adds up the starts of a block. Each start's
product is an e-process as long as no measurement is used twice within it, so the expected number of blocks that ever
reach `threshold` in T nights is at most T / threshold, whatever the scores look like: the linearity of expectation over
blocks, and Ville's inequality within, need no independence between blocks, which share earlier measurements.

Source: Shin, Ramdas & Rinaldo 2023, doi:10.51387/23-NEJSDS51 (e-detectors: sums over starts of e-processes, mixtures
of bets); Vovk, Gammerman & Shafer 2022, "Algorithmic Learning in a Random World", section 8.3 (bets on ranks).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SAME = 1e-9
_MAX_ODDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """Of all items a share `collapsed` comes out low from now on.

    Attributes:
        flicker: how often a stable item comes out low as it is.
        flippy: share of items that are not stable, with any chance of being low.
    """

    collapsed: float
    flicker: float
    flippy: float

    def log_odds(self, n_high: Floats, n_low: Floats) -> Floats:
        """Log of 1 + how much likelier a low one of the bag is the newest."""
        stable, other = np.log1p(-self.flippy), np.log(self.flippy)
        run = stable + n_high * np.log1p(-self.flicker) + n_low * np.log(self.flicker)
        before = np.logaddexp(run - np.log(self.flicker), other + betaln(n_high + 1, np.maximum(n_low, _SAME)))
        after = np.logaddexp(run, other + betaln(n_high + 1, n_low + 1))
        return np.asarray(np.logaddexp(0.0, np.log(self.collapsed / (1 - self.collapsed)) + before - after))


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Earlier scores at the place of each new one, all (n,): how many, their sum, the least and the largest."""

    n: Floats
    total: Floats
    low: Floats
    high: Floats

    def mirrored(self) -> "References":
        """Of one minus the scores."""
        return References(n=self.n, total=self.n - self.total, low=1 - self.high, high=1 - self.low)


FALLS = (
    Collapse(collapsed=0.08, flicker=0.002, flippy=0.05),
    Collapse(collapsed=0.08, flicker=0.002, flippy=0.4),
    Collapse(collapsed=0.03, flicker=0.02, flippy=0.05),
    Collapse(collapsed=0.08, flicker=0.02, flippy=0.4),
    Collapse(collapsed=0.08, flicker=0.08, flippy=0.4),
)
RISES = (
    Collapse(collapsed=0.08, flicker=0.002, flippy=0.4),
    Collapse(collapsed=0.08, flicker=0.02, flippy=0.4),
)
"""Of one minus the score."""
SHIFT = 0.08
"""For scores that are no yes or no: every item loses so many score units."""
N_FALLS = len(FALLS) + 1
SCORE_WEIGHTS = np.array([0.15, 0.15, 0.15, 0.15, 0.12, 0.14, 0.07, 0.07])
"""What the evidence is split over the bets: falls, a shift, rises. A loss matters more than a gain."""
RANK_POWERS = (0.15, 0.4)
RANK_WEIGHTS = np.array([0.35, 0.35, 0.15, 0.15])


def score_log_bets(references: References, scores: Floats) -> Floats:
    """(n, n_bets) log e-values of new scores in [0, 1]; 0 where the bag tells nothing. O(n * n_bets).

    As long as nothing has changed, each has expectation 1 given its bag.
    """
    down, up = _Bag(references, scores), _Bag(references.mirrored(), 1.0 - scores)
    falls = [down.log_bets(each) for each in FALLS]
    return np.stack([*falls, down.log_shift_bets(), *(up.log_bets(each) for each in RISES)], axis=1)


class _Bag:
    """New scores among the earlier ones, each bag as if it held two values only: its least and its largest.

    The bet is linear in between, and the mean of a bag is known, so it is as fair for all values.
    """

    def __init__(self, references: References, scores: Floats) -> None:
        self._size = references.n + 1
        low, high = np.minimum(references.low, scores), np.maximum(references.high, scores)
        self._is_telling = (references.n > 0) & (high - low > _SAME)
        self._range = np.where(self._is_telling, high - low, 1.0)
        mean = (references.total + scores) / self._size
        share = np.clip(np.where(self._is_telling, (high - mean) / self._range, 0.5), _SAME, 1 - _SAME)
        self._n_low, self._n_high = share * self._size, (1 - share) * self._size
        self._lowness = np.where(self._is_telling, (high - scores) / self._range, 0.5)

    def log_bets(self, collapse: Collapse) -> Floats:
        """(n,) against a collapse."""
        return self._told(np.exp(np.minimum(collapse.log_odds(self._n_high, self._n_low), 50.0)))

    def log_shift_bets(self) -> Floats:
        """(n,) against a loss of `SHIFT` of every item, which is much where an item hardly varies."""
        variance = self._n_low * self._n_high / self._size**2
        return self._told(1.0 + np.minimum(_MAX_ODDS, SHIFT / self._range / variance))

    def _told(self, odds: Floats) -> Floats:
        divisor = self._n_low * odds + self._n_high
        bet = self._size / divisor * (1.0 + (odds - 1.0) * self._lowness)
        return np.asarray(np.where(self._is_telling, np.log(np.maximum(bet, _SAME)), 0.0))


def rank_log_bets(value: float, history: Floats) -> Floats:
    """(n_bets,) log e-values of a night's number among those of earlier nights, (n,), in any order.

    The first half bets that it is large, the second that it is small; ties count against the bet. 0 without a history.
    """
    size = len(history) + 1
    n_above, n_below = int((history >= value).sum()), int((history <= value).sum())
    ranks = (np.arange(size) + 0.5) / size
    bets = []
    for place in (n_above, n_below):
        for power in RANK_POWERS:
            weights = ranks ** (power - 1.0)
            bets.append(float(np.log(weights[place] / weights.mean())))
    return np.array(bets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a change.

    Attributes:
        log_e_value: of the best block of starts.
        start: the likeliest first night after the change, as an index of `log_bets`.
        is_first_half: whether most of it was won by the bets before `n_first`.
    """

    log_e_value: float
    start: int
    is_first_half: bool


def evidence(log_bets: Floats, blocks: Ints, weights: Floats, n_first: int) -> Evidence:
    """The evidence of the nights of a window, each of which may be the first after a change.

    Args:
        log_bets: (n_nights, n_bets), the newest night last.
        blocks: (n_nights,) the block of starts that each night belongs to, in order.
        weights: (n_bets,) with sum 1.
        n_first: bets of one direction.
    """
    since = np.cumsum(log_bets[::-1], axis=0)[::-1] + np.log(weights)
    starts = np.logaddexp.reduce(since, axis=1)
    first_of_block = np.flatnonzero(np.diff(blocks, prepend=blocks[0] - 1))
    found = float(np.logaddexp.reduceat(starts, first_of_block).max())
    best = len(starts) - 1 - int(np.argmax(starts[::-1]))  # of equals the latest: the nights before tell nothing
    first, second = np.logaddexp.reduce(since[best, :n_first]), np.logaddexp.reduce(since[best, n_first:])
    return Evidence(log_e_value=found, start=best, is_first_half=bool(first >= second))
