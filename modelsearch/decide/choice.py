"""Who may be recommended, what each would save, and which choice is worth most.

The worth of recommending c instead of the baseline is u = p (saving / best + 1) - 1: the share of the available saving
that it captures if it is good enough, minus 1 if it is not; keeping the baseline is worth 0. `best` is the expected
largest saving among the good enough ones, taken as independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Estimate, Verdict
from modelsearch.core.search import SearchView

LEAST_WORTH = 0.2
"""Worth below which the baseline is kept: near 0 the sign of a worth is mostly noise, and a switch costs work too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A cheaper candidate.

    Attributes:
        saving: 1 - cost / the baseline's, in (0, 1].
        captured: share of the expected best saving that this is, at most 1: its worth if it were surely good enough.
        worth: u; None without pairs.
    """

    estimate: Estimate
    saving: float
    captured: float
    saving_usd_per_1k: float
    worth: float | None

    @property
    def is_certified(self) -> bool:
        """Non-inferior at its share of alpha, whenever looked at."""
        return self.estimate.verdict is Verdict.NON_INFERIOR


def of_baseline(view: SearchView, estimates: Sequence[Estimate]) -> Estimate:
    """The baseline's own estimate."""
    return next(e for e in estimates if e.candidate_id == view.baseline_id)


def saving_share(estimate: Estimate, baseline: Estimate) -> float | None:
    """1 - cost / the baseline's cost; None where either is unknown or the baseline costs nothing."""
    if estimate.cost_usd is None or baseline.cost_usd is None or baseline.cost_usd.mean <= 0:
        return None
    return 1.0 - estimate.cost_usd.mean / baseline.cost_usd.mean


def options(view: SearchView, estimates: Sequence[Estimate]) -> list[Option]:
    """Candidates of the pool that cost less than the baseline and keep the client's limits, cheapest first."""
    baseline = of_baseline(view, estimates)
    pool = set(view.pool) - {view.baseline_id}
    cheaper = [(e, s) for e in estimates if (s := saving_share(e, baseline)) is not None and s > 0]
    best = expected_best_saving(cheaper)
    found = [_option(e, s, baseline, best) for e, s in cheaper if e.candidate_id in pool and e.is_feasible]
    return sorted(found, key=lambda option: (-option.saving, option.estimate.candidate_id))


def expected_best_saving(cheaper: Sequence[tuple[Estimate, float]]) -> float:
    """Expected largest saving among the candidates that are good enough, given that there is one; 0 without any."""
    left, total = 1.0, 0.0
    for estimate, saving in sorted(cheaper, key=lambda pair: (-pair[1], pair[0].candidate_id)):
        p = estimate.p_non_inferior if estimate.is_feasible else None
        if p:
            total += left * p * saving
            left *= 1.0 - p
    return total / (1.0 - left) if left < 1.0 else 0.0


def _option(estimate: Estimate, saving: float, baseline: Estimate, best: float) -> Option:
    base_usd = baseline.cost_usd.mean if baseline.cost_usd else 0.0
    p = estimate.p_non_inferior
    captured = min(1.0, saving / best) if best > 0 else 0.0
    return Option(
        estimate=estimate,
        saving=saving,
        captured=captured,
        saving_usd_per_1k=saving * base_usd * 1000,
        worth=None if p is None or best <= 0 else p * (captured + 1.0) - 1.0,
    )


def first_certified(found: Sequence[Option]) -> Option | None:
    """The cheapest certified option of a list that is sorted cheapest first."""
    return next((option for option in found if option.is_certified), None)


def best_worth(found: Sequence[Option], besides: CandidateId | None = None) -> Option | None:
    """The option worth most, if clearly worth more than keeping the baseline; ties go to the cheaper."""
    paying = [o for o in found if o.worth is not None and o.worth > LEAST_WORTH and o.estimate.candidate_id != besides]
    return max(paying, key=lambda option: option.worth or 0.0, default=None)


def is_worth_more(likely: Option | None, certified: Option) -> bool:
    """Whether a chance is clearly worth more than what is certain: by as much as a switch must be worth at all."""
    return likely is not None and (likely.worth or 0.0) > certified.captured + LEAST_WORTH


def open_cheaper(view: SearchView, estimates: Sequence[Estimate], log_threshold: float) -> list[Estimate]:
    """Of the starting pool, dropped ones included: who may still be a cheaper good choice.

    Left out are those that left before the first probe (they cannot be used, whatever their quality), those not cheaper
    than the baseline, those proven inferior (log e-value of `log_threshold` or more), and those surely beyond a limit
    of the client. An unknown cost may be a low one.
    """
    baseline = of_baseline(view, estimates)
    start = {candidate.id for candidate in view.setting.candidates} - {view.baseline_id} - view.dropped_free
    return [e for e in estimates if e.candidate_id in start and _is_open(view, e, baseline, log_threshold)]


def _is_open(view: SearchView, estimate: Estimate, baseline: Estimate, log_threshold: float) -> bool:
    saving = saving_share(estimate, baseline)
    if saving is not None and saving <= 0:
        return False
    return estimate.log_e_inferior < log_threshold and not is_excluded(view, estimate)


MIN_LATENCY_ITEMS = 20


def is_excluded(view: SearchView, estimate: Estimate) -> bool:
    """Whether a limit of the client is surely broken: by the interval, and for latency on at least 20 items."""
    limits = view.task.requirements
    cost, quality, latency = estimate.cost_usd, estimate.quality, estimate.latency_p95_s
    if limits.max_cost_usd_per_1k is not None and cost is not None and cost.low * 1000 > limits.max_cost_usd_per_1k:
        return True
    if limits.min_quality is not None and quality is not None and quality.high < limits.min_quality:
        return True
    is_measured = latency is not None and estimate.n_items >= MIN_LATENCY_ITEMS
    return limits.max_latency_s is not None and is_measured and (latency or 0.0) > limits.max_latency_s
