"""The model of `stats.gap_model` on a view: every candidate's quality over these items, and its gap to the baseline.

Failures are at their worst: 0 for a candidate, 1 for the baseline. Only what is an even sample of a row's items counts
(`pairs.evenly_bought`). What is free to know of each row is in `row_facts`, what rows have in common in `kinship`.
"""

from dataclasses import replace

import numpy as np

from modelsearch.core.search import SearchView
from modelsearch.decide.kinship import kinships, same_model
from modelsearch.decide.pairs import evenly_bought
from modelsearch.decide.row_facts import expected_slopes, families, regressors
from modelsearch.stats.gap_model import Bought, ModelRules, Posterior, posterior

RULES = ModelRules()


def gap_posterior(view: SearchView, rules: ModelRules = RULES) -> Posterior:
    """The belief in row order of the view; deterministic. About 10 ms for 100 candidates x 1,000 items."""
    return posterior(bought(view), rules)


def own_gap_posterior(view: SearchView) -> Posterior:
    """The belief from this search's own outcomes and what is free to know of each model, past searches left out.

    What they let expect is a good guide to whom to ask first, and a bad witness: taken for evidence, it made wrong
    recommendations more frequent at small spends (`make bench-transfer`).
    """
    return gap_posterior(replace(view, setting=replace(view.setting, past_quality={})))


def bought(view: SearchView) -> Bought:
    """The cells of a view."""
    view = evenly_bought(view)
    score = view.outcomes.score.astype(np.float64)
    is_known = view.outcomes.status > 0
    at = view.row[view.baseline_id]
    failed = np.where(np.isnan(score), 0.0, score)
    failed[at] = np.where(np.isnan(score[at]), 1.0, score[at])
    codes = view.setting.cluster_codes
    facts = regressors(view)
    return Bought(
        score=np.where(is_known, failed, 0.0),
        is_known=is_known,
        weight=view.setting.item_weights,
        regressors=facts,
        slopes=expected_slopes(facts),
        family=families(view),
        reference=at,
        worth=(int(codes.max()) + 1) / len(codes),
        kin=kinships(view),
        is_same=same_model(view),
    )
