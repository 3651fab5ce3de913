import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.result import Interval
from modelsearch.decide.costs import cost_intervals
from tests.unit.decide.views import NAN, make_view


def known(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def test_unknown_stays_unknown_and_is_never_zero() -> None:
    view = make_view(np.full((2, 5), NAN), list_cost_usd=[0.01, NAN])
    assert cost_intervals(view)[1] is None


def test_a_row_bought_whole_costs_what_it_cost() -> None:
    costs = np.random.default_rng(0).uniform(0.001, 0.003, (2, 400))
    cost = known(cost_intervals(make_view(np.ones((2, 400)), cost_usd=costs, list_cost_usd=[0.002, 0.002]))[1])
    assert cost.mean == pytest.approx(costs[1].mean(), rel=0.01)
    assert cost.low == pytest.approx(cost.high)


def test_few_items_lean_on_the_list_price_and_are_wide() -> None:
    scores = np.full((2, 100), NAN)
    scores[:, :2] = 1
    cost = known(cost_intervals(make_view(scores, cost_usd=[0.01, 0.004], list_cost_usd=[0.01, 0.002]))[1])
    assert 0.002 < cost.mean < 0.004
    assert cost.high > 1.2 * cost.mean


def test_what_others_cost_over_their_list_price_corrects_the_unbought() -> None:
    scores = np.full((9, 20), NAN)
    scores[:8] = 1
    view = make_view(scores, cost_usd=np.full(9, 0.03), list_cost_usd=np.full(9, 0.01))
    bare = known(cost_intervals(view)[8])
    assert 0.02 < bare.mean < 0.03
    assert bare.low < 0.01
    assert bare.high > 0.03


def test_a_composite_without_outcomes_is_taken_at_the_sum_of_its_members() -> None:
    vote = Ensemble(members=(Single(endpoint_id=EndpointId("m01")), Single(endpoint_id=EndpointId("m02"))))
    scores = np.ones((4, 30))
    scores[3] = NAN
    costs = cost_intervals(make_view(scores, composites=[vote], list_cost_usd=[0.01, 0.002, 0.001]))
    assert known(costs[3]).mean == pytest.approx(0.003)
    stranger = Ensemble(members=(Single(endpoint_id=EndpointId("m77")),))
    assert cost_intervals(make_view(scores, composites=[stranger]))[3] is None
