from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.result import Interval
from modelsearch.decide.costs import LOG_SPREAD, cost_intervals, log_cost_spreads
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


def test_a_cost_bought_whole_is_known_to_its_log() -> None:
    costs = np.random.default_rng(0).uniform(0.001, 0.003, (2, 50))
    assert log_cost_spreads(make_view(np.ones((2, 50)), cost_usd=costs)) == pytest.approx(np.zeros(2), abs=1e-4)


def test_costs_that_are_told_are_certain_whatever_was_bought() -> None:
    view = make_view(np.full((3, 10), NAN))
    view = replace(view, setting=replace(view.setting, is_cost_known=True))
    assert (log_cost_spreads(view) < 1e-5).all()


def test_more_items_make_a_cost_surer() -> None:
    scores = np.where(np.arange(100)[None, :] < np.array([100, 60, 20, 5, 1, 0])[:, None], 1.0, NAN)
    spreads = log_cost_spreads(make_view(scores))
    assert (np.diff(spreads) > 0.0).all()


def test_unbought_costs_are_as_unsure_as_list_prices_turned_out_to_be() -> None:
    scores = np.full((41, 40), NAN)
    scores[:40] = 1.0
    listed = np.full(41, 0.01)
    spreads = []
    for factor in (1.0, 2.0, 4.0):
        costs = listed * factor ** np.where(np.arange(41) % 2, 1.0, -1.0)
        view = make_view(scores, cost_usd=costs, list_cost_usd=listed)
        spreads.append(log_cost_spreads(view)[40])
    assert spreads[0] < 0.3
    assert spreads[1] == pytest.approx(np.log(2.0), rel=0.1)
    assert spreads[2] == pytest.approx(np.log(4.0), rel=0.1)


def test_before_any_purchase_the_spread_is_a_guess_that_all_share() -> None:
    assert log_cost_spreads(make_view(np.full((3, 10), NAN), list_cost_usd=[0.01, 0.002, NAN])) == pytest.approx(
        np.full(3, LOG_SPREAD), rel=1e-3
    )


def test_the_spread_of_a_log_cost_holds_its_error() -> None:
    errors = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        costs = 0.01 * np.exp(rng.normal(0.0, 0.6, (6, 1)) + rng.normal(0.0, 0.6, (6, 100)))
        scores = np.where(np.arange(100)[None, :] < np.array([100, 50, 25, 25, 12, 12])[:, None], 1.0, NAN)
        view = make_view(scores, cost_usd=costs, list_cost_usd=np.full(6, 0.01))
        known = np.array([known_cost.mean for known_cost in cost_intervals(view) if known_cost is not None])
        errors.append((np.log(known / costs.mean(axis=1)) / log_cost_spreads(view))[1:])
    monte_carlo = np.square(errors).mean(axis=1).std() / np.sqrt(60)
    assert monte_carlo < 0.12
    assert 0.6 < np.square(errors).mean() < 1.6


def test_free_candidates_and_single_rows_have_finite_spreads() -> None:
    free = make_view(np.ones((2, 5)), cost_usd=0.0, list_cost_usd=[0.0, 0.0])
    assert np.isfinite(log_cost_spreads(free)).all()
    assert np.isfinite(log_cost_spreads(make_view(np.full((1, 5), NAN)))).all()
