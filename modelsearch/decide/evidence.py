"""The e-process of every candidate against the baseline, and the verdicts that it carries.

Bets follow the shared order up to the first item that the candidate and the baseline do not both have; what was bought
beyond it counts only for decisions that are sure. This is stricter than betting on whatever pairs there are: which
items are missing in between may depend on what they are (long ones cost more than what was left, a client's old
answers cover some documents only), and when they are filled in later the wealth would be a different one. Along the
unbroken run it is one process, whoever decides how far it goes and whenever it is looked at. So items that
a sampler drew by what it had seen (`Probe.p_draw`) end the bets at the first hole that they leave, and spoil nothing.

A candidate whose row is complete can be certified by a second proof, which needs no share of its own: `complete_rows`.

A candidate made from data bets from the position that nobody had looked at when it was made; its null mean counts all
before. Failures are at their worst when it certifies and at their best in the futility twin.
"""

from dataclasses import dataclass

import numpy as np

from modelsearch.core.result import Verdict
from modelsearch.core.search import Bools, Floats, Ints, SearchView
from modelsearch.decide.alpha import alpha_shares, shared_level
from modelsearch.decide.complete_rows import log_shared
from modelsearch.decide.pairs import Pairs
from modelsearch.stats import noninferiority
from modelsearch.stats.noninferiority import Bound
from modelsearch.stats.paired import unit_sums

MAX_FAILED_SHARE = 0.02
"""Over this share of failed pairs there is no certificate (what is sure, failures at their worst, stays sure)."""
LEAST_EDGE = 0.005
"""With a margin of 0 the bets still expect some difference."""
SURE_LOG_E = 1000.0
"""Stands for infinity in `Estimate.log_e_value`: sure, no outcome still missing can turn it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """(n_candidates,) what the pairs prove.

    Attributes:
        log_certify: log e-value against "inferior by more than the margin", at least 0; on the scale of the candidate's
            own level: where the shared proof is the stronger one, it is raised by the ratio of the two levels.
        log_futility: log e-value against "non-inferior", at least 0.
        failed_share: of the compared items.
    """

    log_certify: Floats
    log_futility: Floats
    failed_share: Floats

    def verdicts(self, alpha_shares: Floats, alpha_futility: float) -> tuple[Verdict, ...]:
        """Non-inferior at each one's own share; inferior at `alpha_futility`; sure ones whatever the level."""
        with np.errstate(divide="ignore"):
            is_good = self.log_certify >= -np.log(alpha_shares)
        is_bad = self.log_futility >= -np.log(alpha_futility)
        is_good |= self.log_certify >= SURE_LOG_E
        rows = zip(is_good, is_bad, strict=True)
        return tuple(_verdict(is_good=bool(good), is_bad=bool(bad)) for good, bad in rows)


def _verdict(*, is_good: bool, is_bad: bool) -> Verdict:
    if is_good == is_bad:
        return Verdict.UNDECIDED
    return Verdict.NON_INFERIOR if is_good else Verdict.INFERIOR


def evidence(view: SearchView, pairs: Pairs) -> Evidence:
    """What the pairs of a view prove, of every candidate at once. O(n_candidates x n_items)."""
    bet = bets(pairs, view.task.margin)
    start = births(view, pairs)
    sure = _sure(pairs, view.task.margin)
    n_pairs = np.maximum((~np.isnan(pairs.worst)).sum(axis=1), 1)
    share = pairs.is_failed.sum(axis=1) / n_pairs
    is_fit = share <= MAX_FAILED_SHARE
    own = noninferiority.best_log_wealth(bet.low, bet.bound, start)
    certify = np.where(is_fit, _best_of(own, log_shared(view, pairs), alpha_shares(view), view.task.alpha), 0.0)
    futility = np.where(is_fit, noninferiority.best_log_wealth(-bet.high, bet.bound.mirrored, start), 0.0)
    return Evidence(
        log_certify=_settled(certify, is_yes=sure.is_above, is_no=sure.is_below),
        log_futility=_settled(futility, is_yes=sure.is_below, is_no=sure.is_above),
        failed_share=np.asarray(share, dtype=np.float64),
    )


def _best_of(own: Floats, shared: Floats, levels: Floats, alpha: float) -> Floats:
    """The stronger of both proofs on the scale of a candidate's own level: it suffices where either does at its own."""
    with np.errstate(divide="ignore"):
        head_start = np.where(levels > 0, np.log(shared_level(alpha)) - np.log(levels), -np.inf)
    return np.asarray(np.maximum(own, np.where(shared > 0, shared + head_start, 0.0)), dtype=np.float64)


def _settled(log_e: Floats, *, is_yes: Bools, is_no: Bools) -> Floats:
    """What is sure overrides what was only likely on the way."""
    return np.where(is_yes, SURE_LOG_E, np.where(is_no, 0.0, np.minimum(log_e, SURE_LOG_E)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bets:
    """What is bet on: (n_candidates, n_steps) values of units in [-1, 1], failures at their worst and their best.

    Attributes:
        scale: mean gap over all items = scale * mean value over all units.
    """

    bound: Bound
    low: Floats
    high: Floats
    scale: float


def bets(pairs: Pairs, margin: float) -> Bets:
    """The differences as units to bet on.

    A unit is an item, or a whole cluster, whose weighted differences are added and divided by the largest weight of a
    unit; a unit counts once it is complete. Steps end with the longest run.
    """
    weight = unit_sums(pairs.weights[None, :], pairs.codes)[0]
    largest, total = float(weight.max()), float(weight.sum())
    low = unit_sums(pairs.worst * pairs.weights, pairs.codes) / largest
    high = unit_sums(pairs.best * pairs.weights, pairs.codes) / largest
    challengers = np.arange(len(low)) != pairs.baseline_row
    runs = noninferiority.leading_run(low[challengers])
    n_steps = int(runs.sum(axis=1).max(initial=0))
    return Bets(
        bound=Bound(
            n_units=len(weight),
            null_total=-margin * total / largest,
            edge=max(margin, LEAST_EDGE) * total / (largest * len(weight)),
        ),
        low=low[:, :n_steps],
        high=high[:, :n_steps],
        scale=largest * len(weight) / total,
    )


def births(view: SearchView, pairs: Pairs) -> Ints:
    """(n_candidates,) first unit that each candidate may bet on: 0, or the first that is wholly after its making."""
    positions = [min(view.made_at.get(candidate.id, 0), pairs.n_items) for candidate in view.candidates]
    return np.array([pairs.codes[:position].max(initial=-1) + 1 for position in positions], dtype=np.int64)


def _sure(pairs: Pairs, margin: float) -> noninferiority.Certain:
    has = ~np.isnan(pairs.worst)
    return noninferiority.sure_decisions(
        np.where(has, pairs.worst, 0.0) @ pairs.weights,
        np.where(has, pairs.best, 0.0) @ pairs.weights,
        np.where(has, 0.0, 1.0) @ pairs.weights,
        -margin * float(pairs.weights.sum()),
    )
