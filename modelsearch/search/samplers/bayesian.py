"""Bayesian model selection: learn from each test, and pay where a dollar is expected to help most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.result import Estimate, Verdict
from modelsearch.core.search import Probe, SearchView
from modelsearch.decide.choice import options
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled, recommend
from modelsearch.search.beliefs import beliefs, n_observed
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse, by_prior, depth, merged, prefix

FREE_USD = 1e-12
"""What a free step counts as, so that gains per dollar can be compared among free ones."""


@register(
    "sampler",
    "bayesian",
    source="Jones, Schonlau & Welch 1998, doi:10.1023/A:1008306431147; Gardner et al. 2014, constrained EI, ICML; "
    "client's strategy 5",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Bayesian:
    """Buys the next batch of whoever promises most saving per dollar, then proves the leader against the baseline.

    A Gaussian process over the candidates' features is fitted each round on their gaps to the baseline, with known
    noise per point. *Explore:* by constrained expected improvement per dollar (P(gap >= -margin) x EI of the saving
    over the best choice now), candidates get their next batch of 8, 16, 32, ... items, the baseline's missing items
    charged to whoever needs them first; at most `explore_share` of the money left goes there in a round. *Prove:* once
    nobody promises `min_gain`, the recommended candidate and the baseline are deepened together until the decision is
    settled or the money is out; while nothing better than keeping the baseline is in sight, exploring goes on down to
    `min_gain_kept`, and then whoever is worth most of those still open is deepened beside the baseline.

    With fewer than `min_observed` comparisons it takes the best priors first. Gaps in score units, savings as shares of
    the baseline's cost, money in USD by expected cost. Failed items count as asked; who was asked a whole batch without
    one score is left alone; ties go to the first by prior; the baseline alone is settled. O(n_observed^3) a round,
    under 0.3 s for 300 candidates.

    Attributes:
        first_items: size of the first batch; growth: factor of the next depth, above 1.
        prove_growth: factor of depth a round when proving, above 1.
        n_candidates: at most so many candidates a round.
        min_observed: comparisons before the process is trusted.
        min_gain: expected improvement, as a share of the baseline's cost, below which exploring ends;
            min_gain_kept: the same while nothing but keeping the baseline can be recommended.
        explore_share: of the money left, per round, in (0, 1].
    """

    first_items: int = 8
    growth: float = 2.0
    prove_growth: float = 1.5
    n_candidates: int = 6
    min_observed: int = 3
    min_gain: float = 0.02
    min_gain_kept: float = 0.001
    explore_share: float = 0.5

    def __post_init__(self) -> None:
        require_count(self, "first_items", 1)
        require_range(self, "growth", 1.01, 100.0)
        require_range(self, "prove_growth", 1.01, 100.0)
        require_count(self, "n_candidates", 1)
        require_count(self, "min_observed", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        require_range(self, "min_gain_kept", 0.0, 1.0)
        require_range(self, "explore_share", 1e-6, 1.0)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        known = estimates(view)
        if is_settled(view, known):
            return ()
        purse = Purse(view)
        leader = recommend(view, known).candidate_id
        probes = self._start(view, purse) if n_observed(view) < self.min_observed else ()
        probes = probes or self._explore(view, purse, self.min_gain)
        if leader != view.baseline_id:
            return probes or self._prove(view, purse, _unproven(known, [leader]))
        probes = probes or self._explore(view, purse, self.min_gain_kept)
        return probes or self._prove(view, purse, _unproven(known, _by_worth(view, known)))

    def _start(self, view: SearchView, purse: Purse) -> tuple[Probe, ...]:
        """The first batch of the best priors."""
        n_items = min(self.first_items, len(view.setting.item_ids))
        unseen = [c for c in by_prior(view) if view.n_bought(c) == 0]
        probes: list[Probe] = []
        for candidate_id in unseen:
            if len(probes) < 2 * self.n_candidates:
                probes += self._bought(view, purse, candidate_id, n_items)
        return merged(probes)

    def _explore(self, view: SearchView, purse: Purse, min_gain: float) -> tuple[Probe, ...]:
        """Next batches by expected improvement per dollar, one after the other, as the baseline's share gets paid."""
        steps = self._steps(view)
        if n_observed(view) == 0 or not steps:
            return ()
        believed = beliefs(view, tuple(steps))
        gain = {c: g for c, g in zip(believed.ids, believed.expected_gain, strict=True) if g >= min_gain}
        floor_usd = purse.left_usd * (1.0 - self.explore_share)
        probes: list[Probe] = []
        for _ in range(self.n_candidates):
            usd = {c: purse.prefix_usd((view.baseline_id, c), steps[c]) for c in gain}
            affordable = [c for c in gain if purse.left_usd - usd[c] >= floor_usd]
            if not affordable:
                break
            best = max(affordable, key=lambda c: gain[c] / max(usd[c], FREE_USD))
            probes += self._bought(view, purse, best, steps[best])
            del gain[best]
        return merged(probes)

    def _steps(self, view: SearchView) -> dict[CandidateId, int]:
        """Next depth of every live candidate that can go deeper, in the order of the priors."""
        n_total = len(view.setting.item_ids)
        n_scored = dict(zip(view.row, (~np.isnan(view.outcomes.score)).sum(axis=1), strict=True))
        steps = {}
        for candidate_id in by_prior(view):
            n_deep = depth(view, candidate_id)
            is_silent = n_scored[candidate_id] == 0 and view.n_bought(candidate_id) >= self.first_items
            if n_deep < n_total and not is_silent:
                steps[candidate_id] = min(n_total, max(self.first_items, int(np.ceil(n_deep * self.growth))))
        return steps

    def _prove(self, view: SearchView, purse: Purse, contenders: Sequence[CandidateId]) -> tuple[Probe, ...]:
        """The first contender that money reaches for, one step deeper beside the baseline."""
        n_total = len(view.setting.item_ids)
        for contender in contenders:
            pair = (view.baseline_id, contender)
            n_deep = min(depth(view, c) for c in pair)
            wanted = max(n_deep + self.first_items, int(np.ceil(n_deep * self.prove_growth)))
            reached = purse.affordable_depth(pair, min(wanted, n_total))
            if probes := merged(prefix(view, c, reached) for c in pair):
                return probes
        return ()

    def _bought(self, view: SearchView, purse: Purse, candidate_id: CandidateId, n_items: int) -> list[Probe]:
        """Probes of baseline and candidate to the same depth, if affordable."""
        pair = [prefix(view, c, n_items) for c in (view.baseline_id, candidate_id)]
        return pair if purse.buy(pair) else []


def _unproven(known: Sequence[Estimate], ids: Sequence[CandidateId]) -> list[CandidateId]:
    """Those without a verdict, in their order."""
    is_open = {e.candidate_id: e.verdict is Verdict.UNDECIDED for e in known}
    return [candidate_id for candidate_id in ids if is_open[candidate_id]]


def _by_worth(view: SearchView, known: Sequence[Estimate]) -> list[CandidateId]:
    """Cheaper candidates that were compared with the baseline, those worth most in its place first."""
    compared = [(option.worth, option.estimate.candidate_id) for option in options(view, known)]
    worth = [(value, candidate_id) for value, candidate_id in compared if value is not None]
    return [candidate_id for _, candidate_id in sorted(worth, key=lambda pair: (-pair[0], pair[1]))]
