"""The model of `stats.gap_model` on a view: every candidate's quality over these items, and its gap to the baseline.

Failures are at their worst: 0 for a candidate, 1 for the baseline. Only what is an even sample of a row's items counts
(`pairs.evenly_bought`). Free regressors are the log of the expected list price and what past searches let expect.
"""

import numpy as np

from modelsearch.core.candidate import singles_of
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.pairs import evenly_bought
from modelsearch.stats.gap_model import Bought, ModelRules, Posterior, posterior
from modelsearch.stats.gap_prior import Slopes

RULES = ModelRules()
PRICE_SLOPE, PRICE_ROWS = 0.06, 20.0
"""Score units that a standard deviation of log list price brings, and the rows that this guess counts as."""
LEAST_LOG_SPREAD = 1.0
"""Standard deviation of log list price from which on it counts as one: a few percent of price tell nothing."""
PAST_ROWS = 5.0
"""Rows that "as the past says" counts as."""


def gap_posterior(view: SearchView, rules: ModelRules = RULES) -> Posterior:
    """The belief in row order of the view; deterministic. About 10 ms for 100 candidates x 1,000 items."""
    return posterior(bought(view), rules)


def bought(view: SearchView) -> Bought:
    """The cells of a view."""
    view = evenly_bought(view)
    score = view.outcomes.score.astype(np.float64)
    is_known = view.outcomes.status > 0
    at = view.row[view.baseline_id]
    failed = np.where(np.isnan(score), 0.0, score)
    failed[at] = np.where(np.isnan(score[at]), 1.0, score[at])
    codes = view.setting.cluster_codes
    regressors = _regressors(view)
    return Bought(
        score=np.where(is_known, failed, 0.0),
        is_known=is_known,
        weight=view.setting.item_weights,
        regressors=regressors,
        slopes=_slopes(regressors),
        reference=at,
        worth=(int(codes.max()) + 1) / len(codes),
    )


def _slopes(regressors: Floats) -> Slopes:
    """Dearer is better by `PRICE_SLOPE`, unless the past says how good each is: then that, as it says it."""
    price, past = (column[np.isfinite(column)] for column in regressors.T)
    has_past = past.size > 1 and float(past.std()) > 0
    per_log = 0.0 if has_past or price.size < 2 else PRICE_SLOPE / max(float(price.std()), LEAST_LOG_SPREAD)
    return Slopes(expected=np.array([per_log, float(has_past)]), rows=np.array([PRICE_ROWS, PAST_ROWS]))


def _regressors(view: SearchView) -> Floats:
    """(n_candidates, 2) log list cost, a composite's that of its members; quality expected from the past; or NaN."""
    listed = view.setting.list_cost_usd
    found = np.full((len(view.candidates), 2), np.nan)
    for row, candidate in enumerate(view.candidates):
        costs = [listed.get(member.id, np.nan) for member in singles_of(candidate)]
        total = float(np.sum(costs))
        found[row, 0] = np.log(total) if total > 0 else np.nan
        found[row, 1] = view.setting.past_quality.get(candidate.id, np.nan)
    return found
