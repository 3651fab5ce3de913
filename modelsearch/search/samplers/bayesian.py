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
from modelsearch.search.deepening import FREE_USD, beside_baseline, first_batches, next_depths, rounded
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse, depth, merged, prefix


@register(
    "sampler",
    "bayesian",
    source="Jones, Schonlau & Welch 1998, doi:10.1023/A:1008306431147; Gardner et al. 2014, constrained EI, ICML; "
    "client's strategy 5",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class Bayesian:
    """Buys the next batch of whoever promises most saving per dollar, then proves the leader against the baseline.

    A Gaussian process over the candidates' features takes in their gaps to the baseline each round, with known noise
    per point; its scales are fitted anew every `refit_every` candidates, from where the last fit ended. *Explore:* by
    constrained expected improvement per dollar (P(gap >= -margin) x EI of the saving over the best choice now),
    candidates get their next batch of 8, 16, 32, ... items, the baseline's missing items charged to whoever needs them
    first; at most `explore_share` of the money left goes there in a round. *Prove:* once nobody promises `min_gain`,
    the recommended candidate and the baseline are deepened together until the decision is settled or the money is out;
    while nothing better than keeping the baseline is in sight, exploring goes on down to `min_gain_kept`, and then
    whoever is worth most of those still open is deepened beside the baseline.

    With fewer than `min_observed` comparisons it takes the best priors first. Gaps in score units, savings as shares of
    the baseline's cost, money in USD by expected cost. Failed items count as asked; who was asked a whole batch without
    one score is left alone; ties go to the first by prior; the baseline alone is settled. O(n_observed^3) a round.

    Attributes:
        first_items: size of the first batch; growth: factor of the next depth, above 1.
        prove_growth: factor of depth a round when proving, above 1.
        n_candidates: at most so many candidates a round.
        min_observed: comparisons before the process is trusted.
        min_gain: expected improvement, as a share of the baseline's cost, below which exploring ends;
            min_gain_kept: the same while nothing but keeping the baseline can be recommended.
        explore_share: of the money left, per round, in (0, 1].
        refit_every: candidates compared by which the scales of the process are fitted anew.
    """

    first_items: int = 8
    growth: float = 2.0
    prove_growth: float = 1.5
    n_candidates: int = 6
    min_observed: int = 3
    min_gain: float = 0.02
    min_gain_kept: float = 0.001
    explore_share: float = 0.5
    refit_every: int = 5

    def __post_init__(self) -> None:
        require_count(self, "first_items", 1)
        require_range(self, "growth", 1.01, 100.0)
        require_range(self, "prove_growth", 1.01, 100.0)
        require_count(self, "n_candidates", 1)
        require_count(self, "min_observed", 1)
        require_range(self, "min_gain", 0.0, 1.0)
        require_range(self, "min_gain_kept", 0.0, 1.0)
        require_range(self, "explore_share", 1e-6, 1.0)
        require_count(self, "refit_every", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        known = estimates(view)
        if is_settled(view, known):
            return ()
        purse = Purse(view)
        leader = recommend(view, known).candidate_id
        is_new = n_observed(view) < self.min_observed
        probes = first_batches(view, purse, self.first_items, self.n_candidates) if is_new else ()
        probes = probes or self._explore(view, purse, self.min_gain)
        if leader != view.baseline_id:
            return probes or self._prove(view, purse, _unproven(known, [leader]))
        probes = probes or self._explore(view, purse, self.min_gain_kept)
        return probes or self._prove(view, purse, _unproven(known, _by_worth(view, known)))

    def _explore(self, view: SearchView, purse: Purse, min_gain: float) -> tuple[Probe, ...]:
        """Next batches by expected improvement per dollar, one after the other, as the baseline's share gets paid."""
        steps = next_depths(view, self.first_items, self.growth)
        if n_observed(view) == 0 or not steps:
            return ()
        believed = beliefs(view, tuple(steps), self.refit_every)
        gain = {c: g for c, g in zip(believed.ids, believed.expected_gain, strict=True) if g >= min_gain}
        floor_usd = purse.left_usd * (1.0 - self.explore_share)
        probes: list[Probe] = []
        for _ in range(self.n_candidates):
            usd = {c: purse.prefix_usd((view.baseline_id, c), steps[c]) for c in gain}
            affordable = [c for c in gain if purse.left_usd - usd[c] >= floor_usd]
            if not affordable:
                break
            best = max(affordable, key=lambda c: rounded(gain[c] / max(usd[c], FREE_USD)))
            probes += beside_baseline(view, purse, best, steps[best])
            del gain[best]
        return merged(probes)

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


def _unproven(known: Sequence[Estimate], ids: Sequence[CandidateId]) -> list[CandidateId]:
    """Those without a verdict, in their order."""
    is_open = {e.candidate_id: e.verdict is Verdict.UNDECIDED for e in known}
    return [candidate_id for candidate_id in ids if is_open[candidate_id]]


def _by_worth(view: SearchView, known: Sequence[Estimate]) -> list[CandidateId]:
    """Cheaper candidates that were compared with the baseline, those worth most in its place first."""
    compared = [(option.worth, option.estimate.candidate_id) for option in options(view, known)]
    worth = [(value, candidate_id) for value, candidate_id in compared if value is not None]
    return [candidate_id for _, candidate_id in sorted(worth, key=lambda pair: (-pair[0], pair[1]))]
