"""What is known of every candidate before anything is bought, as numbers that its quality is regressed on.

The log of the expected list price, the log of the number of parameters, whether that is unknown, and what past searches
let expect; and which candidates are kin. Size tells more than price once both are known
(tests/worlds/test_size_and_price.py).
"""

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import Candidate, singles_of
from modelsearch.core.market import Model
from modelsearch.core.search import Floats, SearchView
from modelsearch.stats.gap_prior import Slopes

PRICE_SLOPE, SIZE_SLOPE = 0.02, 0.06
"""Score units that a standard deviation of log list price, and of log size, brings."""
UNSIZED = 0.1
"""Score units by which models of unknown size are better: they are mostly the closed ones of the large laboratories."""
FACT_ROWS = 20.0
"""Rows that each of these guesses counts as."""
PAST_TRUST = 0.5
"""How far the past is believed where there is one: so much of what it says, the rest as price and size have it."""
LEAST_LOG_SPREAD = 1.0
"""Standard deviation of a logarithm from which on it counts as one: a few percent of price or size tell nothing."""


def regressors(view: SearchView) -> Floats:
    """(n_candidates, 4) log USD, log billions of parameters, 1 where those are unknown, past quality; NaN = unknown.

    A composite costs what its members cost, and is as large as the largest.
    """
    listed = view.setting.list_cost_usd
    found = np.full((len(view.candidates), 4), np.nan)
    for row, candidate in enumerate(view.candidates):
        total = float(np.sum([listed.get(member.id, np.nan) for member in singles_of(candidate)]))
        sizes = [np.nan if model is None else model.params_b or np.nan for model in _models(view, candidate)]
        found[row, 0] = np.log(total) if total > 0 else np.nan
        found[row, 1] = np.log(np.max(sizes))
        found[row, 2] = float(np.isnan(found[row, 1]))
        found[row, 3] = view.setting.past_quality.get(candidate.id, np.nan)
    return found


def families(view: SearchView) -> npt.NDArray[np.int64]:
    """(n_candidates,) the same number for models of one family; -1 for composites and where no family is told."""
    names = [_family(_models(view, candidate)) for candidate in view.candidates]
    code = {name: at for at, name in enumerate(sorted({name for name in names if name}))}
    return np.array([code.get(name, -1) for name in names], dtype=np.int64)


def expected_slopes(facts: Floats) -> Slopes:
    """Larger and dearer is better; where the past says how good each is, half that and half what it says."""
    expected = np.array(
        [PRICE_SLOPE / _spread(facts[:, 0]), SIZE_SLOPE / _spread(facts[:, 1]), UNSIZED, 0.0], dtype=np.float64
    )
    past = facts[:, 3][np.isfinite(facts[:, 3])]
    if past.size > 1 and float(past.std()) > 0:
        expected = (1.0 - PAST_TRUST) * expected + PAST_TRUST * np.array([0.0, 0.0, 0.0, 1.0])
    return Slopes(expected=expected, rows=np.full(4, FACT_ROWS))


def _spread(column: Floats) -> float:
    known = column[np.isfinite(column)]
    return max(float(known.std()), LEAST_LOG_SPREAD) if known.size else LEAST_LOG_SPREAD


def _models(view: SearchView, candidate: Candidate) -> list[Model | None]:
    market = view.setting.market
    served = [market.endpoints.get(single.endpoint_id) for single in singles_of(candidate)]
    return [None if endpoint is None else market.models[endpoint.model_id] for endpoint in served]


def _family(models: list[Model | None]) -> str:
    return models[0].family if len(models) == 1 and models[0] is not None else ""
