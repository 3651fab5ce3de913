from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.search import SearchView
from modelsearch.decide.row_facts import UNSIZED, expected_slopes, families, regressors
from tests.unit.decide.views import NAN, make_view, rows

VOTE = Ensemble(members=(Single(endpoint_id=EndpointId("m01")), Single(endpoint_id=EndpointId("m02"))))
STRANGER = Ensemble(members=(Single(endpoint_id=EndpointId("m01")), Single(endpoint_id=EndpointId("m77"))))


def with_models(view: SearchView, **facts: tuple[str, float | None]) -> SearchView:
    """The view with (family, billions of parameters) of some models."""
    market = view.setting.market
    models = dict(market.models)
    for name, (family, params_b) in facts.items():
        model_id = market.endpoints[EndpointId(name)].model_id
        models[model_id] = replace(models[model_id], family=family, params_b=params_b)
    return replace(view, setting=replace(view.setting, market=replace(market, models=models)))


def with_past(view: SearchView, past: dict[CandidateId, float]) -> SearchView:
    return replace(view, setting=replace(view.setting, past_quality=past))


def test_prices_and_what_the_past_lets_expect() -> None:
    scores = np.vstack([rows(0.8, 0.7, 0.6, 0.5), np.full((2, 100), NAN)])
    view = make_view(scores, composites=[VOTE, STRANGER], list_cost_usd=[0.01, 0.004, 0.002, NAN])
    facts = regressors(with_past(view, {CandidateId("m01"): 0.7}))
    assert np.exp(facts[:3, 0]) == pytest.approx([0.01, 0.004, 0.002])
    assert np.exp(facts[4, 0]) == pytest.approx(0.006)
    assert np.isnan(facts[[3, 5], 0]).all()
    assert facts[1, 3] == 0.7
    assert np.isnan(np.delete(facts[:, 3], 1)).all()


def test_a_free_candidate_has_no_log_price() -> None:
    facts = regressors(make_view(rows(0.8, 0.7), list_cost_usd=[0.01, 0.0], cost_usd=[0.01, 0.0]))
    assert np.isnan(facts[1, 0])


def test_a_composite_is_as_large_as_its_largest_and_unsized_where_a_member_is() -> None:
    scores = np.vstack([rows(0.8, 0.7, 0.6), np.full((2, 100), NAN)])
    view = with_models(make_view(scores, composites=[VOTE, STRANGER]), m00=("a", None), m01=("b", 8.0), m02=("b", 70.0))
    facts = regressors(view)
    assert np.exp(facts[[1, 2, 3], 1]) == pytest.approx([8.0, 70.0, 70.0])
    assert np.isnan(facts[[0, 4], 1]).all()
    assert facts[:, 2].tolist() == [1.0, 0.0, 0.0, 0.0, 1.0]


def test_families_are_those_of_singles() -> None:
    scores = np.vstack([rows(0.8, 0.7, 0.6, 0.5), np.full((1, 100), NAN)])
    view = with_models(
        make_view(scores, composites=[VOTE]), m00=("b", 1.0), m01=("a", 8.0), m02=("b", 70.0), m03=("", 1.0)
    )
    assert families(view).tolist() == [1, 0, 1, -1, -1]


def test_dearer_and_larger_is_expected_better_and_the_past_is_half_believed() -> None:
    view = with_models(
        make_view(rows(0.8, 0.7, 0.6), list_cost_usd=[0.01, 0.002, 0.001]), m00=("a", 9.0), m01=("a", 1.0)
    )
    told = expected_slopes(regressors(view)).expected
    assert (told[:2] > 0.0).all()
    assert told[2:].tolist() == [UNSIZED, 0.0]
    past = with_past(view, {CandidateId("m00"): 0.8, CandidateId("m01"): 0.6})
    believed = expected_slopes(regressors(past))
    assert believed.expected.tolist() == [told[0] / 2, told[1] / 2, UNSIZED / 2, 0.5]
    assert believed.rows.tolist() == expected_slopes(regressors(view)).rows.tolist()
