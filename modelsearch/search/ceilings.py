"""How much better than the baseline a candidate can be, by laws of size and by what was bought.

Three bounds, each good alone: the catalogue's scaling law (`core.market.ScalingRule`), which needs no outcome; the
futility e-process of the candidate's own pairs; and the e-process of larger members of its family, since a model is
seldom much better than its larger kin. What a law says of a level that it was not fitted for is nothing.
"""

from collections.abc import Sequence

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Market, Model, ScalingRule
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.evidence import bets, births
from modelsearch.decide.pairs import Pairs
from modelsearch.search.paired_gaps import PairedGaps
from modelsearch.stats.noninferiority import best_log_wealth
from modelsearch.stats.scaling import segments

DEAR_SHARE = 0.75
"""The law was learnt from baselines in the dearest quarter."""
LARGER = 1.5
"""Kin are larger from half as large again on."""


def offset_at(offsets: Sequence[tuple[float, float]], level: float) -> float | None:
    """The offset of the lowest level that reaches `level`; None where none does."""
    fit = [(known, gap) for known, gap in offsets if known >= level - 1e-9]
    return min(fit)[1] if fit else None


def law_gap(model: Model, market: Market, level: float) -> float | None:
    """Upper bound of the model's gap to a baseline as the law knows them; None where size or level is unknown.

    An unknown architecture counts as the best one, a family without an effect as 0.
    """
    rule = market.scaling
    offset = None if rule is None else offset_at(rule.offsets, level)
    if rule is None or offset is None or model.params_b is None:
        return None
    size = segments(np.array([model.params_b]), np.array(rule.knots_b))[0] @ np.array(rule.slopes)
    best = max(rule.architectures.values(), default=0.0)
    effect = rule.architectures.get(model.architecture, best) + _family_effect(model.family, market, rule)
    return float(rule.intercept + size + effect + offset)


def is_like_learnt(view: SearchView) -> bool:
    """Whether the baseline is of the kind that the law was learnt from: dear, and of unknown size or large."""
    rule, model = view.setting.market.scaling, view.model(view.baseline_id)
    listed = view.setting.list_cost_usd
    if rule is None or model is None or view.baseline_id not in listed:
        return False
    is_large = model.params_b is None or model.params_b >= rule.min_reference_b
    return is_large and listed[view.baseline_id] >= np.quantile(list(listed.values()), DEAR_SHARE)


def lead(view: SearchView, found: PairedGaps, min_items: int) -> float:
    """How far the best candidate bought is ahead of the baseline, at least 0: what the law's baselines never were."""
    is_judged = (found.n_pairs >= min_items) & (np.arange(len(found.gap)) != view.row[view.baseline_id])
    return max(0.0, float(found.gap[is_judged].max())) if is_judged.any() else 0.0


def log_futility(view: SearchView, pairs: Pairs, margin: float) -> Floats:
    """(n_candidates,) log e-value against "not worse than the baseline by more than `margin`", at least 0.

    Anytime-valid: the chance that it ever passes ln(1/a) for a candidate of which that is true is at most a.
    O(n_candidates x n_items).
    """
    bet = bets(pairs, margin)
    return best_log_wealth(-bet.high, bet.bound.mirrored, births(view, pairs))


def larger_kin(view: SearchView, candidate_id: CandidateId) -> Sequence[CandidateId]:
    """Singles of the same family, dropped ones too, at least half as large again; none where sizes are unknown."""
    model = view.model(candidate_id)
    if model is None or model.params_b is None:
        return ()
    return tuple(
        candidate.id
        for candidate in view.candidates
        if candidate.id != view.baseline_id and _is_larger_kin(view.model(candidate.id), model)
    )


def _is_larger_kin(kin: Model | None, model: Model) -> bool:
    if kin is None or kin.params_b is None or model.params_b is None or kin.family != model.family:
        return False
    return kin.params_b >= LARGER * model.params_b


def _family_effect(family_id: str, market: Market, rule: ScalingRule) -> float:
    """The effect of the longest key that the family, or an ancestor of it, begins with."""
    current: str | None = family_id
    seen: set[str] = set()
    while current is not None and current not in seen:
        keys = [key for key in rule.families if current.lower().startswith(key)]
        if keys:
            return rule.families[max(keys, key=len)]
        seen.add(current)
        family = market.families.get(current)
        current = None if family is None else family.lineage
    return 0.0
