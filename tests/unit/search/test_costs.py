import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.search.costs import cost_spreads, expected_cost_usd, expected_costs
from modelsearch.testing.factories import make_view

NAN = float("nan")


def test_list_costs_stand_while_nothing_is_bought() -> None:
    view = make_view(np.full((3, 4), NAN), list_cost_usd=[0.4, NAN, 0.1])
    np.testing.assert_allclose(expected_costs(view), [0.4, NAN, 0.1])


def test_what_was_bought_takes_over() -> None:
    n_items = 200
    view = make_view(np.ones((2, n_items)), cost_usd=[0.4, 0.3], list_cost_usd=[0.4, 0.1])
    assert expected_costs(view)[1] == pytest.approx(0.3, rel=0.02)


def test_dearer_than_listed_raises_the_list_costs_of_others() -> None:
    score = np.array([[1.0] * 8, [1.0] * 8, [NAN] * 8])
    view = make_view(score, cost_usd=[0.8, 0.4, 0.4], list_cost_usd=[0.4, 0.2, 0.2])
    assert 0.2 < expected_costs(view)[2] < 0.4


def test_a_vote_costs_what_its_members_do() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02")))
    view = make_view(np.full((4, 3), NAN), composites=[vote], list_cost_usd=[0.4, 0.1, 0.05])
    assert expected_costs(view)[3] == pytest.approx(0.15)


def test_pool_costs_follow_the_pool() -> None:
    view = make_view(np.full((3, 3), NAN), list_cost_usd=[0.4, 0.1, 0.05], pool=[0, 2])
    np.testing.assert_allclose(expected_cost_usd(view), [0.4, 0.05])


def test_list_costs_alone_are_less_certain() -> None:
    view = make_view([[1.0] * 50, [NAN] * 50], cost_usd=0.1, list_cost_usd=[0.1, 0.1])
    bought, listed = cost_spreads(view)
    assert bought < listed
