"""One recommendation: the cheapest candidate that can be defended, its certainty and claim; else the baseline, and why.

A certified candidate is preferred to a cheaper one that is only likely, which is then named as runner-up, unless the
chance is clearly worth more: a certificate for a tenth of the saving is no answer where all of it is all but sure. A
costlier candidate is never recommended. Without a single outcome of the baseline nothing is `likely`: the choice would
rest on a prior about baselines alone.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Certainty, Claim, Estimate, Recommendation
from modelsearch.core.search import SearchView
from modelsearch.decide.alpha import keep_level
from modelsearch.decide.choice import (
    Option,
    best_worth,
    first_certified,
    is_worth_more,
    of_baseline,
    open_cheaper,
    options,
)
from modelsearch.decide.noise import as_claimed, has_noise
from modelsearch.decide.population import is_certified_for_population
from modelsearch.decide.reasons import (
    certified_note,
    certified_reason,
    keep_reason,
    likely_reason,
    limits_note,
    undecided_reason,
)


def recommend(view: SearchView, estimates: Sequence[Estimate]) -> Recommendation:
    """What to use, from the estimates of `estimates(view)`. Pure; ties go to the cheaper, then to the smaller id."""
    found = options(view, estimates)
    certified = first_certified(found)
    likely = best_worth(found, besides=None if certified is None else certified.estimate.candidate_id)
    if certified is not None and not is_worth_more(likely, certified):
        return _certified(view, certified, _runner_up(found, certified, likely))
    if likely is not None and of_baseline(view, estimates).n_items > 0:
        second = certified or best_worth(found, besides=likely.estimate.candidate_id)
        reason = likely_reason(view, likely.estimate) + ("" if certified is None else certified_note(certified))
        return as_claimed(view, _replacement(view, likely, Certainty.LIKELY, reason, _runner_up(found, likely, second)))
    return as_claimed(view, _baseline(view, estimates, found))


def is_settled(view: SearchView, estimates: Sequence[Estimate]) -> bool:
    """Whether more outcomes cannot bring a better certified answer, so that a search may stop.

    Either the recommended candidate is certified and nothing cheaper in the pool is still open, or every cheaper
    candidate of the starting pool is inferior and no live composite is open: keeping the baseline is then certified.
    """
    found = options(view, estimates)
    certified = first_certified(found)
    threshold = -np.log(view.task.alpha)
    if certified is not None:
        cheaper = found[: found.index(certified)]
        return all(option.estimate.log_e_inferior >= threshold for option in cheaper)
    is_pool_closed = all(option.estimate.log_e_inferior >= threshold for option in found)
    return is_pool_closed and not _open_to_keep(view, estimates)


def _open_to_keep(view: SearchView, estimates: Sequence[Estimate]) -> list[Estimate]:
    return open_cheaper(view, estimates, float(-np.log(keep_level(view.task.alpha))))


def _runner_up(found: Sequence[Option], chosen: Option, second: Option | None) -> CandidateId | None:
    """The next best worth; else the next certified one; else the other whose chance is best, if that is even."""
    if second is not None:
        return second.estimate.candidate_id
    others = [o for o in found if o is not chosen and (o.estimate.p_non_inferior or 0.0) >= EVEN]
    best = max(others, key=lambda o: (o.is_certified, o.estimate.p_non_inferior or 0.0), default=None)
    return None if best is None else best.estimate.candidate_id


def _certified(view: SearchView, option: Option, runner_up_id: CandidateId | None) -> Recommendation:
    """The claim about these items, and whether the other one, about the population, holds as well."""
    if has_noise(view.task):
        reason = certified_reason(view, option.estimate)
        answer = as_claimed(view, _replacement(view, option, Certainty.CERTIFIED, reason, runner_up_id))
        return replace(answer, is_for_population=True)
    is_for_population = is_certified_for_population(view, option.estimate.candidate_id)
    reason = certified_reason(view, option.estimate) + (POPULATION_NOTE if is_for_population else "")
    answer = _replacement(view, option, Certainty.CERTIFIED, reason, runner_up_id)
    return replace(answer, is_for_population=is_for_population)


EVEN = 0.5
"""Chance below which nobody is worth naming as second."""
POPULATION_NOTE = "; tested apart at the same level, it holds for the population these items were drawn from as well"


def _replacement(
    view: SearchView, option: Option, certainty: Certainty, reason: str, runner_up_id: CandidateId | None
) -> Recommendation:
    estimate = option.estimate
    return Recommendation(
        candidate_id=estimate.candidate_id,
        label=estimate.label,
        certainty=certainty,
        claim=Claim.ITEMS,
        reason=reason,
        p_right=estimate.p_non_inferior if certainty is Certainty.LIKELY else None,
        saving_share=option.saving,
        saving_usd_per_1k=option.saving_usd_per_1k,
        margin=view.task.margin,
        alpha=view.task.alpha,
        n_items=len(view.setting.item_ids),
        n_pairs=estimate.n_pairs,
        runner_up_id=runner_up_id,
    )


def _baseline(view: SearchView, estimates: Sequence[Estimate], found: Sequence[Option]) -> Recommendation:
    baseline = of_baseline(view, estimates)
    still_open = _open_to_keep(view, estimates)
    known = [option for option in found if option.estimate.p_non_inferior is not None]
    best = max(known, key=lambda option: option.estimate.p_non_inferior or 0.0, default=None)
    is_certified = not still_open and baseline.cost_usd is not None and (baseline.n_items > 0 or len(estimates) == 1)
    reason = keep_reason(view, estimates) if is_certified else undecided_reason(view, baseline, still_open, best)
    return Recommendation(
        candidate_id=baseline.candidate_id,
        label=baseline.label,
        certainty=Certainty.CERTIFIED if is_certified else Certainty.UNDECIDED,
        claim=Claim.ITEMS,
        reason=reason + limits_note(baseline),
        p_right=None,
        saving_share=0.0,
        saving_usd_per_1k=0.0,
        margin=view.task.margin,
        alpha=view.task.alpha,
        n_items=len(view.setting.item_ids),
        n_pairs=baseline.n_pairs,
        runner_up_id=None if best is None else best.estimate.candidate_id,
    )
